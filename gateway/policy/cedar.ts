// The only file that speaks to Cedar. Evaluates a prepared policy set over facts; reads nothing else. Whatever goes wrong inside Cedar is
// a denial (A6): Cedar itself would skip a policy that errs, and a skipped `forbid` would be a hole.
import {
  checkParseSchema,
  type EntityJson,
  type EntityUidJson,
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import { type Action, actions } from './actions.ts';
import type { Facts, Placed } from './facts.ts';

export type Verdict = {
  readonly allowed: boolean;
  /** Ids of the policies that decided: the permits that hold, or the forbids; empty for a default deny. */
  readonly reasons: readonly string[];
  /** Ids of policies that could not be evaluated; then `allowed` is false. */
  readonly errors: readonly string[];
};

const uid = (type: string, id: string): EntityUidJson => ({ type, id });

const inGroups = (names: readonly string[]): EntityUidJson[] => names.map((name) => uid('Group', name));

const placed = (type: string, it: Placed, attrs: EntityJson['attrs']): EntityJson => ({
  uid: uid(type, 'this'),
  attrs: { ...attrs, tier: it.tier },
  parents: inGroups(it.groups),
  tags: { ...it.tags },
});

/** Another person than the one asking; policies never see who. */
const another = 'another';

function resourceOf(facts: Facts): { readonly at: EntityUidJson; readonly entities: readonly EntityJson[] } {
  const { resource, principal } = facts;
  const driver = (own: boolean) => ({ __entity: { type: 'Person', id: own ? principal.id : another } });
  switch (resource.kind) {
    case 'workspace':
      return { at: uid('Workspace', 'this'), entities: [] };
    case 'self':
      return { at: uid('Person', principal.id), entities: [] };
    case 'person':
      if (resource.own) return { at: uid('Person', principal.id), entities: [] };
      return {
        at: uid('Person', another),
        entities: [
          {
            uid: uid('Person', another),
            attrs: { role: resource.role, status: resource.status },
            parents: [uid('Role', resource.role)],
          },
        ],
      };
    case 'server':
      return { at: uid('Server', 'this'), entities: [placed('Server', resource, {})] };
    case 'session': {
      const { own, level, keyboard, moderates, invited } = resource;
      const attrs = { driver: driver(own), level, keyboard, moderates, invited };
      return { at: uid('Session', 'this'), entities: [placed('Session', resource, attrs)] };
    }
    case 'recording':
      return {
        at: uid('Recording', 'this'),
        entities: [placed('Recording', resource, { driver: driver(resource.own), closed: resource.closed })],
      };
    case 'request': {
      const attrs = { requester: driver(resource.own), level: resource.level, tier: resource.tier };
      return {
        at: uid('Request', 'this'),
        entities: [{ uid: uid('Request', 'this'), attrs, parents: inGroups(resource.groups) }],
      };
    }
    case 'grant': {
      const { own, level, tier, extended } = resource;
      const attrs = { holder: driver(own), level, tier, extended };
      return { at: uid('Grant', 'this'), entities: [{ uid: uid('Grant', 'this'), attrs, parents: inGroups(resource.groups) }] };
    }
    default:
      return resource satisfies never;
  }
}

/** One decision of Cedar, from values alone. Never throws for what policies or facts hold. */
export function evaluate(set: string, action: Action, facts: Facts): Verdict {
  const { principal, context } = facts;
  const { at, entities } = resourceOf(facts);
  const answer = statefulIsAuthorized({
    preparsedPolicySetId: preparedName(set, action),
    principal: uid('Person', principal.id),
    action: uid('Action', action),
    resource: at,
    context: {
      reach: [...context.reach],
      factor: { ...context.factor },
      approved: context.approved,
      device: { ...context.device },
      locked: context.locked,
      closed: context.closed,
      outside: context.outside,
      breakGlass: context.breakGlass,
      factorRequired: context.factorRequired,
      ...(context.address === undefined ? {} : { address: { __extn: { fn: 'ip', arg: context.address } } }),
    },
    entities: [
      {
        uid: uid('Person', principal.id),
        attrs: { role: principal.role, status: principal.status },
        parents: [uid('Role', principal.role), ...principal.groups.map((name) => uid('Group', name))],
      },
      ...entities,
    ],
  });
  if (answer.type === 'failure') return { allowed: false, reasons: [], errors: answer.errors.map((error) => error.message) };
  const { decision, diagnostics } = answer.response;
  const errors = diagnostics.errors.map((error) => error.policyId);
  return { allowed: decision === 'allow' && errors.length === 0, reasons: diagnostics.reason.toSorted(), errors };
}

export type PolicyText = { readonly id: string; readonly text: string; readonly annotations: Readonly<Record<string, string>> };

/**
 * Cuts a file of policies into single ones, each with the comment above it. A policy is a paragraph: a blank line ends it.
 * @throws PolicyFault when a paragraph is not one policy with an @id.
 */
export function cutPolicies(
  file: string,
  source: string,
): readonly (PolicyText & { readonly tags: readonly string[] | 'all' })[] {
  const cut: (PolicyText & { readonly tags: readonly string[] | 'all' })[] = [];
  for (const paragraph of source.split(/\n[ \t]*\n/)) {
    const text = paragraph.trim();
    if (text === '' || text.split('\n').every((line) => line.startsWith('//'))) continue;
    const parts = policySetTextToParts(text);
    if (parts.type === 'failure') throw new PolicyFault(`${file}: ${parts.errors[0]?.message ?? 'does not parse'}`);
    if (parts.policies.length !== 1 || parts.policy_templates.length > 0)
      throw new PolicyFault(`${file}: one policy a paragraph`);
    const json = policyToJson(text);
    if (json.type === 'failure') throw new PolicyFault(`${file}: ${json.errors[0]?.message ?? 'does not parse'}`);
    const annotations = json.json.annotations ?? {};
    const id = annotations['id'];
    if (id === undefined) throw new PolicyFault(`${file}: a policy without @id`);
    cut.push({ id, text, annotations, tags: tagsIn(json.json.conditions) });
  }
  return cut;
}

/** The tag keys a policy asks for; `all` when it computes one. */
function tagsIn(node: unknown): readonly string[] | 'all' {
  const found = new Set<string>();
  let computed = false;
  const walk = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return;
    for (const [key, value] of Object.entries(at)) {
      if (key === 'hasTag' || key === 'getTag') {
        const right: unknown = value?.right?.Value;
        if (typeof right === 'string') found.add(right);
        else computed = true;
      }
      walk(value);
    }
  };
  walk(node);
  return computed ? 'all' : [...found];
}

