import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { openOperator } from '../../fixtures/operator-line.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { openDeflater } from '../protocol/deflated.ts';
import type { NewEvent } from '../protocol/events.ts';
import { keepMatching } from '../protocol/filter.ts';
import { idRandomBytes, mintId, type ServerId } from '../protocol/ids.ts';
import type { HostMetrics, Labels, ServerRow } from '../protocol/nouns.ts';
import type { ListWindow, Push } from '../protocol/operator.ts';
import { byServerName, serverRank, serverText } from '../protocol/server-order.ts';
import type { Changed } from '../relay/hub.ts';
import type { Call } from './call.ts';
import { gatherMs } from './follow-rows.ts';
import { calmMs, wholeAtMost } from './follow-servers.ts';
import { listServers } from './servers.ts';
import { openSubscriptions } from './subscribe.ts';
import { figuresMs } from './told-rows.ts';

type Spec = { readonly name: string; readonly labels: Labels };
type WindowPush = Extract<Push, { type: 'servers.window' }>;
const roles = ['web', 'db', 'cache', 'queue', 'build'] as const;
const regions = ['fra', 'ams', 'sgp', 'iad'] as const;
const specOf = (n: number): Spec => ({
  name: `${roles[n % 5]}-${regions[n % 4]}-${n}`,
  labels: { team: `team-${n % 40}`, env: n % 3 === 0 ? 'production' : 'staging' },
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A workspace of so many servers, uma who sees those of a pattern, ana who sees all; somebody looks at the list through a window. */
async function office(count: number, who: 'ana' | 'uma' = 'ana', pattern = 'web-*') {
  const workspace = await openWorkspace('windows');
  await workspace.person('ana', 'superuser');
  await workspace.person('uma', 'user');
  await workspace.group('web', ['uma'], [{ servers: { name: pattern }, level: 'terminal', users: ['deploy'] }]);
  const chance = seededChance('window-servers');
  const add = async (...specs: readonly Spec[]): Promise<ServerId[]> => {
    const ids = specs.map(() => mintId('srv', chance.bytes(idRandomBytes)));
    const events = specs.map(({ name, labels }, i): NewEvent => {
      const server = ids[i];
      if (server === undefined) throw new Error('no id');
      return {
        type: 'enrolment.created',
        actor: { kind: 'gateway' },
        outcome: 'ok',
        personal: {},
        data: {
          enrolment: mintId('enr', chance.bytes(idRandomBytes)),
          server,
          name,
          labels,
          tokenDigest: 'd'.repeat(64),
          expiresAt: workspace.clock.now() - 172_800_000,
        },
      };
    });
    await workspace.commit(...events);
    return ids;
  };
  const ids = await add(...Array.from({ length: count }, (_, n) => specOf(n)));
  const online = new Set<string>();
  const loads = new Map<string, number>();
  const listeners = new Set<(changed: Changed) => void>();
  const metricsOf = (id: string): HostMetrics | undefined => {
    const load100 = loads.get(id);
    return load100 === undefined ? undefined : { load100, memoryUsedBytes: 1, diskUsedPercent: 2, uptimeSeconds: 3 };
  };
  const call = workspace.call(who);
  const parts: Call['parts'] = {
    ...call.parts,
    hub: {
      ...call.parts.hub,
      presence: (id) => ({ online: online.has(id), lastSeenAt: undefined, facts: undefined, metrics: metricsOf(id) }),
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
  const connection = openOperator(1, workspace.caller(who).login.id, {});
  const subscriptions = openSubscriptions(parts);
  let number = 0;
  let heard = 0;
  const settle = async () => {
    for (let i = 0; i < 8; i += 1) await turn();
  };
  const since = (): readonly Push[] => {
    const news = connection.pushes.slice(heard);
    heard = connection.pushes.length;
    return news;
  };
  return {
    workspace,
    connection,
    ids,
    add,
    since,
    settle,
    subscriptions,
    look: async (window: Partial<ListWindow> = {}) => {
      number += 1;
      const asked: ListWindow = { number, filter: '', sort: 'name', from: 0, count: 20, held: number > 1, ...window };
      await subscriptions.subscribe({ ...call, parts, connection }, { topic: 'servers', window: asked });
      await settle();
      return since();
    },
    /** The whole list, as a plain command gets it. */
    list: async (): Promise<readonly ServerRow[]> => {
      const listed = await listServers({ ...workspace.call(who), parts }, {});
      if (!listed.ok) throw new Error(listed.problem.code);
      return listed.value.servers;
    },
    /** What is told after a change, once all has been gathered. */
    pass: async (ms: number = gatherMs) => {
      workspace.clock.pass(ms);
      await settle();
      return since();
    },
    change: (id: string, what: { readonly online?: boolean; readonly load?: number }) => {
      if (what.online !== undefined) online[what.online ? 'add' : 'delete'](id);
      if (what.load !== undefined) loads.set(id, what.load);
      for (const listener of listeners) listener({ servers: new Set([id as ServerId]), sessions: new Set() });
    },
  };
}

const windowsOf = (pushes: readonly Push[]): WindowPush[] => pushes.filter((push) => push.type === 'servers.window');
const namesOf = (rows: readonly ServerRow[]): string[] => rows.map(({ name }) => name);
/** What they weigh on the wire, one after the other. */
function weigher(): (pushes: readonly Push[]) => number {
  const deflater = openDeflater();
  return (pushes) =>
    pushes.reduce((sum, push) => {
      const plain = JSON.stringify(push);
      return sum + (deflater.deflate(plain)?.length ?? plain.length);
    }, 0);
}

test('[O10] at most 200 servers come whole, one more comes through the window, and back', async () => {
  const desk = await office(wholeAtMost);
  const first = await desk.look();
  expect(first).toMatchObject([{ type: 'servers.changed', whole: true }]);
  expect(first[0]?.type === 'servers.changed' && first[0].rows).toHaveLength(wholeAtMost);
  expect(await desk.look({ filter: 'db' })).toEqual([]);
  const [id] = await desk.add({ name: 'aaa', labels: {} });
  expect(windowsOf(await desk.pass())).toMatchObject([{ anew: true, total: 201, match: 40, number: 2 }]);
  if (id === undefined) throw new Error('no server');
  await desk.workspace.commit({
    type: 'server.removed',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    data: { server: id, why: 'gone' },
  });
  expect(await desk.pass()).toMatchObject([{ type: 'servers.changed', whole: true }]);
});

test('[O10] ten thousand: the first answer, a filter and a page further each weigh little, and cost less than 50 ms of CPU', async () => {
  const desk = await office(10_000);
  const weigh = weigher();
  const costs: Record<string, number> = {};
  const weights: Record<string, number> = {};
  const measured = async (what: string, window: Partial<ListWindow>): Promise<WindowPush> => {
    const before = process.cpuUsage();
    const [push, ...more] = windowsOf(await desk.look(window));
    const { user, system } = process.cpuUsage(before);
    expect(more).toEqual([]);
    if (push === undefined) throw new Error(`nothing came of ${what}`);
    costs[what] = (user + system) / 1000;
    weights[what] = weigh([push]);
    return push;
  };
  const first = await measured('first', { count: 28 });
  expect(first).toMatchObject({ anew: true, total: 10_000, match: 10_000, from: 0, gone: [] });
  expect(namesOf(first.rows).slice(0, 3)).toEqual(['build-ams-9', 'build-ams-29', 'build-ams-49']);
  const next = await measured('a page on', { from: 10, count: 57 });
  expect(next.rows).toHaveLength(39);
  expect(next.order).toHaveLength(57);
  const found = await measured('filter', { filter: 'db prod !team-1', count: 28 });
  expect(found.match).toBeLessThan(2_000);
  expect(found.rows.every(({ name, labels }) => name.startsWith('db') && labels['env'] === 'production')).toBe(true);
  const fuzzy = await measured('fuzzy', { filter: 'wbfr8', count: 28 });
  expect(fuzzy.match).toBeGreaterThan(0);
  const last = await measured('the end', { from: 99_999, count: 28, sort: 'state' });
  expect(last).toMatchObject({ from: 9_972, match: 10_000 });
  const back = await measured('what was seen', { count: 28 });
  expect([back.rows, back.order?.length]).toEqual([[], 28]);
  expect(weights['first']).toBeLessThan(2_500);
  expect(weights['filter']).toBeLessThan(2_500);
  expect(weights['what was seen']).toBeLessThan(600);
  // The goal is 50 ms; the bound catches only what grows with the list, on a machine that has other things to do.
  for (const ms of Object.values(costs)) expect(ms).toBeLessThan(400);
});

test('[O6, O10] who sees a part is told of that part: rows, counts, places; a right that goes takes its rows along', async () => {
  const desk = await office(2_000, 'uma');
  const [all] = windowsOf(await desk.look({ count: 500 }));
  expect(all).toMatchObject({ total: 400, match: 400 });
  expect(namesOf(all?.rows ?? []).every((name) => name.startsWith('web-'))).toBe(true);
  const [none] = windowsOf(await desk.look({ filter: 'db- env=' }));
  expect(none).toMatchObject({ total: 400, match: 0, order: [] });
  // A row that is hidden is nowhere, also not around itself.
  const hidden = desk.ids[1];
  if (hidden === undefined) throw new Error('no server');
  const [near] = windowsOf(await desk.look({ near: { id: hidden, above: 3 }, from: 7 }));
  expect(near).toMatchObject({ from: 7, match: 400 });
  const group = Object.values(desk.workspace.log.settled.groups)[0];
  if (group === undefined) throw new Error('no group');
  const { access } = group;
  await desk.workspace.commit({
    type: 'group.access-set',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    data: { group: group.id, before: [...access], after: [{ servers: { name: 'web-fra-*' }, level: 'terminal', users: [] }] },
  });
  const told = await desk.pass();
  const [shrunk] = told;
  if (shrunk?.type !== 'servers.changed') throw new Error('not whole');
  expect(shrunk.whole).toBe(true);
  expect(shrunk.rows).toHaveLength(100);
});

test('[O10] around a row, wherever it stands; and the window stays where it is when others come before it', async () => {
  const desk = await office(1_000);
  const [first] = windowsOf(await desk.look({ filter: 'cache' }));
  const row = first?.rows[15];
  if (row === undefined) throw new Error('no row');
  const [around] = windowsOf(await desk.look({ near: { id: row.id, above: 8 } }));
  expect(around?.order?.[8]).toBe(row.id);
  const place = around?.from ?? 0;
  await desk.add({ name: 'aaa-first', labels: {} });
  const [shifted] = windowsOf(await desk.pass());
  expect(shifted).toMatchObject({ from: place, total: 1_001 });
  expect(shifted?.order?.[9]).toBe(row.id);
  expect(shifted?.rows.length).toBeLessThanOrEqual(1);
});

test('[O11] figures of rows in the window come every half minute, of others never; a state at once, where it is seen', async () => {
  const desk = await office(500);
  const [first] = windowsOf(await desk.look());
  const inside = first?.rows[3]?.id ?? '';
  const outside = desk.ids.find((id) => !(first?.order ?? []).includes(id)) ?? '';
  for (let load = 1; load < 9; load += 1) {
    desk.change(inside, { load });
    desk.change(outside, { load });
    expect(await desk.pass()).toEqual([]);
  }
  const [ticked, ...more] = windowsOf([...(await desk.pass(figuresMs)), ...(await desk.pass())]);
  expect(ticked?.rows.map(({ id, metrics }) => [id, metrics?.load100])).toEqual([[inside, 8]]);
  expect([ticked?.order, more]).toEqual([undefined, []]);
  desk.change(outside, { online: true });
  expect(await desk.pass()).toEqual([]);
  desk.change(inside, { online: true });
  expect(windowsOf(await desk.pass())).toMatchObject([{ rows: [{ id: inside, state: 'online' }] }]);
  // Nothing at all while nobody looks, save how many there are.
  await desk.look({ count: 0 });
  desk.change(inside, { online: false, load: 77 });
  expect(await desk.pass(figuresMs)).toEqual([]);
  await desk.add({ name: 'zzz', labels: {} });
  expect(windowsOf(await desk.pass())).toMatchObject([{ total: 501, rows: [] }]);
  expect(windowsOf(await desk.look())).toMatchObject([{ rows: [{ id: inside, state: 'never-seen' }] }]);
});

test('[O10] a filter on what changes lets rows in and out as they change, calmly', async () => {
  const desk = await office(300);
  expect(windowsOf(await desk.look({ filter: 'online' }))).toMatchObject([{ match: 0 }]);
  const [one = '', two = ''] = desk.ids;
  desk.change(one, { online: true });
  desk.change(two, { online: true });
  await desk.pass();
  const [came] = windowsOf(await desk.pass(calmMs));
  expect(came).toMatchObject({ match: 2 });
  expect(came?.rows).toHaveLength(2);
  desk.change(one, { online: false });
  await desk.pass();
  expect(windowsOf(await desk.pass(calmMs))).toMatchObject([{ match: 1, gone: [] }]);
});

test('[O10] the newest window wins: of two asked at once only the later is answered', async () => {
  const desk = await office(3_000);
  const both = await Promise.all([desk.look({ filter: 'w' }), desk.look({ filter: 'web' })]);
  expect(windowsOf(both.flat())).toMatchObject([{ number: 2, match: 600 }]);
});

/** What a client has after these. */
type Held = { rows: Map<string, ServerRow>; order: readonly string[]; total: number; match: number; from: number };
function hear(held: Held, pushes: readonly Push[]): Held {
  for (const push of pushes) {
    if (push.type !== 'servers.changed' && push.type !== 'servers.window') continue;
    if (push.type === 'servers.window' ? push.anew : push.whole) held.rows.clear();
    for (const row of push.rows) held.rows.set(row.id, row);
    for (const id of push.gone) held.rows.delete(id);
    if (push.type === 'servers.window') {
      const { total, match, from, order = held.order } = push;
      Object.assign(held, { total, match, from, order });
    } else held.order = [];
  }
  return held;
}

test('[O6, O10] whatever happens, what a client holds is what the whole list says, and never a row that may not be seen', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({
            do: fc.constant('look' as const),
            filter: fc.constantFrom('', 'online', '!online', 'a online', 'wbfra', 'nothing here'),
            sort: fc.constantFrom('name' as const, 'state' as const, 'load' as const),
            from: fc.constantFrom(0, 0, 5, 400),
            count: fc.constantFrom(0, 10, 40, 40),
          }),
          {
            weight: 4,
            arbitrary: fc.record({ do: fc.constant('change' as const), n: fc.nat(30), online: fc.boolean(), load: fc.nat(5) }),
          },
          fc.record({ do: fc.constant('rights' as const), pattern: fc.constantFrom('*', '*', '*a*', 'web-*') }),
          fc.record({ do: fc.constant('add' as const), name: fc.constantFrom('web-x', 'aaa', 'zzz-fra-1') }),
        ),
        { minLength: 5, maxLength: 14 },
      ),
      async (events) => {
        const desk = await office(450, 'uma', '*');
        const { workspace } = desk;
        const held: Held = { rows: new Map(), order: [], total: 0, match: 0, from: 0 };
        let window: Pick<ListWindow, 'filter' | 'sort' | 'from' | 'count'> = { filter: '', sort: 'name', from: 0, count: 20 };
        hear(held, await desk.look(window));
        const names = new Set<string>();
        for (const event of events) {
          if (event.do === 'look') {
            window = event;
            const { filter, sort, from, count } = event;
            hear(held, await desk.look({ filter, sort, from, count }));
          } else if (event.do === 'change') desk.change(desk.ids[event.n] ?? '', { online: event.online, load: event.load });
          else if (event.do === 'add' && !names.has(event.name)) {
            names.add(event.name);
            await desk.add({ name: event.name, labels: {} });
          } else if (event.do === 'rights') {
            const group = Object.values(workspace.log.settled.groups)[0];
            if (group === undefined) throw new Error('no group');
            const { access } = group;
            await workspace.commit({
              type: 'group.access-set',
              actor: { kind: 'gateway' },
              outcome: 'ok',
              personal: {},
              data: {
                group: group.id,
                before: [...access],
                after: [{ servers: { name: event.pattern }, level: 'terminal', users: [] }],
              },
            });
          }
          for (const ms of [gatherMs, calmMs, gatherMs]) hear(held, await desk.pass(ms));
          const all = await desk.list();
          const seen = new Set<string>(all.map(({ id }) => id));
          expect([...held.rows.keys()].filter((id) => !seen.has(id))).toEqual([]);
          const whole = all.length <= wholeAtMost;
          if (whole) expect(held.rows.size).toBe(all.length);
          else expect(held.total).toBe(all.length);
        }
        // What is told in no hurry.
        for (const ms of [figuresMs, gatherMs, calmMs, figuresMs, gatherMs, calmMs]) hear(held, await desk.pass(ms));
        const all = await desk.list();
        if (all.length <= wholeAtMost || window.count === 0) return;
        const rank = serverRank[window.sort];
        const kept = keepMatching(
          all.toSorted((a, b) => rank(a) - rank(b) || byServerName(a, b)),
          window.filter,
          serverText,
        );
        expect(held.match).toBe(kept.length);
        // Where it began when it was asked for, at most: a list that shrinks pulls it up, one that grows leaves it where it is.
        expect(held.from).toBeLessThanOrEqual(window.from);
        const shown = kept.slice(held.from, held.from + window.count);
        expect(shown).toHaveLength(Math.min(window.count, kept.length));
        expect(held.order.map((id) => held.rows.get(id)?.name)).toEqual(shown.map(({ name }) => name));
        expect(held.order.map((id) => held.rows.get(id))).toEqual(shown);
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);
