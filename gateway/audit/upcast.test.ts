import { expect, test } from 'vitest';
import { events } from '../protocol/events.ts';
import { mintId } from '../protocol/ids.ts';
import { genesis, seal } from './chain.ts';
import { unseal } from './unseal.ts';
import { type Upcasters, upcast, upcasters } from './upcast.ts';

const empty = { data: {}, personal: undefined };
const steps: Upcasters = {
  'thing.done': {
    1: ({ data, personal }) => ({ data: { ...data, one: true }, personal }),
    2: ({ data, personal }) => ({ data: { ...data, two: data['one'] }, personal: { ...personal, name: 'x' } }),
  },
};

test('D2: an event of an older shape is raised step by step to the newest', () => {
  expect(upcast(steps, 'thing.done', 1, 3, empty)).toEqual({
    ok: true,
    value: { data: { one: true, two: true }, personal: { name: 'x' } },
  });
  expect(upcast(steps, 'thing.done', 3, 3, empty)).toEqual({ ok: true, value: empty });
});

test('D2: a version without a way up, or from a newer gateway, is refused by name', () => {
  expect(upcast(steps, 'thing.done', 1, 4, empty)).toMatchObject({
    ok: false,
    problem: { detail: expect.stringContaining('version 3') },
  });
  expect(upcast(steps, 'thing.done', 4, 3, empty)).toMatchObject({
    ok: false,
    problem: { detail: expect.stringContaining('update') },
  });
  expect(upcast(steps, 'toString', 1, 2, empty)).toMatchObject({ ok: false });
});

test('every event type can be read from its first version on', () => {
  for (const [type, { version }] of Object.entries(events))
    for (let from = 1; from < version; from += 1)
      expect([type, from, upcasters[type]?.[from] !== undefined]).toEqual([type, from, true]);
});

test('A6: a record of an unknown type, or whose data does not fit its type, is refused by its number, never skipped', () => {
  const chain = mintId('chn', Buffer.alloc(26));
  const boot = mintId('boo', Buffer.alloc(26));
  const line = seal(
    genesis(chain, 'k'),
    { type: 'gateway.stopped', actor: { kind: 'gateway' }, outcome: 'ok', data: { boot }, personal: {} },
    { seq: 7, chain, ts: 1, mono: 1, boot, salt: '' },
  );
  expect(unseal(line).ok).toBe(true);
  for (const changed of [
    { type: 'gateway.exploded' },
    { type: 'constructor' },
    { data: { boot, more: 1 } },
    { data: {} },
    { tv: 2 },
    { tv: 0 },
  ])
    expect(unseal({ record: { ...line.record, ...changed } })).toMatchObject({
      ok: false,
      problem: { code: 'verification', detail: expect.stringContaining('record 7') },
    });
});
