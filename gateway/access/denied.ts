// Denials that look alike (S80): the same thing refused by the same policies for want of the same, on things that look the same to a policy. Pure, and
// bounded: whatever the log holds, no more than so many groups, people and things are kept, the rest is counted.
import type { PersonId } from '../protocol/ids.ts';
import type { Instant, Labels, Level, Role, Tier } from '../protocol/nouns.ts';

/** What was refused, as a policy sees it. nothing: there was no such thing, or it is gone. */
export type DeniedThing =
  | { readonly kind: 'nothing' | 'workspace' | 'self' }
  | ({ readonly kind: 'server' } & DeniedPlace)
  | ({ readonly kind: 'session'; readonly own: boolean; readonly level: Level } & DeniedPlace)
  | ({ readonly kind: 'recording'; readonly own: boolean } & DeniedPlace)
  | { readonly kind: 'person'; readonly own: boolean; readonly role: Role }
  | { readonly kind: 'request' | 'grant'; readonly own: boolean; readonly level: Level; readonly tier: Tier };
/** A server, or the server of a session or recording. `groups`: names of those whose rules choose it. */
export type DeniedPlace = { readonly tier: Tier; readonly groups: readonly string[]; readonly labels: Labels };

/** Who was refused. `groups`: names of those they are in. */
export type DeniedPerson = {
  readonly id: PersonId;
  readonly name: string;
  readonly role: Role;
  readonly groups: readonly string[];
};

type Denied = {
  readonly action: string;
  /** Ids of the policies that decided it, and what was missing, as the log has them. */
  readonly policies: readonly string[];
  readonly missing: readonly string[];
  /** The person cannot even see it. */
  readonly hidden: boolean;
  /** Policies that forbid it whatever is proven or approved, then or now. */
  readonly closedBy: readonly string[];
};

export type Denial = Denied & {
  readonly at: Instant;
  readonly person: DeniedPerson;
  readonly target: { readonly id: string; readonly name: string; readonly thing: DeniedThing };
  /** How it stands now: denied still; allowed by now; or gone, with whom or what it was about. */
  readonly now: 'denied' | 'allowed' | 'gone';
};

export type DeniedGroup = Denied & {
  readonly count: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  /** Those kept, in the order they came; `more` were not. */
  readonly people: ReadonlyMap<string, DeniedPerson>;
  readonly targets: ReadonlyMap<string, Denial['target']>;
  /** Some of it is denied to this day. */
  readonly open: boolean;
};

const mostGroups = 1000;
const mostInGroup = 64;

type Growing = { -readonly [K in keyof DeniedGroup]: DeniedGroup[K] } & {
  people: Map<string, DeniedPerson>;
  targets: Map<string, Denial['target']>;
};

export interface Denials {
  add(denial: Denial): void;
  /** The groups, those with the most denials first. */
  groups(): readonly DeniedGroup[];
  /** Denials that were not kept, since there were too many different ones. */
  readonly left: number;
}

/** Nothing denied yet; what is added is grouped, within bounds. */
export function openDenials(): Denials {
  const known = new Map<string, Growing>();
  let left = 0;
  return {
    add(denial) {
      const { action, policies, missing, at, person, target, now } = denial;
      const key = keyOf(denial);
      let group = known.get(key);
      if (group === undefined) {
        if (known.size >= mostGroups) {
          left += 1;
          return;
        }
        group = {
          action,
          policies,
          missing,
          count: 0,
          firstAt: at,
          lastAt: at,
          people: new Map(),
          targets: new Map(),
          open: false,
          hidden: false,
          closedBy: [],
        };
        known.set(key, group);
      }
      group.count += 1;
      group.firstAt = Math.min(group.firstAt, at);
      group.lastAt = Math.max(group.lastAt, at);
      if (group.people.size < mostInGroup || group.people.has(person.id)) group.people.set(person.id, person);
      if (target.id !== '' && (group.targets.size < mostInGroup || group.targets.has(target.id)))
        group.targets.set(target.id, target);
      if (now === 'denied') group.open = true;
      if (denial.hidden) group.hidden = true;
      if (denial.closedBy.some((id) => group.closedBy.includes(id) === false))
        group.closedBy = [...new Set([...group.closedBy, ...denial.closedBy])].toSorted();
    },
    groups: () => [...known.values()].toSorted((a, b) => b.count - a.count || b.lastAt - a.lastAt),
    get left() {
      return left;
    },
  };
}

/** What is allowed by now, or is gone, stands apart: no rule is drafted for it. */
const keyOf = ({ action, policies, missing, target, now }: Denial): string =>
  JSON.stringify([action, policies.toSorted(), missing, now, thingKey(target.thing)]);

function thingKey(thing: DeniedThing): unknown {
  switch (thing.kind) {
    case 'nothing':
    case 'workspace':
    case 'self':
      return thing.kind;
    case 'server':
      return [thing.kind, thing.tier, thing.groups];
    case 'session':
      return [thing.kind, thing.own, thing.level, thing.tier, thing.groups];
    case 'recording':
      return [thing.kind, thing.own, thing.tier, thing.groups];
    case 'person':
      return [thing.kind, thing.own, thing.role];
    case 'request':
    case 'grant':
      return [thing.kind, thing.own, thing.level, thing.tier];
    default:
      return thing satisfies never;
  }
}
