// What an export leaves behind: in the log, and open. Real recordings on a disk in memory; what the pieces hold is in trail.test.ts.
import { expect, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openOperator, type TestOperator } from '../../fixtures/operator-line.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { openCastStore } from '../outside/cast-file.ts';
import type { Disk } from '../outside/disk.ts';
import type { Call } from './call.ts';
import { exportRecording } from './recordings.ts';

/** A recording of 400 kB that uma may export, and how many files are open. */
async function desk() {
  const workspace = await openWorkspace('exports');
  await workspace.person('uma', 'user');
  const server = await workspace.server('web-1');
  await workspace.group('web', ['uma'], [{ servers: {}, level: 'terminal', users: [] }]);
  const { recording } = await workspace.session(server, 'uma');
  const key = Buffer.alloc(32, 9);
  const memory = new PowerDisk();
  let open = 0;
  const disk: Disk = {
    open: async (path, how) => {
      const file = await memory.open(path, how);
      open += 1;
      return {
        write: (bytes) => file.write(bytes),
        read: (position, length) => file.read(position, length),
        size: () => file.size(),
        truncate: (length) => file.truncate(length),
        datasync: () => file.datasync(),
        close: () => {
          open -= 1;
          return file.close();
        },
      };
    },
    makeFolder: (path) => memory.makeFolder(path),
    list: (path) => memory.list(path),
    rename: (from, to) => memory.rename(from, to),
    remove: (path) => memory.remove(path),
    syncFolder: (path) => memory.syncFolder(path),
    freeBytes: () => memory.freeBytes(),
  };
  const casts = openCastStore(disk, seededChance('exports'), '/r');
  const made = await casts.create(recording.id, key);
  if (!made.ok) throw new Error('a recording');
  made.value.append({ kind: 'output', seq: 0, at: 1_764_000_000_000, bytes: Buffer.alloc(400_000, 'a') });
  await made.value.close();
  const vault = { put: async () => undefined, get: () => key, remove: async () => undefined, names: () => [] };
  return {
    id: recording.id,
    files: () => open,
    operator: (): TestOperator => openOperator(1, workspace.caller('uma').login.id, {}),
    on: (connection: TestOperator): Call => {
      const call = workspace.call('uma');
      return { ...call, connection, parts: { ...call.parts, casts, vault } };
    },
    exports: () => workspace.log.events.filter(({ type }) => type === 'recording.exported').length,
  };
}

test('[A43, B7] an export that does not begin at the beginning is in the log as well', async () => {
  const { id, on, operator, exports } = await desk();
  const uma = operator();
  expect(await exportRecording(on(uma), { recording: id, format: 'raw', at: 3 })).toMatchObject({ ok: true });
  expect(exports()).toBe(1);
});

test('[R9, G7] an export broken off, begun anew, or asked for many times at once leaves no file open', async () => {
  const { id, on, operator, files } = await desk();
  const uma = operator();
  for (let i = 0; i < 5; i += 1) await exportRecording(on(uma), { recording: id, format: i % 2 === 0 ? 'raw' : 'txt' });
  await Promise.all(Array.from({ length: 8 }, () => exportRecording(on(uma), { recording: id, format: 'raw' })));
  expect(files()).toBeLessThanOrEqual(1);
  uma.hangUp();
  await new Promise((resolve) => setImmediate(resolve));
  expect(files()).toBe(0);
  // The connection is gone before the answer is ready.
  await exportRecording(on(uma), { recording: id, format: 'raw' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(files()).toBe(0);
});
