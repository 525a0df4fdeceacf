// What raises an alert and what does not: counting against a plain model, the clock of the log, and each built-in rule by example.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { good } from '../../fixtures/outcome.ts';
import type { EventType } from '../protocol/events.ts';
import type { AuditRow } from '../protocol/nouns.ts';
import type { AlertConfig } from '../trail-config.ts';
import { type AlertRule, alertRules, alertWords } from './alert-rules.ts';
import { foldAlerts, keepAlertMemory, newAlertMemory, type Raised, takeAlertMemory } from './alerts.ts';

const id = (prefix: string, letter: string): string => `${prefix}_${letter.repeat(26)}`;
const [uma, rob] = [id('usr', 'u'), id('usr', 'r')];
const server = (n: number): string => `srv_${String.fromCharCode(97 + (n % 26)).repeat(26)}`;
/** A Monday, noon, UTC. */
const noon = Date.UTC(2026, 10, 23, 12);
const minute = 60_000;

type Said = Partial<Omit<AuditRow, 'type'>> & { readonly type: EventType };
const row = (seq: number, at: number, said: Said): AuditRow => ({
  seq,
  at,
  code: 'X0000I',
  severity: 'info',
  outcome: 'ok',
  actor: { kind: 'person', id: uma, name: 'uma' },
  summary: said.type,
  hash: 'h',
  data: {},
  ...said,
});

const rulesOf = (
  config: readonly AlertConfig[] = [],
  hours?: { from: number; to: number; zone?: string },
): readonly AlertRule[] => good(alertRules(config, hours, 'UTC', noon));
const only = (name: string, rules = rulesOf()): readonly AlertRule[] => rules.filter((rule) => rule.name === name);
/** What the rows raise, in order. */
function raise(rules: readonly AlertRule[], rows: readonly AuditRow[], memory = newAlertMemory()): readonly Raised[] {
  return rows.flatMap((one) => foldAlerts(memory, rules, one));
}
const told = (raised: readonly Raised[]): readonly string[] =>
  raised.map(({ rule, about, address, seqs }) => [rule.name, about ?? address ?? 'all', seqs.at(-1)].join(' '));

const counting = (count: number, withinMs: number): readonly AlertRule[] =>
  only('mine', rulesOf([{ name: 'mine', query: 'type:access.denied', count, withinMs, by: 'actor', severity: 'alert' }]));
const steps = fc.array(
  fc.record({ afterMs: fc.nat(4000), who: fc.constantFrom(uma, rob), weight: fc.integer({ min: 1, max: 3 }) }),
  {
    maxLength: 60,
  },
);
const denials = (taken: readonly { readonly afterMs: number; readonly who: string; readonly weight: number }[]): AuditRow[] => {
  let at = noon;
  return taken.map(({ afterMs, who }, seq) => {
    at += afterMs;
    return row(seq, at, { type: 'access.denied', outcome: 'denied', actor: { kind: 'person', id: who, name: who } });
  });
};

test('S78: a count within a span raises exactly when a plain count says so, and once a span and key', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1000, max: 12_000 }), (taken, count, withinMs) => {
      const rows = denials(taken);
      const raisedAt = new Map<string, number>();
      const expected = rows.flatMap(({ seq, at, actor }) => {
        const key = actor.id ?? '';
        const within = rows.filter((one) => one.seq <= seq && one.actor.id === key && at - one.at < withinMs).length;
        const last = raisedAt.get(key);
        if (within < count || (last !== undefined && at - last < withinMs)) return [];
        raisedAt.set(key, at);
        return [`mine ${key} ${seq}`];
      });
      expect(told(raise(counting(count, withinMs), rows))).toEqual(expected);
    }),
  );
});

