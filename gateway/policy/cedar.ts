// The only file that speaks to Cedar. Evaluates a prepared policy set over facts; reads nothing else. Whatever goes wrong inside Cedar is
// a denial (A6): Cedar itself would skip a policy that errs, and a skipped `forbid` would be a hole.
import {
  type EntityJson,
  type EntityUidJson,
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { Action } from './actions.ts';
import { type Parsed, parsedPolicy } from './expression.ts';
import type { Facts, Placed } from './facts.ts';
import { tooDeep } from './nesting.ts';

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
      trailStale: context.trailStale,
      ...(action === 'command.type' ? { command: context.command ?? '' } : {}),
      ...(context.now === undefined ? {} : { now: { ...context.now } }),
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

export type PolicyText = {
  readonly id: string;
  /** Comment and all. */
  readonly text: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly parsed: Parsed;
};

/** What is wrong with policies, and with which. */
export type PolicyProblem = { readonly policy: string | undefined; readonly message: string };

/** Cuts a file of policies into paragraphs; those that are only comments are left out. */
export const paragraphsOf = (source: string): readonly string[] =>
  source
    .split(/\n[ \t\r]*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((text) => text !== '' && !text.split('\n').every((line) => line.trimStart().startsWith('//')));

/** One paragraph: one policy with an @id, the comment above it belongs to it. */
export function readPolicy(text: string): PolicyText | PolicyProblem {
  const deep = tooDeep(text);
  if (deep !== undefined) return { policy: undefined, message: deep };
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') return { policy: undefined, message: said(parts.errors, 'does not parse') };
  if (parts.policies.length !== 1 || parts.policy_templates.length > 0)
    return { policy: undefined, message: 'one policy a paragraph, and no templates' };
  const json = policyToJson(text);
  if (json.type === 'failure') return { policy: undefined, message: said(json.errors, 'does not parse') };
  const annotations = json.json.annotations ?? {};
  const id = annotations['id'];
  if (id === undefined) return { policy: undefined, message: 'a policy without @id' };
  return { id, text, annotations, parsed: parsedPolicy(json.json) };
}

type Told = { readonly message: string; readonly help?: string | null };
const said = (errors: readonly Told[], otherwise: string): string => {
  const first = errors[0];
  return first === undefined ? otherwise : `${first.message}${typeof first.help === 'string' ? ` (${first.help})` : ''}`;
};

/**
 * Cuts a file of policies into single ones, each with the comment above it. A policy is a paragraph: a blank line ends it.
 * @throws PolicyFault when a paragraph is not one policy with an @id.
 */
export const cutPolicies = (file: string, source: string): readonly PolicyText[] =>
  paragraphsOf(source).map((paragraph) => {
    const read = readPolicy(paragraph);
    if ('message' in read) throw new PolicyFault(`${file}: ${read.message}`);
    return read;
  });

/** What Cedar's own check of policies against the schema finds wrong, strictly. */
export function misfits(schema: string, policies: readonly PolicyText[]): readonly PolicyProblem[] {
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const checked = validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } });
  if (checked.type === 'failure') return [{ policy: undefined, message: said(checked.errors, 'policies do not parse') }];
  return checked.validationErrors.map(({ policyId, error }) => ({ policy: policyId, message: said([error], 'does not fit') }));
}

let named = 0;
/** A name that a set may be prepared under; none is given twice, so that nobody ever asks another set than they mean. */
export function takeSet(): string {
  named += 1;
  return `set-${named}`;
}

/** Forgets what was prepared under a name: whoever still asks by it is denied. Cedar keeps the bare names for the life of the process. */
export function dropSet(set: string, prepared: Iterable<Action>): void {
  for (const action of prepared) preparsePolicySet(preparedName(set, action), { staticPolicies: {} });
}

/** Prepares those policies that can hold for an action. @throws PolicyFault */
export function prepare(set: string, action: Action, policies: readonly PolicyText[]): void {
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const prepared = preparsePolicySet(preparedName(set, action), { staticPolicies });
  if (prepared.type === 'failure') throw new PolicyFault(said(prepared.errors, 'policies do not parse'));
}

/** The name Cedar knows the policies about an action by. */
export const preparedName = (set: string, action: string): string => `${set} ${action}`;

/** Policies that do not parse, or do not fit the schema: a gateway does not start with them. */
export class PolicyFault extends Error {}
