// What is made from a closed segment beside it, its manifest and its index, on a disk that fails at each call: made later, never half.
import { expect, test } from 'vitest';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { audit, oldOffice, segmentsOf } from '../../fixtures/old-office.ts';
import { openAuditIndex } from './audit-index.ts';
import { readIndexHeader } from './audit-index-file.ts';
import { realChance } from './chance.ts';
import { realClock } from './clock.ts';

const codes = ['ENOSPC', 'EIO', 'EROFS', 'EMFILE', 'EACCES'] as const;
/** Fails each call of `work` once and for ever, and looks after each; gives how many calls there are. */
async function eachCall(disk: PowerDisk, work: () => Promise<unknown>, look: () => Promise<void>): Promise<number> {
  for (let call = 1; ; call += 1)
    for (const forEver of [false, true]) {
      disk.failAt({ call, code: codes[(2 * call + Number(forEver)) % codes.length] ?? 'EIO', forEver });
      await work().catch(() => undefined);
      const { calls } = disk;
      disk.failAt(undefined);
      await look();
      if (forEver && calls < call) return calls;
    }
}
const without = async (disk: PowerDisk, ending: string): Promise<void> => {
  for (const name of await disk.list(audit)) if (name.endsWith(ending)) await disk.remove(`${audit}/${name}`);
};

test('R3: a manifest that cannot be made now is made later; it is there whole and true, or not at all', async () => {
  const { office, disk } = await oldOffice();
  await office.kept.segments();
  await without(disk, '.manifest.json');
  const calls = await eachCall(disk, office.kept.segments, async () => {
    const made = await office.kept.segments();
    expect(made).toHaveLength((await segmentsOf(disk)).length - 1);
    for (const manifest of made.slice(-1)) expect(await office.kept.problem(manifest)).toBeUndefined();
    await without(disk, '.manifest.json');
  });
  expect(calls).toBeGreaterThan(10);
  await office.close();
});

test('R3: an index that cannot be made or kept is said, is there whole or not at all, and is made later', async () => {
  const { office, disk } = await oldOffice();
  const { log } = office;
  const told: string[] = [];
  const made = async (): Promise<void> => {
    const onTrouble = (cause: string): void => void told.push(cause);
    const index = openAuditIndex({ disk, chance: realChance, clock: realClock, folder: audit, log, onTrouble });
    await index.ready();
    await index.close();
  };
  const whole = async (): Promise<number> => {
    let count = 0;
    for (const name of await disk.list(audit))
      if (name.endsWith('.idx')) {
        expect(await readIndexHeader(await disk.open(`${audit}/${name}`, 'read'))).toBeDefined();
        count += 1;
      }
    return count;
  };
  const calls = await eachCall(disk, made, async () => {
    await whole();
    await made();
    expect(await whole()).toBe((await segmentsOf(disk)).length - 1);
    await without(disk, '.idx');
  });
  expect(calls).toBeGreaterThan(10);
  expect(told.length).toBeGreaterThan(10);
  await office.close();
});
