// What a set of policies would change: everybody who is active, on servers that look different to policies, on live sessions and on the workspace, as
// they would ask now. Bounded, and in slices, since a thousand people times hundreds of looks is much.
import { type Server, tierOf } from '../access/server.ts';
import { inSlices } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import { type Action, actions } from '../policy/actions.ts';
import type { Caller, Decision, Target } from '../policy/decision.ts';
import type { PolicySet } from '../policy/in-force.ts';
import { holdsFor, type Policies } from '../policy/policies.ts';
import type { Spoken } from '../policy/spoken.ts';
import { type TrialExample, targetWords } from '../policy/trial.ts';
import type { Parts } from './call.ts';
import { lastSeen, newestLogins } from './last-seen.ts';
import { reachOf } from './reach.ts';
import { maySee, sessionTarget } from './resolve.ts';

/** After so long it says what it found until then. Ms. */
const longest = 4_000;
/** Most pairs of somebody and something. */
const most = 100_000;
const examplesTold = 20;
const sessionsLookedAt = 100;

const onServer: readonly Action[] = ['server.see', 'shell.open', 'shell.alone', 'server.request', 'grant.single'];
const onSession: readonly Action[] = ['session.see', 'session.watch', 'session.join', 'session.kill'];
const isAction = (name: string): name is Action => Object.hasOwn(actions, name);
const onWorkspace = Object.keys(actions)
  .filter(isAction)
  .filter((action) => actions[action].target === 'workspace' || actions[action].target === 'self');

type Looked = { readonly target: Target; readonly servers: number; readonly actions: readonly Action[] };
export type Changes = {
  /** Answers that open more, or less: people × servers, sessions and the workspace. */
  gained: number;
  lost: number;
  examples: TrialExample[];
  /** There was too much to look at all of it. */
  partly?: boolean;
};

const rank = ({ verdict, hidden }: Decision): number => (hidden ? 0 : 1 + ['deny', 'ask', 'challenge', 'allow'].indexOf(verdict));

/** Examples name only what the caller may see. */
export async function whatChanges(parts: Parts, caller: Caller, next: PolicySet): Promise<Changes> {
  const { log, enforcer, clock } = parts;
  const now = enforcer.sets.now();
  const asked = actionsTouched(now.policies, next.policies);
  const only = (actions: readonly Action[]): readonly Action[] => actions.filter((action) => asked.has(action));
  const targets: readonly Looked[] = [
    ...(await serverLooks(parts, only(onServer), now.policies.spoken, next.policies.spoken)),
    ...sessionLooks(parts, only(onSession)),
  ];
  const named = enforcer.decide(caller, 'person.list', { kind: 'workspace' }).verdict === 'allow';
  const people = rows(log.settled.people).filter(({ status }) => status === 'active');
  const looked: readonly Looked[] = [
    ...targets,
    ...only(onWorkspace).map(
      (action): Looked => ({
        target: { kind: actions[action].target === 'self' ? 'self' : 'workspace' },
        servers: 1,
        actions: [action],
      }),
    ),
  ];
  const newest = newestLogins(rows(log.settled.logins));
  const asking = people.map((person) => lastSeen(parts, person, newest));
  const all = asking.length * looked.length;
  const began = clock.mono();
  const found: Changes = { gained: 0, lost: 0, examples: [] };
  if (all > most) found.partly = true;
  await inSlices(
    spreadOver(all),
    (at) => {
      const person = asking[at % asking.length];
      const it = looked[Math.floor(at / asking.length)];
      if (person === undefined || it === undefined) return undefined;
      if (clock.mono() - began > longest) {
        found.partly = true;
        return undefined;
      }
      const { target, servers } = it;
      for (const action of it.actions) {
        const before = enforcer.under(now.judge, person, action, target);
        const after = enforcer.under(next.judge, person, action, target);
        const step = rank(after) - rank(before);
        if (step === 0) continue;
        if (step > 0) found.gained += servers;
        else found.lost += servers;
        if (
          found.examples.length < examplesTold &&
          (named || person.person.id === caller.person.id) &&
          maySee(enforcer, caller, target)
        )
          found.examples.push({
            person: person.person.name,
            action,
            target: targetWords(target).slice(0, 64),
            now: before.verdict,
            would: after.verdict,
          });
      }
      return undefined;
    },
    () => clock.mono(),
  );
  return found;
}

