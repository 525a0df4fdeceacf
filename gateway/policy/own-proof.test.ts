// Whether a second factor that was proven for one thing ever opens another: every way into something that is live or kept, against every proof (T2, T18).
import { beforeAll, expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { Grant } from '../access/grant.ts';
import type { AccessRequest } from '../access/request.ts';
import { realChance } from '../outside/chance.ts';
import { type IdPrefix, idRandomBytes, mintId } from '../protocol/ids.ts';
import { type Action, actions } from './actions.ts';
import { type Target, targetId } from './decision.ts';

/** Ways in, in a workspace where each of them takes a factor: the session of another on a critical server. */
const waysIn = [
  'shell.open',
  'session.attach',
  'session.watch',
  'session.join',
  'session.moderate',
  'session.take-over',
  'session.kill',
  'session.extend',
  'session.history',
  'recording.export',
] as const satisfies readonly Action[];
type Way = (typeof waysIn)[number];
/** What a proof serves besides its own: coming back to what one opened oneself, or was let into with the keyboard. */
const alsoServes: Partial<Record<Way, readonly Way[]>> = {
  'shell.open': ['session.attach'],
  'session.join': ['session.attach'],
  'session.take-over': ['session.attach'],
};

async function office() {
  const workspace = await openWorkspace('own-proof');
  await workspace.person('ana', 'superuser');
  await workspace.person('uma', 'user');
  const [db, other] = [
    await workspace.server('db-1', { tier: 'critical' }),
    await workspace.server('db-2', { tier: 'critical' }),
  ];
  await workspace.group('dba', ['uma'], [{ servers: { name: 'db-*' }, level: 'full', users: [] }]);
  const [hers, theirs] = [await workspace.session(db, 'ana', 'full'), await workspace.session(db, 'uma', 'full')];
  /** Attaching is to one's own session; the rest is done to another's. */
  const targetOf = (way: Action): Target => {
    const { session, recording } = way === 'session.attach' ? hers : theirs;
    switch (actions[way].target) {
      case 'server':
        return { kind: 'server', server: db };
      case 'recording':
        return { kind: 'recording', recording, session, server: db };
      default:
        return { kind: 'session', session, server: db };
    }
  };
  const idOf = (way: Action): string => {
    const target = targetOf(way);
    return target.kind === 'server'
      ? db.id
      : target.kind === 'recording'
        ? target.recording.id
        : target.kind === 'session'
          ? target.session.id
          : '';
  };
  const verdict = (way: Action) => workspace.enforcer.decide(workspace.caller('ana'), way, targetOf(way)).verdict;
  return { ...workspace, db, other, hers, theirs, targetOf, idOf, verdict };
}
type Office = Awaited<ReturnType<typeof office>>;
let at: Office;
beforeAll(async () => {
  at = await office();
});

test('[T2] each way in takes a factor of its own: without one every one of them is challenged', () => {
  expect(Object.fromEntries(waysIn.map((way) => [way, at.verdict(way)]))).toEqual(
    Object.fromEntries(waysIn.map((way) => [way, 'challenge'])),
  );
});

test.each(waysIn)('[T2] a factor proven for %s opens that, and nothing else that is declared nowhere', async (proven) => {
  // For the thing itself; a proof for a session of one's own serves attaching to that very session.
  const target = alsoServes[proven] !== undefined && proven !== 'shell.open' ? at.hers.session.id : at.idOf(proven);
  await at.prove('ana', proven, target, 60_000);
  for (const way of waysIn) {
    const own = way === proven && at.idOf(way) === target;
    const also = alsoServes[proven]?.includes(way) === true;
    expect({ proven, way, verdict: at.verdict(way) }).toEqual({ proven, way, verdict: own || also ? 'allow' : 'challenge' });
  }
  at.clock.pass(60_000);
  expect(waysIn.filter((way) => at.verdict(way) === 'allow')).toEqual([]);
});

const terms = { servers: { name: 'db-*' }, level: 'terminal', minutes: 60 } as const;
const id = <P extends IdPrefix>(prefix: P) => mintId(prefix, realChance.bytes(idRandomBytes));
const asked = { terms, why: 'w', at: 0, person: id('usr') } as const;
const request: AccessRequest = {
  ...asked,
  id: id('req'),
  expiresAt: 1,
  needs: 1,
  digest: 'a'.repeat(64),
  state: 'pending',
  approvals: [],
};
const grant = (): Grant => ({ ...asked, id: id('gra'), by: [], until: 1, open: true });

test.each(
  Object.entries(actions).flatMap(([name, { freshness, windowMs }]) =>
    freshness === 'none' ? [] : [[name as Action, freshness === 'always' ? 30_000 : windowMs] as const],
  ),
)(
  '[T18] %s: a proof serves one second before its limit, not one second after, nor when the clock went back; not for another thing',
  async (action, limit) => {
    const { prove, clock, caller, enforcer, db, other, hers, theirs } = await office();
    const person = caller('uma').person;
    const targets = ((): readonly [Target, Target | undefined] => {
      switch (actions[action].target) {
        case 'server':
          return [
            { kind: 'server', server: db },
            { kind: 'server', server: other },
          ];
        case 'session':
          return [
            { kind: 'session', session: (action === 'session.attach' ? hers : theirs).session, server: db },
            { kind: 'session', session: (action === 'session.attach' ? theirs : hers).session, server: db },
          ];
        case 'recording':
          return [
            { kind: 'recording', ...theirs, server: db },
            { kind: 'recording', ...hers, server: db },
          ];
        case 'person':
          return [
            { kind: 'person', person },
            { kind: 'person', person: caller('ana').person },
          ];
        case 'request': {
          const of = (digest: string): Target => ({ kind: 'request', request, servers: [db], digest: digest.repeat(64) });
          // The same request, displayed otherwise, is another thing to approve (M5).
          return [of('a'), of('b')];
        }
        case 'grant':
          return [
            { kind: 'grant', grant: grant(), servers: [db] },
            { kind: 'grant', grant: grant(), servers: [db] },
          ];
        default:
          return [{ kind: 'workspace' }, undefined];
      }
    })();
    const [here, there] = targets;
    const fresh = (target: Target = here) => enforcer.explain(caller('ana'), action, target).facts.context.factor.fresh;
    expect(fresh()).toBe(false);
    await prove('ana', action, targetId(here), 12 * 3_600_000);
    expect(fresh()).toBe(true);
    if (there !== undefined) expect(fresh(there)).toBe(false);
    clock.step(-1_000);
    expect(fresh()).toBe(false);
    clock.step(1_000);
    clock.pass(limit - 1_000);
    expect(fresh()).toBe(true);
    clock.pass(2_000);
    expect(fresh()).toBe(false);
  },
);

test('[T18] how fresh a factor must be, as data: each time for rules, roles, resets, break-glass and reviews; five minutes for shells; eight hours to read', () => {
  const of = (freshness: string, windowMs: number) =>
    Object.entries(actions)
      .filter(([, row]) => row.freshness === freshness && row.windowMs === windowMs)
      .map(([name]) => name);
  expect(of('always', 0)).toEqual(
    expect.arrayContaining([
      'role.manage',
      'policy.manage',
      'request.review',
      'factor.reset',
      'address.manage',
      'settings.manage',
      'workspace.delete',
      'breakglass.seal',
      'breakglass.approve',
    ]),
  );
  expect(of('window', 300_000)).toEqual(expect.arrayContaining(['shell.open', 'session.attach', 'session.join', 'session.kill']));
  expect(of('window', 28_800_000)).toEqual(['session.watch', 'session.history', 'recording.export', 'audit.export']);
  // No proof outlives these.
  expect(Object.values(actions).filter(({ windowMs }) => ![0, 300_000, 28_800_000].includes(windowMs))).toEqual([]);
});
