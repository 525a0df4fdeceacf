// What a set of policies can tell apart. Facts that no policy speaks of are left out of what is decided and remembered, so that all who differ only
// in those share one decision (D3): with the built-in policies that is everybody of a role.
import { type Expression, expressionsOf, type Parsed, partsOf, pathOf } from './expression.ts';
import type { Facts, ResourceFacts } from './facts.ts';

export type Spoken = {
  /** Labels of servers. */
  readonly tags: ReadonlySet<string> | 'all';
  readonly groups: ReadonlySet<string> | 'all';
  /** Some policy names a person. */
  readonly person: boolean;
  readonly address: boolean;
  readonly now: boolean;
};

const everything: Spoken = { tags: 'all', groups: 'all', person: true, address: true, now: true };

/** Of these policies. Whatever is not plainly read by name counts as everything. */
export function spokenBy(policies: Iterable<Parsed>): Spoken {
  const tags = new Set<string>();
  const groups = new Set<string>();
  const paths = new Set<string>();
  let person = false;
  let anyTag = false;
  for (const policy of policies)
    for (const whole of expressionsOf(policy)) {
      // A context that is read otherwise than part by part tells everything apart.
      if (readsWhole(whole)) return everything;
      for (const part of partsOf(whole)) {
        if (part.op === 'entity' && part.type === 'Group') groups.add(part.id);
        if (part.op === 'entity' && part.type === 'Person') person = true;
        if (part.op === 'has' && pathOf(part.of) === 'context') paths.add(`context.${part.attr}`);
        const path = pathOf(part);
        if (path !== undefined) paths.add(path);
        if (part.op === 'call' && (part.name === 'hasTag' || part.name === 'getTag')) {
          const key = part.args[1];
          if (key?.op === 'value' && typeof key.value === 'string') tags.add(key.value);
          else anyTag = true;
        }
      }
    }
  return {
    tags: anyTag ? 'all' : tags,
    groups,
    person,
    address: paths.has('context.address'),
    now: paths.has('context.now'),
  };
}

function readsWhole(of: Expression): boolean {
  for (const part of partsOf(of)) {
    const children = part.op === 'attr' || part.op === 'has' ? [] : childrenReading(part);
    if (children.some((child) => child.op === 'var' && child.name === 'context')) return true;
  }
  return of.op === 'var' && of.name === 'context';
}
const childrenReading = (of: Expression): readonly Expression[] => {
  switch (of.op) {
    case 'call':
      return of.args;
    case 'set':
      return of.items;
    case 'record':
      return Object.values(of.fields);
    case 'if':
      return [of.test, of.yes, of.no];
    case 'like':
    case 'is':
      return [of.of];
    default:
      return [];
  }
};

const nobody = 'nobody-in-particular';
const none: readonly string[] = [];

const kept = (names: readonly string[], spoken: Spoken['groups']): readonly string[] =>
  spoken === 'all' ? names : spoken.size === 0 || names.length === 0 ? none : names.filter((name) => spoken.has(name));

const noTags: Readonly<Record<string, string>> = {};
/** Those labels that some policy asks for. */
export function keptTags(tags: Readonly<Record<string, string>>, spoken: Spoken['tags']): Readonly<Record<string, string>> {
  if (spoken === 'all') return tags;
  if (spoken.size === 0) return noTags;
  return Object.fromEntries(Object.entries(tags).filter(([key]) => spoken.has(key)));
}

/** The facts without what nobody speaks of. */
export function heard(facts: Facts, spoken: Spoken): Facts {
  const { principal, resource, context } = facts;
  return {
    principal: {
      ...principal,
      id: spoken.person ? principal.id : nobody,
      groups: kept(principal.groups, spoken.groups),
    },
    resource: heardOf(resource, spoken),
    context: {
      ...context,
      address: spoken.address ? context.address : undefined,
      now: spoken.now ? context.now : undefined,
    },
  };
}

function heardOf(resource: ResourceFacts, spoken: Spoken): ResourceFacts {
  switch (resource.kind) {
    case 'workspace':
    case 'self':
    case 'person':
      return resource;
    case 'server':
    case 'session':
    case 'recording':
      return { ...resource, groups: kept(resource.groups, spoken.groups), tags: keptTags(resource.tags, spoken.tags) };
    case 'request':
    case 'grant':
      return { ...resource, groups: kept(resource.groups, spoken.groups) };
    default:
      return resource satisfies never;
  }
}
