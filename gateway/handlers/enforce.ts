// THE enforcement point (law 3): the only caller of decide. Everything that opens, shows or changes anything asks here first, each time.
// A factor that is asked for each time serves one request; that it was spent is remembered here, in memory: after a restart such a proof could
// serve once more within its 30 seconds.

import { type AddressVerdict, outsideSentence } from '../access/address.ts';
import { type Server, tierOf } from '../access/server.ts';
import type { Log } from '../audit/commit.ts';
import { settingsOf } from '../audit/fold-access.ts';
import type { Proof } from '../identity/login.ts';
import { type Action, actions } from '../policy/actions.ts';
import { attempted } from '../policy/decide.ts';
import { type Caller, type Decision, type Target, targetId, tellDecision } from '../policy/decision.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import { alwaysMs, type Facts, factsOf, freshProof, momentOf } from '../policy/facts.ts';
import { openPolicySets } from '../policy/in-force.ts';
import type { Judge } from '../policy/judgements.ts';
import { approvalsAsked, moderatorsAsked, type Policies } from '../policy/policies.ts';
import { openTrial } from '../policy/trial.ts';
import type { Clock } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { openAround, serverOf } from './circumstances.ts';
import { reachOf } from './reach.ts';

/** How to answer what is invisible: one body for hidden and unknown (TRUST B2). */
const notFound = refuse('not-found');
const workspace: Target = { kind: 'workspace' };

