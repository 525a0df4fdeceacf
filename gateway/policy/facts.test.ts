import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { shortAddress } from '../access/address.ts';
import type { Proof } from '../identity/login.ts';
import type { Action } from './actions.ts';
import type { Target } from './decision.ts';
import { alwaysMs, type Facts, factsKey, freshProof } from './facts.ts';

const workspace = await openWorkspace();
await workspace.person('uma', 'user');
const here = await workspace.server('web-1');
const there = await workspace.server('web-2');
const { session } = await workspace.session(here, 'uma');
const onServer: Target = { kind: 'server', server: here };
const now = 1_764_000_000_000;
const proof = (action: Action, target: string | undefined, at: number, ms = 300_000): Proof => ({
  action,
  target,
  method: 'totp',
  at,
  until: at + ms,
});
const fresh = (proofs: readonly Proof[], action: Action, target: Target): boolean =>
  freshProof(proofs, action, target, now) !== undefined;

test('[T18] a proof serves within its window: one millisecond less, not one more, and not when the clock went back', () => {
  expect(fresh([proof('shell.open', here.id, now - 299_999)], 'shell.open', onServer)).toBe(true);
  expect(fresh([proof('shell.open', here.id, now - 300_000)], 'shell.open', onServer)).toBe(false);
  expect(fresh([proof('shell.open', here.id, now - 300_000, 900_000)], 'shell.open', onServer)).toBe(false);
  expect(fresh([proof('shell.open', here.id, now - 10, 5)], 'shell.open', onServer)).toBe(false);
  expect(fresh([proof('shell.open', here.id, now + 1)], 'shell.open', onServer)).toBe(false);
});

test('[T18] a proof serves its own action and target only', () => {
  expect(fresh([proof('shell.open', there.id, now)], 'shell.open', onServer)).toBe(false);
  expect(fresh([proof('session.kill', here.id, now)], 'shell.open', onServer)).toBe(false);
  expect(fresh([proof('shell.open', undefined, now)], 'shell.open', onServer)).toBe(false);
  expect(fresh([proof('server.manage', undefined, now)], 'group.manage', { kind: 'workspace' })).toBe(false);
});

test('[T2] a proof to open shells on a server serves coming back to a session there, not the other way round', () => {
  const back: Target = { kind: 'session', session, server: here };
  expect(fresh([proof('shell.open', here.id, now)], 'session.attach', back)).toBe(true);
  expect(fresh([proof('shell.open', there.id, now)], 'session.attach', back)).toBe(false);
  expect(fresh([proof('shell.open', here.id, now)], 'session.kill', back)).toBe(false);
  expect(fresh([proof('session.attach', session.id, now)], 'shell.open', onServer)).toBe(false);
});

test('[T18] where a factor is asked for each time, only one of the last 30 seconds serves, whatever it says itself', () => {
  const target: Target = { kind: 'person', person: undefined };
  expect(fresh([proof('role.manage', undefined, now - alwaysMs + 1, 0)], 'role.manage', target)).toBe(true);
  expect(fresh([proof('role.manage', undefined, now - alwaysMs, 900_000)], 'role.manage', target)).toBe(false);
});

test.each([
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['fe80::1%eth0', undefined],
  ['', undefined],
  ['somewhere', undefined],
])('the address %j is told as %j', (given, told) => {
  expect(shortAddress(given)).toBe(told);
});

test('facts that differ have keys that differ', () => {
  const name = fc.constantFrom('a', 'b', 'a b', '');
  const place = { tier: fc.constantFrom('normal', 'critical'), groups: fc.array(name), tags: fc.dictionary(name, name) };
  const facts = fc.record({
    principal: fc.record({
      id: fc.constantFrom('usr_a', 'usr_b'),
      role: fc.constantFrom('user', 'staff'),
      status: fc.constant('active'),
      groups: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    }),
    resource: fc.oneof(
      fc.record({ kind: fc.constant('server'), ...place, groups: fc.array(fc.constantFrom('a', 'b')) }),
      fc.record({
        kind: fc.constant('session'),
        own: fc.boolean(),
        level: fc.constantFrom('terminal', 'full'),
        keyboard: fc.boolean(),
        moderates: fc.boolean(),
        invited: fc.constantFrom('none', 'peer'),
        ...place,
        groups: fc.array(fc.constantFrom('a', 'b')),
      }),
      fc.record({
        kind: fc.constantFrom('request', 'grant'),
        own: fc.boolean(),
        level: fc.constantFrom('terminal', 'full'),
        tier: place.tier,
        groups: fc.array(fc.constantFrom('a', 'b')),
        extended: fc.boolean(),
      }),
    ),
    context: fc.record({
      reach: fc.constantFrom([], ['read-only']),
      factor: fc.record({ enrolled: fc.boolean(), fresh: fc.boolean() }),
      approved: fc.boolean(),
      device: fc.record({ trusted: fc.boolean(), familiar: fc.boolean() }),
      locked: fc.boolean(),
      closed: fc.boolean(),
      outside: fc.boolean(),
      breakGlass: fc.boolean(),
      factorRequired: fc.boolean(),
      trailStale: fc.boolean(),
      address: fc.constantFrom(undefined, '192.0.2.7'),
      now: fc.constantFrom(undefined, { hour: 9, minute: 0, weekday: 1 }, { hour: 0, minute: 9, weekday: 1 }),
    }),
  }) as fc.Arbitrary<Facts>;
  const plain = ({ principal, resource, context }: Facts) =>
    JSON.stringify([
      principal,
      'tags' in resource ? { ...resource, tags: Object.entries(resource.tags).toSorted() } : resource,
      context,
    ]);
  fc.assert(
    fc.property(facts, facts, (a, b) => {
      expect(factsKey('server.see', a) === factsKey('server.see', b)).toBe(plain(a) === plain(b));
    }),
    { numRuns: 2000 },
  );
});
