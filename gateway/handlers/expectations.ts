// What somebody is expected to be answered (E18): asked of a set of policies over the facts as they are, with those that are given standing in.
import { standingBy, stronger } from '../access/standing.ts';
import { rows } from '../audit/state.ts';
import { type Action, actions } from '../policy/actions.ts';
import { type Caller, type Target, targetId, tellDecision } from '../policy/decision.ts';
import { type Facts, reachOf as levelsTo, momentOf } from '../policy/facts.ts';
import type { Judge } from '../policy/judgements.ts';
import type { PolicyExpectation } from '../protocol/access-nouns.ts';
import type { Gives } from '../protocol/operator.ts';
import type { Call } from './call.ts';
import { serverOf } from './circumstances.ts';
import { lastSeen } from './last-seen.ts';
import { reachOf } from './reach.ts';
import { maySee, targetNamed } from './resolve.ts';

type Tested = Gives<'policy.test'>['results'][number];

const isAction = (name: string): name is Action => Object.hasOwn(actions, name);
const wrong = (detail: string): Tested => ({ ok: false, got: 'error', detail: detail.slice(0, 512) });

/** One expectation tried. `got` is `error` where the person, the action or the thing is none that the caller can name. */
export function testExpectation(call: Call, judge: Judge, expectation: PolicyExpectation): Tested {
  const { parts, caller } = call;
  const { action, expect, by, given } = expectation;
  if (!isAction(action)) return wrong(`there is no action ${action}`);
  const asks = askerOf(call, expectation.person);
  if (asks === undefined) return wrong(`nobody is called ${expectation.person}`);
  const seen = (row: Target): boolean => maySee(parts.enforcer, caller, row);
  const { target: kind } = actions[action];
  const target: Target | string | undefined =
    kind === 'workspace' || kind === 'self'
      ? { kind }
      : expectation.target === undefined
        ? 'missing'
        : targetNamed(parts.log.settled, kind, expectation.target, seen);
  if (typeof target !== 'object' || !seen(target))
    return wrong(target === 'missing' ? `${action} is about something: name a target` : `no ${expectation.target ?? 'target'}`);
  const at = given?.at === undefined ? undefined : Date.parse(given.at);
  if (at !== undefined && Number.isNaN(at)) return wrong(`at: ${given?.at} is no time such as 2026-11-23T09:30Z`);

  const asking = given?.address === undefined ? asks : { ...asks, address: given.address };
  const decision = parts.enforcer.under(judge, asking, action, target, (facts) =>
    standIn(call, asking, target, facts, expectation, at),
  );
  const got = decision.hidden ? 'hidden' : decision.verdict;
  const told = { got, decision: tellDecision(decision, targetId(target)) } as const;
  if (got !== expect) return { ok: false, ...told };
  if (by !== undefined && !decision.policies.includes(by))
    return { ok: false, ...told, detail: `${got}, but not by ${by}`.slice(0, 512) };
  return { ok: true, ...told };
}

/** Others only for whoever may list people. */
function askerOf({ parts, caller }: Call, reference: string): Caller | undefined {
  if (reference === caller.person.name || reference === caller.person.id) return caller;
  if (parts.enforcer.decide(caller, 'person.list', { kind: 'workspace' }).verdict !== 'allow') return undefined;
  const person = rows(parts.log.settled.people).find(({ name, id }) => name === reference || id === reference);
  return person && lastSeen(parts, person);
}

/** The facts with those that were given in their place. Groups given are all the groups there are: what they reach follows from them. */
function standIn(
  { parts }: Call,
  { person }: Caller,
  target: Target,
  facts: Facts,
  { given }: PolicyExpectation,
  at: number | undefined,
): Facts {
  if (given === undefined) return facts;
  const { role, groups, factor, approved, granted, device } = given;
  const server = serverOf(target);
  let { reach } = facts.context;
  if (groups !== undefined && server !== undefined) {
    const rules = reachOf(parts.log)
      .chosen(server)
      .groups.flatMap(({ group, rules: fitting }) => (groups.includes(group.name) ? fitting : []));
    reach = levelsTo(standingBy(rules, person.name).level);
  }
  if (granted !== undefined && server !== undefined) reach = levelsTo(stronger(reach.at(-1) ?? 'none', granted));
  return {
    ...facts,
    principal: {
      ...facts.principal,
      ...(role === undefined ? {} : { role }),
      ...(groups === undefined ? {} : { groups: groups.toSorted() }),
    },
    context: {
      ...facts.context,
      reach,
      ...(factor === undefined ? {} : { factor: { enrolled: factor !== 'none', fresh: factor === 'fresh' } }),
      ...(approved === undefined && granted === undefined ? {} : { approved: approved ?? true }),
      ...(device === undefined ? {} : { device: { trusted: device === 'trusted', familiar: device === 'trusted' } }),
      ...(at === undefined ? {} : { now: momentOf(at) }),
    },
  };
}