/** @param base the built-in policies; what admins added stands in the log, and comes on top. */
export function openEnforcer(log: Log, clock: Pick<Clock, 'now'>, base: Policies): Enforcer {
  const sets = openPolicySets(base, () => log.settled.policy);
  // Those of the log are made ready now, not by the first who asks.
  sets.now();
  const reach = reachOf(log);
  const around = openAround(log);
  const spent = openSpentProofs();
  const trial = openTrial(() => sets.onTrial());
  const { placed, lockOf } = around;

  /** `coming`: something new would begin. Whoever is in already, and what a list shows, does not hang on who vouches for the log just now. */
  const facts = (caller: Caller, action: Action, target: Target, coming = false): Facts =>
    factsOf(caller, action, target, {
      now: clock.now(),
      reach,
      grants: (server) => around.grantsOn(caller.person.id, server),
      spent: (proof) => spent.has(caller, proof),
      locked: lockOf(caller, undefined) !== undefined,
      closed: lockOf(caller, target) !== undefined,
      outside: placed(caller, target).outside,
      factorRequired: settingsOf(log.settled).factorRequired,
      trailStale: coming && log.settled.staleSince !== undefined,
    });

  /**
   * How to answer somebody who is shut out altogether: for want of a second factor, or by their address (S52): which list refused which address. Of a thing they would not see from inside, and of one
   * that is not there, the same is said: what the workspace's own list says, or that it is not found.
   */
  function shutOut(caller: Caller, action: Action, target: Target | undefined, made: Decision): Result<never> | undefined {
    if (caller.person.factor === undefined && settingsOf(log.settled).factorRequired && !placed(caller, workspace).outside)
      return needsFactor(made.action);
    const here = target === undefined ? undefined : placed(caller, target);
    const refusal = (verdict: AddressVerdict, policies: readonly string[], about: string | undefined): Result<never> => {
      const decision = { ...tellDecision({ ...made, policies }, about), missing: ['an address that the list allows'] };
      return refuse('denied', outsideSentence(verdict, caller.address), { decision });
    };
    if (target !== undefined && here?.outside === true) {
      const given = facts(caller, action, target);
      const inside = { ...given, context: { ...given.context, outside: false } };
      if (!made.hidden || !decideWith(caller, action, target, inside).hidden)
        return refusal(here, made.policies, targetId(target));
    }
    const anywhere = placed(caller, workspace);
    if (!made.hidden || !anywhere.outside) return undefined;
    // What decides about the workspace decides about what is not there.
    return refusal(
      anywhere,
      decideWith(caller, 'audit.read', workspace, facts(caller, 'audit.read', workspace)).policies,
      undefined,
    );
  }

  const decideWith = (caller: Caller, action: Action, target: Target, given: Facts, judge: Judge = sets.now().judge): Decision =>
    withUsers(
      target.kind === 'request' || target.kind === 'grant' ? forEach(judge, apartOf(target, given)) : judge,
      action,
      given,
      () => {
        const server = serverOf(target);
        if (server === undefined) return [];
        return [
          reach.standing(caller.person, server),
          ...around.grantsOn(caller.person.id, server).map(({ terms }) => ({ level: terms.level, users: terms.users ?? [] })),
        ];
      },
    );

  /**
   * A request or a grant is for several servers at once, and is allowed where it is for each of them: as a whole it would be in the groups of any, and whoever
   * may for one of them would for all. Those that look alike are asked about once.
   */
  function apartOf(target: Target, given: Facts): readonly Facts[] {
    const { resource } = given;
    if ((resource.kind !== 'request' && resource.kind !== 'grant') || (target.kind !== 'request' && target.kind !== 'grant'))
      return [given];
    const looks = new Map<string, Facts>();
    for (const server of target.servers) {
      const tier = tierOf(server.labels);
      const groups = reach.chosen(server).names.toSorted();
      looks.set(`${tier} ${groups.join(' ')}`, { ...given, resource: { ...resource, tier, groups } });
    }
    return looks.size === 0 ? [given] : [...looks.values()];
  }

  // A list asks the same of thousands of servers for one caller: what looks alike is answered from here, until anything changes.
  const seen = new WeakMap<Caller, { version: number; on: WeakMap<object, Map<string, Decision>> }>();
  function looksOf(caller: Caller, target: Target): Map<string, Decision> | undefined {
    const alike = target.kind === 'server' && sets.now().policies.spoken.tags !== 'all' ? reach.chosen(target.server) : log;
    if (alike === log && target.kind !== 'workspace') return undefined;
    const version = log.settled.accessVersion;
    let held = seen.get(caller);
    if (held?.version !== version) {
      held = { version, on: new WeakMap() };
      seen.set(caller, held);
    }
    let looks = held.on.get(alike);
    if (looks === undefined) {
      looks = new Map();
      held.on.set(alike, looks);
    }
    return looks;
  }

  /** What a decision can tell servers of the same groups apart by. */
  function serverLook(caller: Caller, server: Server): string {
    const { labels } = server;
    const { tags } = sets.now().policies.spoken;
    let look: string = tierOf(labels);
    if (around.closed(server)) look += ' closed';
    if (placed(caller, { kind: 'server', server }).outside) look += ' outside';
    for (const { id: grant } of around.grantsOn(caller.person.id, server)) look += ` ${grant}`;
    if (tags !== 'all') for (const key of tags) if (labels[key] !== undefined) look += ` ${key}=${JSON.stringify(labels[key])}`;
    return look;
  }

  /** The rows as they are now; somebody who is gone, or signed out, decides nothing. */
  const again = (caller: Caller): Caller | undefined => {
    const person = log.settled.people[caller.person.id];
    const login = log.settled.logins[caller.login.id];
    const device = log.settled.devices[caller.device.id];
    return person === undefined || login === undefined || device === undefined ? undefined : { ...caller, person, login, device };
  };

  async function record(caller: Caller, type: 'access.denied' | 'access.challenged', told: Told, request: string | undefined) {
    const event: NewEvent = {
      type,
      actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
      outcome: 'denied',
      data: {
        action: told.action,
        policies: told.policies.slice(),
        missing: told.missing.slice(),
        ...(told.target === undefined ? {} : { target: told.target }),
      },
      personal: { address: caller.address },
      ...(told.target === undefined ? {} : { target: told.target }),
      ...(told.session === undefined ? {} : { session: told.session }),
      ...(request === undefined ? {} : { request }),
    };
    await log.commit(() => ({ events: [event], answer: undefined }));
  }

  return {
    get policyDigest() {
      return sets.now().policies.digest;
    },
    moderators: (ids) => moderatorsAsked(sets.now().policies, ids),
    approvals: (ids) => approvalsAsked(sets.now().policies, ids),
    get advises() {
      return sets.now().policies.advising.size > 0;
    },
    advice(caller, target, command) {
      const { policies } = sets.now();
      const given = facts(caller, 'command.type', target);
      // Asked of Cedar itself: no text that somebody typed is kept among the remembered decisions.
      const { reasons } = attempted('command.type', { ...given, context: { ...given.context, command } }, policies);
      const against = reasons.filter((id) => policies.advising.has(id));
      if (against.length === 0) return undefined;
      const words = against.map((id) => policies.byId.get(id)?.annotations['advice']).find((one) => one !== undefined);
      return { policies: against, words };
    },
    sets,
    trial: () => trial.told(),
    lockOn: (caller, target) => lockOf(caller, undefined) ?? lockOf(caller, target),

    async enforce(caller, action, target, request): Promise<Result<Decision>> {
      const now = again(caller);
      if (now === undefined) return refuse('login-revoked');
      const given = facts(now, action, target, true);
      const decision = decideWith(now, action, target, given);
      trial.note(now.person.name, action, target, given, decision);
      if (request !== undefined) log.decided.note(request, decision);
      if (decision.verdict === 'allow') {
        if (actions[action].freshness === 'always') {
          const proof = freshProof(now.login.proofs, action, target, clock.now());
          if (proof !== undefined) spent.add(now, proof, clock.now());
        }
        return fine(decision);
      }
      const told = {
        action,
        policies: decision.policies,
        missing: decision.missing,
        target: targetId(target),
        session: target.kind === 'session' ? target.session.id : undefined,
      };
      await record(now, decision.verdict === 'deny' ? 'access.denied' : 'access.challenged', told, request);
      const lock = lockOf(now, undefined) ?? (decision.hidden || decision.verdict !== 'deny' ? undefined : lockOf(now, target));
      if (lock !== undefined) return refuse('access-locked', lock.why);
      if (!decision.hidden && decision.policies.some((id) => unvouched.has(id)))
        return refuse('denied', 'no anchor vouches for the audit log: sallyport audit anchors', {
          decision: tellDecision(decision, told.target),
        });
      return (decision.verdict === 'deny' ? shutOut(now, action, target, decision) : undefined) ?? answer(decision, told.target);
    },

    decide(caller, action, target) {
      const person = log.settled.people[caller.person.id];
      if (person === undefined) return gone(action);
      // A live session may outlast the sign-in that opened it; whoever re-checks it brings the last one there was.
      const login = log.settled.logins[caller.login.id] ?? { ...caller.login, proofs: [] };
      const device = log.settled.devices[caller.device.id] ?? caller.device;
      const looks = looksOf(caller, target);
      let look = '';
      if (looks !== undefined) {
        const fresh = freshProof(login.proofs, action, target, clock.now()) !== undefined;
        look = `${action} ${fresh ? 'f' : ''} ${caller.address} ${target.kind === 'server' ? serverLook(caller, target.server) : ''}`;
        if (sets.now().policies.spoken.now) look += JSON.stringify(momentOf(clock.now()));
      }
      const had = looks?.get(look);
      if (had !== undefined) return had;
      const now = { ...caller, person, login, device };
      const made = decideWith(now, action, target, facts(now, action, target));
      looks?.set(look, made);
      return made;
    },

    async unknown(caller, action, request) {
      const now = again(caller);
      if (now === undefined) return refuse('login-revoked');
      const told = { action, policies: [], missing: [], target: undefined, session: undefined };
      await record(now, 'access.denied', told, request);
      return shutOut(now, action, undefined, gone(action)) ?? notFound;
    },

    explain(caller, action, target) {
      const given = facts(caller, action, target, true);
      const decision = decideWith(caller, action, target, given);
      return {
        decision,
        facts: given,
        policyText: decision.policies.flatMap((id) => sets.now().policies.byId.get(id)?.text ?? []),
      };
    },

    under(judge, caller, action, target, change = (given) => given) {
      const given = change(facts(caller, action, target));
      return decideWith(caller, action, target, given, judge);
    },
  };
}