/** Actions that policies not alike in both sets can hold for; all of a kind where what makes it visible, or lets somebody ask for it, is among them. */
function actionsTouched(now: Policies, next: Policies): ReadonlySet<Action> {
  const differing = [
    ...[...now.byId.values()].filter(({ id, text }) => next.byId.get(id)?.text !== text),
    ...[...next.byId.values()].filter(({ id, text }) => now.byId.get(id)?.text !== text),
  ];
  const every = Object.keys(actions).filter(isAction);
  const direct = every.filter((action) => differing.some((policy) => holdsFor(policy, action)));
  const touched = new Set<Action>(direct);
  for (const [sight, kind] of sights)
    if (touched.has(sight)) for (const action of every) if (actions[action].target === kind) touched.add(action);
  return touched;
}
const sights = [
  ['server.see', 'server'],
  ['server.request', 'server'],
  ['session.see', 'session'],
] as const;

/** 0 … all − 1, or so many of them as are looked at, in an order that goes over all early: what is cut off is then no part in particular. */
function spreadOver(all: number): readonly number[] {
  const count = Math.min(all, most);
  if (count < few) return Array.from({ length: count }, (_, i) => i);
  const coprime = (step: number): boolean => {
    let [a, b] = [step, all];
    while (b !== 0) [a, b] = [b, a % b];
    return a === 1;
  };
  let step = Math.max(1, Math.floor(all * 0.618));
  while (!coprime(step)) step += 1;
  return Array.from({ length: count }, (_, i) => (i * step) % all);
}
const few = 1_000;

/** One server of each kind that either set of policies can tell apart, and how many there are of it. */
async function serverLooks(
  { log, clock }: Parts,
  asked: readonly Action[],
  ...spoken: readonly Spoken[]
): Promise<readonly Looked[]> {
  if (asked.length === 0) return [];
  const reach = reachOf(log);
  const keys = spoken.some(({ tags }) => tags === 'all') ? undefined : [...new Set(spoken.flatMap(({ tags }) => [...tags]))];
  const looks = new Map<string, { readonly server: Server; count: number }>();
  const ruled = rows(log.settled.addresses).some(({ servers }) => servers !== undefined);
  const granted = rows(log.settled.grants).some(({ ended }) => ended === undefined);
  const look = (server: Server): undefined => {
    // Rules for chosen servers, grants and locks part servers otherwise than policies do: then each counts by itself.
    const alone = ruled || granted ? server.id : '';
    const tags = keys === undefined ? JSON.stringify(server.labels) : keys.map((key) => server.labels[key] ?? '').join(' ');
    const key = `${reach.chosen(server).names.join(' ')}|${tierOf(server.labels)}|${tags}|${alone}`;
    const had = looks.get(key);
    if (had === undefined) looks.set(key, { server, count: 1 });
    else had.count += 1;
    return undefined;
  };
  await inSlices(rows(log.settled.servers), look, () => clock.mono());
  return [...looks.values()].map(({ server, count }) => ({
    target: { kind: 'server', server },
    servers: count,
    actions: asked,
  }));
}

const sessionLooks = ({ log }: Parts, asked: readonly Action[]): readonly Looked[] =>
  rows(asked.length === 0 ? {} : log.settled.sessions)
    .filter(({ state }) => state !== 'ended')
    .slice(0, sessionsLookedAt)
    .map((session) => ({ target: sessionTarget(log.settled, session), servers: 1, actions: asked }));