test('S78: refusals of strangers count as many as were told together; servers count once each', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 6 }), (taken, count) => {
      let at = noon;
      const rows = taken.map(({ afterMs, who, weight }, seq) => {
        at += afterMs;
        const address = who === uma ? '192.0.2.1' : '192.0.2.2';
        return row(seq, at, {
          type: 'stranger.refused',
          actor: { kind: 'stranger', name: 's' },
          address,
          data: { count: weight },
        });
      });
      const rule = only('mine', rulesOf([{ name: 'mine', query: '', count, withinMs: 5000, by: 'address', severity: 'alert' }]));
      const last = new Map<string, number>();
      const expected = rows.flatMap((one) => {
        const near = rows.filter((other) => other.seq <= one.seq && other.address === one.address && one.at - other.at < 5000);
        const sum = near.reduce((all, { data }) => all + Number(data['count']), 0);
        const before = last.get(one.address ?? '');
        if (sum < count || (before !== undefined && one.at - before < 5000)) return [];
        last.set(one.address ?? '', one.at);
        return [`mine ${one.address} ${one.seq}`];
      });
      expect(told(raise(rule, rows))).toEqual(expected);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(90_000), fc.nat(14)), { maxLength: 80 }), (taken) => {
      let at = noon;
      const rows = taken.map(([afterMs, n], seq) => {
        at += afterMs;
        return row(seq, at, { type: 'session.started', data: { server: server(n) } });
      });
      let last: number | undefined;
      const expected = rows.flatMap((one) => {
        const near = rows.filter((other) => other.seq <= one.seq && one.at - other.at < 10 * minute);
        if (new Set(near.map(({ data }) => data['server'])).size < 10 || (last !== undefined && one.at - last < 10 * minute))
          return [];
        last = one.at;
        return [`mass-attach ${uma} ${one.seq}`];
      });
      expect(told(raise(only('mass-attach'), rows))).toEqual(expected);
    }),
  );
});

test('S78, R11: a wall clock that is set, either way, by however much, changes nothing of what is raised', () => {
  const stepped = fc.array(
    fc.record({
      afterMs: fc.nat(4000),
      who: fc.constantFrom(uma, rob),
      weight: fc.constant(1),
      byMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -4_000_000_000, max: 4_000_000_000 })),
    }),
    { maxLength: 50 },
  );
  fc.assert(
    fc.property(stepped, fc.integer({ min: 1, max: 4 }), (taken, count) => {
      let by = 0;
      // The log says that the clock was stepped just before the next event.
      const news = denials(taken).flatMap((one, i): readonly AuditRow[] => {
        const byMs = taken[i]?.byMs ?? 0;
        by += byMs;
        const at = one.at + by;
        return [row(0, at, { type: byMs === 0 ? 'audit.heartbeat' : 'clock.stepped', data: { byMs } }), { ...one, at }];
      });
      const withSteps = news.map((one, seq) => ({ ...one, seq }));
      const plain = denials(taken)
        .flatMap((one) => [row(0, one.at, { type: 'audit.heartbeat' }), one])
        .map((one, seq) => ({ ...one, seq }));
      const rules = counting(count, 6000);
      expect(told(raise(rules, withSteps))).toEqual(told(raise(rules, plain)));
    }),
  );
});

test('S78, R11: a clock that went back over a start, of which nobody told, silences nothing', () => {
  const before = Array.from({ length: 3 }, (_, i) => row(i, noon + i, { type: 'access.denied' }));
  const after = Array.from({ length: 8 }, (_, i) => row(3 + i, noon - 3_600_000 + i * 2000, { type: 'access.denied' }));
  expect(told(raise(counting(3, 10_000), [...before, ...after]))).toEqual([`mine ${uma} 2`, `mine ${uma} 8`]);
});