/** What these shut opens again by itself: whoever is refused hears what it waits for. */
const unvouched: ReadonlySet<string> = new Set(['no-new-shells-that-matter-unvouched', 'no-new-power-unvouched']);

/** Where everybody must have a second factor, who has none hears that, whatever they ask about. */
const needsFactor = (action: Action): Result<never> =>
  refuse('factor-none', 'everybody here must have one', {
    decision: {
      verdict: 'deny',
      action,
      policies: ['a-second-factor-is-required'],
      missing: ['a second factor: sallyport totp enroll'],
    },
  });

type Told = Pick<Decision, 'action' | 'policies' | 'missing'> & {
  readonly target: string | undefined;
  readonly session: (NewEvent & { session?: unknown })['session'];
};

function answer(decision: Decision, target: string | undefined): Result<never> {
  if (decision.hidden) return notFound;
  const told = { decision: tellDecision(decision, target) };
  const detail = decision.missing.length === 0 ? undefined : `missing: ${decision.missing.join('; ')}`;
  switch (decision.verdict) {
    case 'challenge':
      return refuse('step-up', detail, told);
    case 'ask':
      return refuse('approval-needed', detail, told);
    case 'deny':
    case 'allow':
      return refuse('denied', detail, told);
    default:
      return decision.verdict satisfies never;
  }
}

