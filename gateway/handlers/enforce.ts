// THE enforcement point (law 3): the only caller of decide. Everything that opens, shows or changes anything asks here first, each time.
// A factor that is asked for each time serves one request; that it was spent is remembered here, in memory: after a restart such a proof could
// serve once more within its 30 seconds.

import { type AddressVerdict, addressVerdict, outsideSentence, ownVerdict } from '../access/address.ts';
import { grantsOn } from '../access/grant.ts';
import { groupsOf, type Lock, lockOn } from '../access/lock.ts';
import { type Server, tierOf } from '../access/server.ts';
import type { Log } from '../audit/commit.ts';
import { settingsOf } from '../audit/fold-access.ts';
import { rows } from '../audit/state.ts';
import type { Proof } from '../identity/login.ts';
import { type Action, actions } from '../policy/actions.ts';
import { type Caller, type Decision, type Target, targetId, tellDecision } from '../policy/decision.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import { alwaysMs, type Facts, factsOf, freshProof, plainAddress } from '../policy/facts.ts';
import { type Judge, openJudge } from '../policy/judgements.ts';
import { approvalsAsked, moderatorsAsked, type Policies } from '../policy/policies.ts';
import type { Clock } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { reachOf } from './reach.ts';

/** How to answer what is invisible: one body for hidden and unknown (TRUST B2). */
const notFound = refuse('not-found');

export function openEnforcer(log: Log, clock: Pick<Clock, 'now'>, policies: Policies): Enforcer {
  const judge = openJudge(policies);
  const reach = reachOf(log);
  const spent = openSpentProofs();

  const facts = (caller: Caller, action: Action, target: Target): Facts =>
    factsOf(
      caller,
      action,
      target,
      clock.now(),
      reach,
      policies.tags,
      (proof) => spent.has(caller, proof),
      rows(log.settled.grants),
      {
        locked: lockOf(caller, undefined) !== undefined,
        closed: lockOf(caller, target) !== undefined,
        outside: placed(caller, target).outside,
        factorRequired: settingsOf(log.settled).factorRequired,
      },
    );

  /** What the address rules say of the caller. Nobody is connected from no address: a program that outlived its sign-in is nowhere. */
  function placed({ address }: Caller, target: Target): AddressVerdict {
    const rules = rows(log.settled.addresses);
    if (rules.length === 0 || address === '') return { outside: false };
    const from = plainAddress(address);
    return target.kind === 'self' ? ownVerdict(rules, from) : addressVerdict(rules, from, serverOf(target));
  }

  /**
   * How to answer somebody whose address is outside (S52): which list refused which address. Of a thing they would not see from inside, and of one
   * that is not there, the same is said: what the workspace's own list says, or that it is not found.
   */
  function refusedOutside(caller: Caller, action: Action, target: Target | undefined, made: Decision): Result<never> | undefined {
    const here = target === undefined ? undefined : placed(caller, target);
    const refusal = (verdict: AddressVerdict, about: string | undefined): Result<never> => {
      const decision = { ...tellDecision(made, about), missing: ['an address that the list allows'] };
      return refuse('denied', outsideSentence(verdict, caller.address), { decision });
    };
    if (target !== undefined && here?.outside === true) {
      const given = facts(caller, action, target);
      const inside = { ...given, context: { ...given.context, outside: false } };
      if (!made.hidden || !decideWith(caller, action, target, inside).hidden) return refusal(here, targetId(target));
    }
    if (!made.hidden) return undefined;
    const anywhere = placed(caller, { kind: 'workspace' });
    return anywhere.outside ? refusal(anywhere, undefined) : undefined;
  }

  /** The lock that shuts the caller out everywhere, or with a target, out of that server. */
  function lockOf({ person, login, device }: Caller, target: Target | undefined): Lock | undefined {
    const locks = rows(log.settled.locks);
    if (locks.length === 0) return undefined;
    const server = target === undefined ? undefined : serverOf(target)?.id;
    return lockOn(locks, {
      person: person.id,
      role: person.role,
      login: login.id,
      device: device.id,
      server,
      groups: groupsOf(log.settled.groups, person.id),
    });
  }

  function decideWith(caller: Caller, action: Action, target: Target, given: Facts): Decision {
    return withUsers(judge, action, given, () => {
      const server = serverOf(target);
      if (server === undefined) return [];
      const grants = grantsOn(rows(log.settled.grants), caller.person.id, server);
      return [
        reach.standing(caller.person, server),
        ...grants.map(({ terms }) => ({ level: terms.level, users: terms.users ?? [] })),
      ];
    });
  }

  // A list asks the same of thousands of servers for one caller: what looks alike is answered from here, until anything changes.
  const seen = new WeakMap<Caller, { version: number; on: WeakMap<object, Map<string, Decision>> }>();
  function looksOf(caller: Caller, target: Target): Map<string, Decision> | undefined {
    const alike = target.kind === 'server' && policies.tags !== 'all' ? reach.chosen(target.server) : log;
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
    const { id, labels } = server;
    const { tags } = policies;
    const spoken = tags === 'all' ? [] : [...tags].flatMap((key) => (labels[key] === undefined ? [] : [`${key}=${labels[key]}`]));
    const closed = rows(log.settled.locks).some((lock) => lock.kind === 'server' && lock.target === id);
    const granted = grantsOn(rows(log.settled.grants), caller.person.id, server).map((grant) => grant.id);
    const { outside } = placed(caller, { kind: 'server', server });
    return `${tierOf(labels)} ${closed ? 'closed' : ''} ${outside ? 'outside' : ''} ${granted.join(' ')} ${spoken.join(' ')}`;
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
    policyDigest: policies.digest,
    moderators: (ids) => moderatorsAsked(policies, ids),
    approvals: (ids) => approvalsAsked(policies, ids),

    async enforce(caller, action, target, request): Promise<Result<Decision>> {
      const now = again(caller);
      if (now === undefined) return refuse('login-revoked');
      const decision = decideWith(now, action, target, facts(now, action, target));
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
      return (
        (decision.verdict === 'deny' ? refusedOutside(now, action, target, decision) : undefined) ?? answer(decision, told.target)
      );
    },

    decide(caller, action, target) {
      const person = log.settled.people[caller.person.id];
      if (person === undefined) return gone(action);
      // A live session may outlast the sign-in that opened it; whoever re-checks it brings the last one there was.
      const login = log.settled.logins[caller.login.id] ?? { ...caller.login, proofs: [] };
      const device = log.settled.devices[caller.device.id] ?? caller.device;
      const looks = looksOf(caller, target);
      const fresh = freshProof(login.proofs, action, target, clock.now()) !== undefined;
      const look =
        looks === undefined ? '' : `${action} ${target.kind === 'server' ? serverLook(caller, target.server) : ''} ${fresh}`;
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
      return refusedOutside(now, action, undefined, gone(action)) ?? notFound;
    },

    explain(caller, action, target) {
      const given = facts(caller, action, target);
      const decision = decideWith(caller, action, target, given);
      return {
        decision,
        facts: given,
        policyText: decision.policies.flatMap((id) => policies.byId.get(id)?.text ?? []),
      };
    },
  };
}

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

const serverOf = (target: Target): Server | undefined => ('server' in target ? target.server : undefined);

/** OS users go with the level they were given at: a level that a role gives comes with the agent's own user. */
function withUsers(
  judge: Judge,
  action: Action,
  facts: Facts,
  given: () => readonly { readonly level: Decision['level']; readonly users: readonly string[] }[],
): Decision {
  const judged = judge(action, facts);
  return { ...judged, users: given().find(({ level }) => level === judged.level)?.users ?? [] };
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