test('S78: what is remembered is the same once it was kept as JSON, at any moment', () => {
  fc.assert(
    fc.property(steps, fc.nat(60), (taken, cut) => {
      const rows = denials(taken);
      const rules = [...counting(2, 5000), ...rulesOf()];
      const memory = newAlertMemory();
      const first = raise(rules, rows.slice(0, cut), memory);
      const again = takeAlertMemory(JSON.parse(JSON.stringify(keepAlertMemory(memory))));
      const rest = raise(rules, rows.slice(cut), again);
      expect(told([...first, ...rest])).toEqual(told(raise(rules, rows)));
    }),
  );
});

test('S78: what is remembered is bounded, however many come', () => {
  const memory = newAlertMemory();
  const rules = rulesOf();
  for (let seq = 0; seq < 5000; seq += 1) {
    const who = `usr_${seq}`;
    const address = `10.${Math.floor(seq / 250) % 250}.${seq % 250}.1`;
    foldAlerts(
      memory,
      rules,
      row(seq, noon + seq, { type: 'access.denied', actor: { kind: 'person', id: who, name: who }, address }),
    );
    foldAlerts(memory, rules, row(seq, noon + seq, { type: 'session.started', address, data: { server: `srv_${seq}` } }));
    foldAlerts(memory, rules, row(seq, noon + seq, { type: 'login.refused', outcome: 'denied', address }));
  }
  const kept = keepAlertMemory(memory);
  expect(kept.tallies.length).toBeLessThan(10);
  for (const [, keys] of kept.tallies) expect(keys.length).toBeLessThanOrEqual(2000);
  const mine = kept.people.find(([who]) => who === uma)?.[1];
  expect([mine?.network.length, mine?.server.length]).toEqual([64, 1024]);
});

test('S78: a rule of config.json stands in the place of the built-in one of its name, or switches it off; two of one name are refused', () => {
  const names = (rules: readonly AlertRule[]): readonly string[] => rules.map(({ name }) => name);
  const all = names(rulesOf());
  expect(all).not.toContain('off-hours');
  expect(names(rulesOf([], { from: 8, to: 18 }))).toContain('off-hours');
  expect(names(rulesOf([{ name: 'new-device', off: true }]))).toEqual(all.filter((name) => name !== 'new-device'));
  const mine = { name: 'denied-burst', query: 'outcome:denied', count: 2, withinMs: 1000, by: 'all', severity: 'info' } as const;
  const [replaced, ...others] = only('denied-burst', rulesOf([mine]));
  expect(replaced).toMatchObject({ builtin: false, count: 2, query: 'outcome:denied' });
  expect(others).toEqual([]);
  expect(alertRules([mine, mine], undefined, 'UTC', noon)).toMatchObject({ problem: { code: 'bad-request' } });
  expect(alertRules([], { from: 8, to: 18, zone: 'Mars/Olympus' }, 'UTC', noon)).toMatchObject({
    problem: { code: 'bad-request' },
  });
  expect(alertRules([{ ...mine, query: 'actr:uma' }], undefined, 'UTC', noon)).toMatchObject({
    problem: { code: 'bad-request', detail: expect.stringContaining('denied-burst') },
  });
});

const stranger = { kind: 'stranger', name: 'somebody' } as const;
const gateway = { kind: 'gateway', name: 'gateway' } as const;
const denial = (i: number) => row(i, noon + i * 20_000, { type: 'access.denied', outcome: 'denied' });
const login = (seq: number, address: string) =>
  row(seq, noon + seq * 3_600_000, { type: 'login.succeeded', actor: stranger, address, data: { person: uma } });
const device = (seq: number, letter: string) =>
  row(seq, noon + seq * 3_600_000, {
    type: 'device.registered',
    actor: stranger,
    data: { person: uma, device: id('dev', letter) },
  });
const shell = (seq: number, at: number, n = 0) =>
  row(seq, at, { type: 'session.started', data: { server: server(n), person: uma } });

