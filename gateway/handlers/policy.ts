// policy.explain: the decision somebody would get, which policies spoke, in full text, and every signal it rests on (S9, law 4).
import { type Action, actions } from '../policy/actions.ts';
import { type Caller, targetId, tellDecision } from '../policy/decision.ts';
import type { Facts } from '../policy/facts.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { workspace } from './administration.ts';
import type { Call, Handler } from './call.ts';
import { lastSeen } from './last-seen.ts';
import { personFor, targetFor } from './resolve.ts';

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
  const { decision, facts, policyText } = parts.enforcer.explain(subject.value, action, target.value);
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
    conditions: [],
    fixes: [],
  });
};

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
    ...(context.address === undefined ? {} : { address: context.address }),
  };
}