/**
 * Checks policies against the schema and prepares them under `set`; the name must be the digest of what it names, since Cedar keeps it for the life of the process.
 * @throws PolicyFault naming the policy.
 */
export function prepare(set: string, schema: string, policies: readonly PolicyText[]): void {
  const parsed = checkParseSchema(schema);
  if (parsed.type === 'failure') throw new PolicyFault(`schema: ${parsed.errors[0]?.message ?? 'does not parse'}`);
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  if (Object.keys(staticPolicies).length !== policies.length) throw new PolicyFault('two policies have the same @id');
  const checked = validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } });
  if (checked.type === 'failure') throw new PolicyFault(checked.errors[0]?.message ?? 'policies do not parse');
  const wrong = checked.validationErrors[0];
  if (wrong !== undefined) throw new PolicyFault(`${wrong.policyId}: ${wrong.error.message}`);
  const spoken = policies.map(({ id, text }) => ({ id, text, of: actionsOf(text) }));
  for (const action of Object.keys(actions)) {
    const about = spoken.filter(({ of }) => of === 'all' || of.includes(action)).map(({ id, text }) => [id, text] as const);
    const prepared = preparsePolicySet(preparedName(set, action), { staticPolicies: Object.fromEntries(about) });
    if (prepared.type === 'failure') throw new PolicyFault(prepared.errors[0]?.message ?? 'policies do not parse');
  }
}

/** The name Cedar knows the policies about an action by. */
export const preparedName = (set: string, action: string): string => `${set} ${action}`;

/**
 * The actions a policy can hold for. Cedar looks at every policy of a set at each decision, and one whose scope names other actions only can
 * neither decide nor err; so each action gets a set without those. When in doubt, `all`: the schema has no groups of actions, and a scope that
 * names what is no action of ours is kept everywhere.
 */
function actionsOf(text: string): readonly string[] | 'all' {
  const parsed = policyToJson(text);
  if (parsed.type === 'failure') return 'all';
  const scope = parsed.json.action;
  if (scope.op === 'All') return 'all';
  const named = 'entities' in scope ? scope.entities : 'entity' in scope ? [scope.entity] : [];
  const ids = named.map((entity) => ('__entity' in entity ? entity.__entity.id : entity.id));
  return ids.length === 0 || ids.some((id) => !Object.hasOwn(actions, id)) ? 'all' : ids;
}

/** Policies that do not parse, or do not fit the schema: a gateway does not start with them. */
export class PolicyFault extends Error {}