const examples: Readonly<Record<string, { readonly rows: readonly AuditRow[]; readonly raised: readonly string[] }>> = {
  'denied-burst': { rows: Array.from({ length: 12 }, (_, i) => denial(i)), raised: [`denied-burst ${uma} 9`] },
  'refused-burst': {
    rows: [
      ...Array.from({ length: 3 }, (_, i) =>
        row(i, noon + i, { type: 'login.refused', outcome: 'denied', actor: stranger, address: '203.0.113.9' }),
      ),
      row(3, noon + 3, {
        type: 'stranger.refused',
        outcome: 'denied',
        actor: stranger,
        address: '198.51.100.1',
        data: { count: 9 },
      }),
      row(4, noon + 4, {
        type: 'stranger.refused',
        outcome: 'denied',
        actor: stranger,
        address: '203.0.113.9',
        data: { count: 7 },
      }),
      ...Array.from({ length: 10 }, (_, i) =>
        row(5 + i, noon + 5 + i, { type: 'login.refused', outcome: 'denied', actor: stranger, address: `2001:db8:1:2::${i}` }),
      ),
    ],
    raised: ['refused-burst 203.0.113.9 4', 'refused-burst 2001:db8:1:2::/64 14'],
  },
  'new-device': {
    rows: [device(0, 'a'), device(1, 'b'), device(2, 'c')],
    raised: [`new-device ${uma} 1`, `new-device ${uma} 2`],
  },
  'new-network': {
    // The first is expected; the same /24 and /48, also in IPv6 clothes, are no other network; what was refused teaches nothing.
    rows: [
      login(0, '192.0.2.7'),
      login(1, '192.0.2.200'),
      login(2, '::ffff:192.0.2.9'),
      { ...login(3, '203.0.113.1'), type: 'login.refused', outcome: 'denied' },
      login(4, '203.0.113.1'),
      login(5, '2001:db8:1:2::9'),
      login(6, '2001:db8:1:ffff::9'),
      login(7, '192.0.2.7'),
      login(8, 'others'),
    ],
    raised: [`new-network ${uma} 4`, `new-network ${uma} 5`],
  },
  'first-time-server': {
    rows: [shell(0, noon, 1), shell(1, noon + 1, 2), shell(2, noon + 2, 1)],
    raised: [`first-time-server ${uma} 0`, `first-time-server ${uma} 1`],
  },
  'off-hours': {
    // Monday noon; Monday 17:30 in UTC is 18:30 in Berlin; an hour later; Saturday noon.
    rows: [shell(0, noon), shell(1, noon + 330 * minute), shell(2, noon + 390 * minute), shell(3, noon + 5 * 86_400_000)],
    raised: [`off-hours ${uma} 1`, `off-hours ${uma} 3`],
  },
  'mass-attach': {
    rows: [
      ...Array.from({ length: 9 }, (_, i) => shell(i, noon + i * minute, i)),
      shell(9, noon + 9 * minute, 0),
      shell(10, noon + 9.5 * minute, 11),
    ],
    raised: [`mass-attach ${uma} 10`],
  },
  'break-glass': { rows: [row(0, noon, { type: 'breakglass.opened' })], raised: ['break-glass all 0'] },
  'anchor-trouble': {
    rows: [
      row(0, noon, { type: 'anchor.restored', actor: gateway }),
      row(1, noon, { type: 'anchor.late', severity: 'alert', actor: gateway }),
      row(2, noon + 400_000, { type: 'anchor.conflict', severity: 'alert', actor: gateway }),
      row(3, noon + 401_000, { type: 'anchor.late', severity: 'alert', actor: gateway }),
      row(4, noon + 800_000, { type: 'trail.stale', severity: 'alert', actor: gateway }),
      row(5, noon + 1_200_000, { type: 'anchored.conflict', severity: 'alert', actor: gateway }),
    ],
    raised: ['anchor-trouble all 1', 'anchor-trouble all 2', 'anchor-trouble all 4', 'anchor-trouble all 5'],
  },
  'witness-conflict': { rows: [row(0, noon, { type: 'witness.conflict' })], raised: ['witness-conflict all 0'] },
  'sink-late': {
    rows: [row(0, noon, { type: 'sink.late' }), row(1, noon + 1, { type: 'sink.restored' })],
    raised: ['sink-late all 0'],
  },
  'log-torn': { rows: [row(0, noon, { type: 'audit.recovered' })], raised: ['log-torn all 0'] },
  'log-unsigned': {
    rows: [
      row(0, noon, { type: 'gateway.started', summary: 'the gateway started (version 1)' }),
      row(1, noon, {
        type: 'gateway.started',
        summary: 'the gateway started, the signed head beside its log was missing (version 1)',
      }),
    ],
    raised: ['log-unsigned all 1'],
  },
  'log-restored': { rows: [row(0, noon, { type: 'gateway.restored' })], raised: ['log-restored all 0'] },
  'log-purged': { rows: [row(0, noon, { type: 'segment.purged' })], raised: ['log-purged all 0'] },
  'clock-stepped': {
    rows: [row(0, noon, { type: 'clock.stepped', data: { byMs: 9_000_000 } })],
    raised: ['clock-stepped all 0'],
  },
};

