// The log on a real file system that is full (R4, A33): nothing that was acknowledged is lost, and what was not is set aside.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { openKeptLog } from '../../fixtures/kept-log.ts';
import { initialised } from '../../fixtures/log-life.ts';
import { good } from '../../fixtures/outcome.ts';
import { SmallDisk } from '../../fixtures/world/small-disk.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { realChance } from './chance.ts';
import { realDisk } from './disk.ts';
import { openReserve } from './reserve.ts';
import { verifyFolder } from './verify-folder.ts';

const chance = seededChance('full');
const added = (name: string) =>
  ({
    type: 'group.added',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    data: { group: mintId('grp', chance.bytes(idRandomBytes)), name },
    personal: {},
  }) as const;

test('A33, R4: ENOSPC in the middle of a line on a real disk: all that was acknowledged is there, the torn bytes are set aside, and the log goes on', async () => {
  const small = await SmallDisk.mount(4);
  onTestFinished(() => small.unmount());
  const root = join(small.folder, 'gateway');
  const clock = new HandClock();
  const fatal: string[] = [];
  const open = () => openKeptLog({ disk: realDisk, root, clock, chance: realChance, onFatal: (cause) => fatal.push(cause) });
  const log = good(await open());
  await log.commit(() => ({ events: [initialised(log)], answer: undefined }));
  await small.fillTo(20_000);
  const acknowledged: string[] = [];
  let refused = 0;
  for (let i = 0; refused === 0; i += 1) {
    await log
      .commit(() => ({ events: [added(`g${i}`)], answer: undefined }))
      .then(
        () => acknowledged.push(`g${i}`),
        () => (refused += 1),
      );
  }
  expect(fatal).toEqual([expect.stringContaining('ENOSPC')]);
  expect(acknowledged.length).toBeGreaterThan(10);
  await expect(log.commit(() => ({ events: [added('after')], answer: undefined }))).rejects.toThrow();
  await log.close();

  await small.empty();
  const again = good(await open());
  const names = Object.values(again.settled.groups).map(({ name }) => name);
  expect(acknowledged.filter((name) => !names.includes(name))).toEqual([]);
  expect(names).not.toContain('after');
  let recovered = 0;
  for await (const { event } of again.read(-1)) if (event.type === 'audit.recovered') recovered += event.data.bytes;
  expect(recovered).toBeGreaterThan(0);
  await again.commit(() => ({ events: [added('later')], answer: undefined }));
  await again.close();
  expect(await verifyFolder(root)).toMatchObject({ verdict: 'intact' });
  expect(fatal).toHaveLength(1);
});

test('R4: a reserve takes its bytes for real, is given up once, and is made again only when there is room', async () => {
  const small = await SmallDisk.mount(8);
  onTestFinished(() => small.unmount());
  const whole = await small.free();
  const reserve = openReserve({ disk: realDisk, chance: realChance, folder: small.folder, bytes: 3_000_000 });
  expect(await reserve.give()).toBe(false);
  await reserve.make(0);
  expect(whole - (await small.free())).toBeGreaterThanOrEqual(3_000_000);
  await reserve.make(0);
  expect(whole - (await small.free())).toBeLessThan(3_100_000);
  await small.fillTo(0);
  expect(await small.free()).toBe(0);
  expect([await reserve.give(), await reserve.give()]).toEqual([true, false]);
  expect(await small.free()).toBeGreaterThanOrEqual(3_000_000);
  await reserve.make(1_000_000);
  expect(await small.free()).toBeGreaterThanOrEqual(3_000_000);
  await small.empty();
  await reserve.make(1_000_000);
  expect(whole - (await small.free())).toBeGreaterThanOrEqual(3_000_000);
});
