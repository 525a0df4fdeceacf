// policy.*: what is in force, whether a set could be, what it would change, and putting it in force (S47, D3). Nothing here decides; it asks what
// other policies would.

import { removedName } from '../audit/names.ts';
import { inSlices, stepByStep } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import { actions } from '../policy/actions.ts';
import { countAdded, readingAdded } from '../policy/added.ts';
import { applyPolicies, differing, setTrial, textOfVersion, versionOf } from '../policy/applying.ts';
import type { PolicyText } from '../policy/cedar.ts';
import type { Caller } from '../policy/decision.ts';
import type { PolicySet } from '../policy/in-force.ts';
import { openJudge } from '../policy/judgements.ts';
import { joined, policySchema } from '../policy/policies.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Gives } from '../protocol/operator.ts';
import { changing, workspace } from './administration.ts';
import type { Call, Handler } from './call.ts';
import { testExpectation } from './expectations.ts';
import { lastSeen } from './last-seen.ts';
import { whatChanges } from './what-changes.ts';

const nameOf = (call: Call, person: string): string => call.parts.log.settled.people[person]?.name ?? removedName(person);

export const listPolicy: Handler<'policy.list'> = async (call) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'policy.see', workspace, request);
  if (!allowed.ok) return allowed;
  const { policies } = parts.enforcer.sets.now();
  const { policy } = parts.log.settled;
  const told = parts.enforcer.trial();
  const versions = [...(policy?.current === undefined ? [] : [policy.current]), ...(policy?.before ?? [])];
  return fine({
    version: versionOf(parts.log.settled),
    digest: policies.digest,
    policies: [...policies.byId.values()].map(({ id, text, parsed }) => ({
      id,
      origin: policies.added.has(id) ? ('added' as const) : ('built-in' as const),
      effect: parsed.effect,
      text: text.slice(0, 4096),
    })),
    added: policy?.current?.policies ?? '',
    versions: versions.map(({ version, digest, policies: text, by, at, why }) => ({
      version,
      digest,
      policies: countAdded(text),
      by: nameOf(call, by),
      at,
      why,
    })),
    stepUp: Object.entries(actions).map(([action, { target, freshness, windowMs }]) => ({
      action,
      about: target,
      freshness,
      ...(freshness === 'window' ? { minutes: windowMs / 60_000 } : {}),
    })),
    ...(policy?.trial === undefined
      ? {}
      : {
          trial: {
            digest: policy.trial.digest,
            since: policy.trial.since,
            by: nameOf(call, policy.trial.by),
            asked: told?.asked ?? 0,
            wouldDeny: told?.wouldDeny ?? 0,
            wouldAllow: told?.wouldAllow ?? 0,
            examples: (told?.examples ?? []).map((example) => ({ ...example })),
          },
        }),
  });
};

/** A set made ready from text, in slices. Errors: bad-request, naming the first thing that is wrong. */
async function made(call: Call, text: string): Promise<Result<PolicySet>> {
  const { parts } = call;
  const { base } = parts.enforcer.sets;
  const read = await stepByStep(readingAdded(text, base), () => parts.clock.mono());
  const wrong = read.problems[0];
  if (wrong !== undefined)
    return refuse('bad-request', `${wrong.policy === undefined ? '' : `${wrong.policy}: `}${wrong.message}`);
  return fine(prepared(call, read.policies));
}

function prepared({ parts }: Call, added: readonly PolicyText[]): PolicySet {
  const policies = joined(policySchema(), parts.enforcer.sets.base, added);
  return { policies, judge: openJudge(policies) };
}

export const checkPolicy: Handler<'policy.check'> = async (call, { policies: text }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'policy.see', workspace, request);
  if (!allowed.ok) return allowed;
  const read = await stepByStep(readingAdded(text, parts.enforcer.sets.base), () => parts.clock.mono());
  const diff = differing(parts.enforcer.sets.now().policies, read.policies);
  const ids = { added: [...diff.added], changed: [...diff.changed], removed: [...diff.removed] };
  const refused = (problems: Gives<'policy.check'>['problems']) => fine({ problems, ...ids, gained: 0, lost: 0, examples: [] });
  if (read.problems.length > 0)
    return refused(
      read.problems.map(({ policy, message }) => ({
        ...(policy === undefined ? {} : { policy: policy.slice(0, 128) }),
        message: message.slice(0, 512),
      })),
    );
  const set = prepared(call, read.policies);
  try {
    const shut = shutsOut(call, set);
    const changes = await whatChanges(parts, caller, set);
    return fine({ problems: shut === undefined ? [] : [{ message: shut }], ...ids, ...changes });
  } finally {
    set.policies.forget();
  }
};

