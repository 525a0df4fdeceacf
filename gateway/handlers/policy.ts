// policy.explain: the decision somebody would get, which policies spoke, in full text, and every signal it rests on (S9, law 4).

import { standingBy } from '../access/standing.ts';
import { type Action, actions } from '../policy/actions.ts';
import { type Caller, type Target, targetId, tellDecision } from '../policy/decision.ts';
import type { Facts } from '../policy/facts.ts';
import { fixesFor } from '../policy/fixes.ts';
import { conditionsOf } from '../policy/reasons.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { workspace } from './administration.ts';
import type { Call, Handler } from './call.ts';
import { serverOf } from './circumstances.ts';
import { lastSeen } from './last-seen.ts';
import { reachOf } from './reach.ts';
import { maySee, personFor, targetFor } from './resolve.ts';

const isAction = (text: string): text is Action => Object.hasOwn(actions, text);

/** Everybody may ask about themselves; about others, who may list people. The target must be one that the person asking may see. */
export const explainPolicy: Handler<'policy.explain'> = async (call, { person: reference, action, target: named }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'policy.explain', workspace, request);
  if (!allowed.ok) return allowed;
  if (!isAction(action)) return refuse('bad-request', `action: one of ${Object.keys(actions).join(', ')}`);
  const subject = await subjectOf(call, reference);
  if (!subject.ok) return subject;
  const target = await targetFor(call, action, named);
  if (!target.ok) return target;
  const told = parts.enforcer.explain(subject.value, action, target.value);
  const { decision, facts, policyText } = told;
  const { policies } = parts.enforcer.sets.now();
  const self = subject.value.person.id === caller.person.id;
  const whom = { self, name: subject.value.person.name };
  return fine({
    decision: tellDecision(decision, targetId(target.value)),
    signals: {
      ...signalsOf(facts),
      action,
      level: decision.level,
      users: decision.users,
      hidden: decision.hidden,
      signedIn: Object.hasOwn(parts.log.settled.logins, subject.value.login.id),
      policyDigest: parts.enforcer.policyDigest,
    },
    policyText: policyText.map((text) => text.slice(0, 4096)),
    conditions: conditionsOf(decision, action, facts, policies, whom).map((condition) => ({ ...condition })),
    fixes: fixesFor(decision, action, facts, aroundOf(call, subject.value, target.value), policies.added).map((fix) =>
      fix.slice(0, 512),
    ),
  });
};

/** What commands that would help can name: nothing that the one asking may not see or change. */
function aroundOf({ parts, caller }: Call, subject: Caller, target: Target): Parameters<typeof fixesFor>[3] {
  const { enforcer, log } = parts;
  const may = (action: Action): boolean => {
    const { verdict } = enforcer.decide(caller, action, {
      kind: actions[action].target === 'person' ? 'person' : 'workspace',
      person: undefined,
    });
    return verdict === 'allow' || verdict === 'challenge';
  };
  const server = target.kind === 'request' || target.kind === 'grant' ? target.servers[0] : serverOf(target);
  const seen = server !== undefined && maySee(enforcer, caller, { kind: 'server', server });
  const lock = enforcer.lockOn(subject, target);
  return {
    person: subject.person.name,
    self: subject.person.id === caller.person.id,
    target: nameOfTarget(target),
    server: seen ? server.name : undefined,
    mayRequest: seen && enforcer.decide(subject, 'server.request', { kind: 'server', server }).verdict === 'allow',
    groups:
      seen && may('group.manage')
        ? reachOf(log)
            .chosen(server)
            .groups.filter(({ group }) => !group.members.includes(subject.person.id))
            .map(({ group, rules }) => ({
              name: group.name,
              members: group.members.flatMap((member) => log.settled.people[member]?.name ?? []),
              level: standingBy(rules, subject.person.name).level,
            }))
        : [],
    locks: lock !== undefined && may('lock.manage') ? [lock.id] : [],
    may: { people: may('role.manage'), addresses: may('address.manage'), policies: may('policy.see') },
  };
}

function nameOfTarget(target: Target): string | undefined {
  switch (target.kind) {
    case 'workspace':
    case 'self':
      return undefined;
    case 'server':
      return target.server.name;
    case 'person':
      return target.person?.name;
    case 'session':
      return target.session.id.slice(0, 12);
    case 'recording':
      return target.recording.id;
    case 'request':
      return target.request.id;
    case 'grant':
      return target.grant.id;
    default:
      return target satisfies never;
  }
}

async function subjectOf(call: Call, reference: string | undefined): Promise<Result<Caller>> {
  const { parts, caller } = call;
  if (reference === undefined || reference === caller.person.id || reference === caller.person.name) return fine(caller);
  const found = await personFor(call, 'person.list', reference);
  return found.ok ? fine(lastSeen(parts, found.value.person)) : found;
}

function signalsOf({ principal, resource, context }: Facts): Record<string, unknown> {
  return {
    person: principal.id,
    role: principal.role,
    status: principal.status,
    groups: principal.groups,
    target: resource.kind,
    ...('own' in resource ? { own: resource.own } : {}),
    ...('tier' in resource ? { tier: resource.tier, serverGroups: resource.groups } : {}),
    ...('tags' in resource ? { labels: resource.tags } : {}),
    reach: context.reach,
    factorEnrolled: context.factor.enrolled,
    factorFresh: context.factor.fresh,
    approved: context.approved,
    deviceTrusted: context.device.trusted,
    addressFamiliar: context.device.familiar,
    locked: context.locked,
    serverLocked: context.closed,
    addressOutside: context.outside,
    factorRequired: context.factorRequired,
    trailStale: context.trailStale,
    breakGlass: context.breakGlass,
    ...(context.address === undefined ? {} : { address: context.address }),
  };
}
