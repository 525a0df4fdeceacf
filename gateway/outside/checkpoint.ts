// state.json: a lowdb database over our own adapter (R7, LIBRARIES §10: the stock one writes 0644, follows planted links, and syncs nothing).
// It holds one generation of the fold; the one before stays beside it as state.json.previous, read only to rebuild the state of a log whose
// beginning was purged.
import { dirname } from 'node:path';
import { type Adapter, Low } from 'lowdb';
import * as v from 'valibot';
import { checkpointChecksum, checkpointProblem, checkpointSchema } from '../audit/checkpoint-seal.ts';
import type { Chance, Checkpoint, CheckpointFile } from '../ports.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import { issuePath } from '../protocol/json.ts';
import { type Disk, errno } from './disk.ts';
import { readWhole, sweepTemporary, writeDurably } from './durable-file.ts';

class AlteredFile extends Error {}

const adapter = (disk: Disk, chance: Chance, path: string): Adapter<CheckpointFile> => ({
  read: async () => {
    const bytes = await readWhole(disk, path);
    return bytes === undefined ? null : parseCheckpoint(Buffer.from(bytes).toString());
  },
  write: (file) => {
    const { state, ...rest } = file;
    const text = JSON.stringify({ ...rest, checksum: checkpointChecksum(file), state });
    return writeDurably(disk, chance, path, Buffer.from(text), `${path}.previous`);
  },
});

/** @throws AlteredFile with what does not agree. */
export function parseCheckpoint(text: string): CheckpointFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AlteredFile('it is not JSON');
  }
  const parsed = v.safeParse(checkpointSchema, value, { abortEarly: true });
  if (!parsed.success) throw new AlteredFile(issuePath(parsed.issues[0]));
  const { checksum, ...file } = parsed.output;
  if (checksum !== checkpointChecksum(file)) throw new AlteredFile('its head does not have its checksum');
  const wrong = checkpointProblem(file);
  if (wrong !== undefined) throw new AlteredFile(wrong);
  return file;
}

/** The checkpoint at `path`. Nothing is read before {@link Checkpoint.read}. */
export function openCheckpoint(disk: Disk, chance: Chance, path: string): Checkpoint {
  const none: CheckpointFile = { version: 1, generation: 0, seq: -1, hash: '', digest: '', state: {} };
  const database = new Low(adapter(disk, chance, path), none);
  return {
    read: async (): Promise<Result<CheckpointFile | undefined>> => {
      database.data = none;
      try {
        await sweepTemporary(disk, dirname(path));
        await database.read();
      } catch (error) {
        if (error instanceof AlteredFile) return refuse('state-altered', `${path}: ${error.message}`);
        if (errno(error) !== undefined) return refuse('state-altered', `${path}: ${errno(error)}`);
        throw error;
      }
      return { ok: true, value: database.data === none ? undefined : database.data };
    },
    previous: async () => {
      try {
        const bytes = await readWhole(disk, `${path}.previous`);
        return { ok: true, value: bytes === undefined ? undefined : parseCheckpoint(Buffer.from(bytes).toString()) };
      } catch (error) {
        if (error instanceof AlteredFile) return refuse('state-altered', `${path}.previous: ${error.message}`);
        throw error;
      }
    },
    write: async (file) => {
      const before = database.data;
      if (before !== none && file.generation <= before.generation) throw new Error('a checkpoint is older than the one on disk');
      database.data = file;
      try {
        await database.write();
      } catch (error) {
        database.data = before;
        throw error;
      }
    },
  };
}
