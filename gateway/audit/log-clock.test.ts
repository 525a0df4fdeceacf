// R11: the wall clock is set, or stands still, while the log goes on: over its records, epochs, heads and heartbeats. Whoever counts time by the log: alerts.test.ts,
// handlers/{anchoring,access,caller,factor}.test.ts.
import { expect, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openKeptLog } from '../../fixtures/kept-log.ts';
import { addGroup } from '../../fixtures/log-life.ts';
import { good } from '../../fixtures/outcome.ts';
import { verifyFolder } from '../outside/verify-folder.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `set`: by how much somebody sets it, once; `still`: it stands still from then on. `epochs`: how many that may begin. */
const clocks: Readonly<Record<string, { readonly set?: number; readonly still?: true; readonly epochs: number }>> = {
  'an hour ahead': { set: hour, epochs: 0 },
  'an hour back': { set: -hour, epochs: 0 },
  'ten years ahead': { set: 3653 * day, epochs: 1 },
  'a day back': { set: -day, epochs: 0 },
  'ten years back': { set: -3653 * day, epochs: 1 },
  'standing still': { still: true, epochs: 0 },
  'as it should be': { epochs: 0 },
};

test.each(Object.entries(clocks))(
  'R11: a wall clock %s: the order is kept, the step is recorded, and there is no storm of epochs, heads or heartbeats',
  async (_, { set = 0, still, epochs }) => {
    const disk = new PowerDisk();
    const clock = new HandClock();
    const chance = seededChance('clock');
    const log = good(await openKeptLog({ disk, root: '/d', clock, chance, heartbeatMs: minute }));
    let heads = 0;
    log.trail.onHead(() => {
      heads += 1;
    });
    let stands = false;
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 10 * second) {
        clock.pass(10 * second);
        if (stands) clock.step(-10 * second);
        for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await pass(5 * minute);
    const before = log.settled.seq;
    const headsBefore = heads;
    clock.step(set);
    stands = still === true;
    // Ten minutes in which nothing happens, and two in which something does each second.
    await pass(10 * minute);
    for (let n = 0; n < 120; n += 1) {
      clock.pass(second);
      if (stands) clock.step(-second);
      await log.commit(() => ({ events: [addGroup(`g${n}`, chance)], answer: undefined }));
    }
    const types = new Map<string, number>();
    let stepped = 0;
    let mono = 0;
    for await (const { record, event } of log.read(before)) {
      types.set(record.type, (types.get(record.type) ?? 0) + 1);
      expect(record.mono).toBeGreaterThanOrEqual(mono);
      mono = record.mono;
      if (event.type === 'clock.stepped') stepped += event.data.byMs;
    }
    await log.close();
    expect(types.get('group.added')).toBe(120);
    // Time went on by 12 minutes; what the clock does not show of it, or shows besides, is recorded.
    const missing = stands ? -12 * minute : set;
    expect(Math.abs(stepped - missing)).toBeLessThanOrEqual(2 * second);
    if (!stands) expect(types.get('clock.stepped') ?? 0).toBe(set === 0 ? 0 : 1);
    else expect(types.get('clock.stepped')).toBeLessThanOrEqual(10 + 60);
    expect(types.get('epoch.began') ?? 0).toBe(epochs);
    expect(types.get('audit.heartbeat')).toBeGreaterThan(7);
    expect(types.get('audit.heartbeat')).toBeLessThanOrEqual(11);
    // One a second with traffic, one a heartbeat without, and one for an epoch.
    expect(heads - headsBefore).toBeLessThanOrEqual(11 + 121 + 2 * epochs + 1);
    expect(await verifyFolder('/d', { disk })).toMatchObject({ verdict: 'intact', records: log.settled.seq + 1 });
  },
);