/**
 * Why a set may not be applied: nobody could undo it. Every active superuser is asked about, as with a fresh factor on a known device, with no lock on
 * them; where the policies look at the clock, at every hour of a week.
 */
function shutsOut({ parts }: Call, { policies, judge }: PolicySet): string | undefined {
  const hours = policies.spoken.now
    ? Array.from({ length: 168 }, (_, i) => ({ weekday: 1 + Math.floor(i / 24), hour: i % 24, minute: 30 }))
    : [undefined];
  const may = (caller: Caller): boolean =>
    hours.some((now) =>
      (['policy.manage', 'self.manage'] as const).every(
        (action) =>
          parts.enforcer.under(judge, caller, action, { kind: actions[action].target }, (facts) => ({
            ...facts,
            context: {
              ...facts.context,
              factor: { enrolled: true, fresh: true },
              device: { trusted: true, familiar: true },
              locked: false,
              breakGlass: false,
              ...(now === undefined ? {} : { now }),
            },
          })).verdict === 'allow',
      ),
    );
  const superusers = rows(parts.log.settled.people).filter(({ role, status }) => role === 'superuser' && status === 'active');
  return superusers.some((person) => may(lastSeen(parts, person)))
    ? undefined
    : 'no active superuser could change the policies any more, even with a fresh second factor';
}

async function putInForce(call: Call, text: string, expect: number, why: string, rollbackTo?: number) {
  const { enforcer } = call.parts;
  const ready = await made(call, text);
  if (!ready.ok) return ready;
  const { policies: next } = ready.value;
  const shut = shutsOut(call, ready.value);
  if (shut !== undefined) {
    next.forget();
    return refuse('last-superuser', shut);
  }
  enforcer.sets.offer(text, next);
  const before = enforcer.sets.now().policies;
  const person = call.caller.person.id;
  return changing(call, (by) =>
    applyPolicies({ ...by, person }, { text, next, before, expect, why, ...(rollbackTo === undefined ? {} : { rollbackTo }) }),
  );
}

/** In force with the event that says so; live sessions are asked about again at once. */
export const applyPolicy: Handler<'policy.apply'> = async (call, { policies: text, expect, why }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'policy.manage', workspace, request);
  return allowed.ok ? putInForce(call, text, expect, why) : allowed;
};

/** Version 0 = only the built-in policies. */
export const rollbackPolicy: Handler<'policy.rollback'> = async (call, { version, why }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'policy.manage', workspace, request);
  if (!allowed.ok) return allowed;
  const text = textOfVersion(parts.log.settled, version);
  if (text === undefined) return refuse('not-found', `version ${version}`);
  return putInForce(call, text, versionOf(parts.log.settled), why, version);
};

export const trialPolicy: Handler<'policy.trial'> = async (call, { policies: text }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'policy.manage', workspace, request);
  if (!allowed.ok) return allowed;
  const person = caller.person.id;
  if (text === undefined) return changing(call, (by) => setTrial({ ...by, person }, undefined));
  const ready = await made(call, text);
  if (!ready.ok) return ready;
  parts.enforcer.sets.offer(text, ready.value.policies);
  const { digest } = ready.value.policies;
  return changing(call, (by) => setTrial({ ...by, person }, { text, digest }));
};

export const testPolicy: Handler<'policy.test'> = async (call, { policies: text, expectations }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'policy.see', workspace, request);
  if (!allowed.ok) return allowed;
  const set = text === undefined ? fine(parts.enforcer.sets.now()) : await made(call, text);
  if (!set.ok) return set;
  try {
    const { judge } = set.value;
    const results = await inSlices(
      expectations,
      (expectation) => testExpectation(call, judge, expectation),
      () => parts.clock.mono(),
    );
    return fine({ results });
  } finally {
    if (text !== undefined) set.value.policies.forget();
  }
};