const severity = ['deny', 'ask', 'challenge', 'allow'];
/** The hardest answer of all that are apart. */
const forEach =
  (judge: Judge, apart: readonly Facts[]): Judge =>
  (action, given) =>
    apart
      .map((one) => judge(action, one))
      .reduce(
        (worst, one) => (severity.indexOf(one.verdict) < severity.indexOf(worst.verdict) ? one : worst),
        judge(action, apart[0] ?? given),
      );

/** OS users go with the level they were given at: a level that a role gives comes with the agent's own user. */
function withUsers(
  judge: Judge,
  action: Action,
  facts: Facts,
  given: () => readonly { readonly level: Decision['level']; readonly users: readonly string[] }[],
): Decision {
  const judged = judge(action, facts);
  const [first, ...others] = given().filter(({ level }) => level === judged.level);
  // The agent's own user is nobody's to name: whoever has it first keeps it. Names of several grants add up.
  if (first === undefined || first.users.length === 0) return { ...judged, users: [] };
  return { ...judged, users: [...new Set([first, ...others].flatMap(({ users }) => users))] };
}

/** For a person who is no longer in the workspace. */
const gone = (action: Action): Decision => ({
  verdict: 'deny',
  action,
  policies: [],
  missing: [],
  hidden: true,
  level: 'none',
  users: [],
});

/** Proofs that served an action which takes a new one each time. Kept as long as they could serve again. */
function openSpentProofs() {
  const served = new Map<string, number>();
  const name = (caller: Caller, proof: Proof): string => `${caller.login.id} ${proof.action} ${proof.target ?? ''} ${proof.at}`;
  return {
    has: (caller: Caller, proof: Proof): boolean => served.has(name(caller, proof)),
    add(caller: Caller, proof: Proof, now: number): void {
      for (const [key, at] of served) if (now - at > 2 * alwaysMs) served.delete(key);
      served.set(name(caller, proof), now);
    },
  };
}