test.each(Object.entries(examples))('S78: %s', (name, { rows, raised }) => {
  const rules = only(name, rulesOf([], { from: 8, to: 18, zone: 'Europe/Berlin' }));
  expect(rules).toHaveLength(1);
  expect(told(raise(rules, rows))).toEqual(raised);
  expect(alertWords(name)).toBeDefined();
});

test('S78: every built-in rule has its example; no rule looks at what a rule raised', () => {
  const all = rulesOf([], { from: 8, to: 18 });
  expect(Object.keys(examples).toSorted()).toEqual(all.map(({ name }) => name).toSorted());
  const everything = only('mine', rulesOf([{ name: 'mine', query: '', count: 1, withinMs: 1000, by: 'all', severity: 'alert' }]));
  expect(raise(everything, [row(0, noon, { type: 'alert.raised', severity: 'alert' })])).toEqual([]);
});

test('S78: who was erased or removed is forgotten', () => {
  const memory = newAlertMemory();
  raise(rulesOf(), [login(0, '192.0.2.7'), device(1, 'a')], memory);
  expect(memory.people.has(uma)).toBe(true);
  raise(rulesOf(), [row(2, noon + 9_000_000, { type: 'person.erased', data: { person: uma } })], memory);
  expect(JSON.stringify(keepAlertMemory(memory).people)).not.toContain(uma);
});

test('S78, D2: an address that somebody was refused from is not remembered once it no longer counts, nor for a rule that is no more', () => {
  const memory = newAlertMemory();
  const rules = rulesOf([
    { name: 'mine', query: 'type:access.denied', count: 3, withinMs: minute, by: 'address', severity: 'alert' },
  ]);
  const refused = (seq: number, at: number, type: EventType, address: string) =>
    row(seq, at, { type, outcome: 'denied', actor: { kind: 'stranger', name: 'somebody' }, address });
  raise(rules, [refused(0, noon, 'login.refused', '203.0.113.7'), refused(1, noon, 'access.denied', '203.0.113.8')], memory);
  const kept = () => JSON.stringify(keepAlertMemory(memory));
  expect(kept()).toMatch(/203\.0\.113\.7.*203\.0\.113\.8/);
  // Whoever changes the rules starts anew; the erasure comes at once, and later.
  const erased = (seq: number, at: number) => row(seq, at, { type: 'person.erased', data: { person: uma } });
  raise(rulesOf(), [erased(2, noon + minute)], memory);
  expect(kept()).toMatch(/203\.0\.113\.7/);
  expect(kept()).not.toMatch(/203\.0\.113\.8/);
  raise(rulesOf(), [erased(3, noon + 6 * minute)], memory);
  expect(kept()).not.toMatch(/203\.0\.113/);
});
