import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { openOperator } from '../../fixtures/operator-line.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { NewEvent } from '../protocol/events.ts';
import { idRandomBytes, mintId, type ServerId } from '../protocol/ids.ts';
import type { HostMetrics, Labels, ServerRow } from '../protocol/nouns.ts';
import type { ListWindow, Push } from '../protocol/operator.ts';
import type { Changed } from '../relay/hub.ts';
import type { Call } from './call.ts';
import { calmMs, wholeAtMost } from './follow-servers.ts';
import { gatherMs } from './follow-rows.ts';
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

/** A workspace of so many servers, uma who sees those of `web-*`, ana who sees all; somebody looks at the list through a window. */
async function office(count: number, who: 'ana' | 'uma' = 'ana') {
  const workspace = await openWorkspace('windows');
  await workspace.person('ana', 'superuser');
  await workspace.person('uma', 'user');
  await workspace.group('web', ['uma'], [{ servers: { name: 'web-*' }, level: 'terminal', users: ['deploy'] }]);
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
const bytes = (push: Push): number => deflateRawSync(JSON.stringify(push)).length;

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
