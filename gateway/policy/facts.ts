// What a decision rests on: everything Cedar is told, as a value. Ids of servers, sessions and other people are not in it (D3), so equal facts
// mean an equal answer, whatever they are about; `factsKey` is that equality.
import { shortAddress } from '../access/address.ts';
import type { Grant } from '../access/grant.ts';
import { chooser } from '../access/selector.ts';
import { type Server, tierOf } from '../access/server.ts';
import { levelRank, type Reach, stronger } from '../access/standing.ts';
import type { Proof } from '../identity/login.ts';
import { placeOf } from '../identity/place.ts';
import type { PersonId } from '../protocol/ids.ts';
import {
  type Instant,
  type JoinableRole,
  type Labels,
  type Level,
  levels,
  type Role,
  type Selector,
  type Tier,
} from '../protocol/nouns.ts';
import type { Session } from '../session/session.ts';
import { type Action, actions } from './actions.ts';
import { type Caller, type Target, targetId } from './decision.ts';

/** Where something is: what policies see of its server. */
export type Placed = { readonly tier: Tier; readonly groups: readonly string[]; readonly tags: Labels };

/** What the person asking has to do with a session that need not be theirs. */
export type Part = {
  readonly keyboard: boolean;
  readonly moderates: boolean;
  readonly invited: JoinableRole | 'none';
};

export type ResourceFacts =
  | { readonly kind: 'workspace' | 'self' }
  | { readonly kind: 'person'; readonly own: boolean; readonly role: Role; readonly status: string }
  | ({ readonly kind: 'server' } & Placed)
  | ({ readonly kind: 'session'; readonly own: boolean; readonly level: Level } & Part & Placed)
  | ({ readonly kind: 'recording'; readonly own: boolean; readonly closed: boolean } & Placed)
  /** Of all the servers chosen: the severest tier, and the groups of any. */
  | {
      readonly kind: 'request';
      readonly own: boolean;
      readonly level: Level;
      readonly tier: Tier;
      readonly groups: readonly string[];
    }
  | {
      readonly kind: 'grant';
      readonly own: boolean;
      readonly level: Level;
      readonly tier: Tier;
      readonly groups: readonly string[];
      readonly extended: boolean;
    };

export type Facts = {
  readonly principal: {
    readonly id: string;
    readonly role: Role;
    readonly status: string;
    /** Names of the groups, sorted. */
    readonly groups: readonly string[];
  };
  readonly resource: ResourceFacts;
  readonly context: {
    /** The level reached through groups and grants on the server concerned, and every weaker one. */
    readonly reach: readonly Level[];
    readonly factor: { readonly enrolled: boolean; readonly fresh: boolean };
    /** A grant that somebody approved holds on the server concerned. */
    readonly approved: boolean;
    /** trusted: a factor was proven on it. familiar: one was proven from the address of this sign-in (T23). */
    readonly device: { readonly trusted: boolean; readonly familiar: boolean };
    readonly locked: boolean;
    readonly closed: boolean;
    /** The address is outside what the rules for the workspace, or for the server concerned, allow. */
    readonly outside: boolean;
    /** The sign-in was made by breaking the glass. */
    readonly breakGlass: boolean;
    /** The workspace lets nobody do anything without a second factor. */
    readonly factorRequired: boolean;
    /** Nobody outside vouches for the audit log any more. Only whoever comes in is asked about it: whoever is in stays. */
    readonly trailStale: boolean;
    readonly address: string | undefined;
    /** UTC; weekday 1 = Monday. A minute is the finest that policies see, so what is decided can be remembered for one. */
    readonly now: { readonly hour: number; readonly minute: number; readonly weekday: number } | undefined;
    /** The line about to be entered (`command.type` only). What was decided about one is never remembered. */
    readonly command?: string;
  };
};

/** A factor asked for each time must be this new, ms. */
export const alwaysMs = 30_000;

/** Every level up to this one, without `none`. */
export const reachOf = (level: Level): readonly Level[] => levels.slice(1, levelRank(level) + 1);

/**
 * The proof that serves an action on a target now, if any (T18): of this very action and target, made in the past (a clock set back freshens
 * nothing), within the window the action has. A proof to open shells on a server also serves coming back to a session there, and one to join or
 * take over a session serves driving it once the keyboard was handed over; each is decided by itself all the same (T2).
 */
export function freshProof(proofs: readonly Proof[], action: Action, target: Target, now: Instant): Proof | undefined {
  const { freshness, windowMs } = actions[action];
  if (freshness === 'none') return undefined;
  const id = targetId(target);
  return proofs.find((proof) => {
    const same =
      (proof.action === action && (proof.servers === undefined ? proof.target === id : inBatch(proof.servers, target))) ||
      (action === 'session.attach' &&
        target.kind === 'session' &&
        ((proof.action === 'shell.open' &&
          (proof.servers === undefined ? proof.target === target.session.server : inBatch(proof.servers, target))) ||
          ((proof.action === 'session.join' || proof.action === 'session.take-over') && proof.target === id)));
    const age = now - proof.at;
    if (!same || age < 0) return false;
    return freshness === 'always' ? age < alwaysMs : (proof.servers !== undefined || age < windowMs) && now < proof.until;
  });
}

/** Whether a declared batch (M15) covers the server concerned. Critical ones are in none: each takes a code of its own. */
const inBatch = (servers: Selector, target: Target): boolean =>
  'server' in target &&
  target.server !== undefined &&
  tierOf(target.server.labels) !== 'critical' &&
  !('session' in target && target.session.tier === 'critical') &&
  chooser(servers)(target.server);

const noTags: Labels = {};

/** What is known around a decision, besides who asks and what about. */
export type Circumstances = Pick<Facts['context'], 'locked' | 'closed' | 'outside' | 'factorRequired' | 'trailStale'> & {
  readonly now: Instant;
  readonly reach: Reach;
  /** The grants that hold for the person asking on a server. */
  readonly grants: (server: Server) => readonly Grant[];
  /** A proof that served an action of freshness `always` already. */
  readonly spent: (proof: Proof) => boolean;
};

/** Everything a policy could be told; what none speaks of is left out later (spoken.ts). */
export function factsOf(
  caller: Caller,
  action: Action,
  target: Target,
  { now, reach, grants, spent, ...standing }: Circumstances,
): Facts {
  const { person, login, device, address } = caller;
  const proof = person.factor === undefined ? undefined : freshProof(login.proofs, action, target, now);
  const server = target.kind === 'server' || target.kind === 'session' || target.kind === 'recording' ? target.server : undefined;
  const held = server === undefined ? [] : grants(server);
  return {
    principal: { id: person.id, role: person.role, status: person.status, groups: reach.groupsOf(person.id) },
    resource: resourceFacts(caller, target, now, reach, (it) => placedAt(it, reach)),
    context: {
      reach:
        server === undefined
          ? []
          : reachOf(held.reduce((best, { terms }) => stronger(best, terms.level), reach.standing(person, server).level)),
      factor: { enrolled: person.factor !== undefined, fresh: proof !== undefined && !spent(proof) },
      approved: held.length > 0,
      device: {
        trusted: device.trustedAt !== undefined,
        familiar: person.addresses?.includes(placeOf(login.address) ?? '') === true,
      },
      breakGlass: login.breakGlass !== undefined,
      ...standing,
      address: shortAddress(address),
      now: momentOf(now),
    },
  };
}

/** Hour and minute of the day and day of the week (1 = Monday), in UTC. */
export function momentOf(now: Instant): NonNullable<Facts['context']['now']> {
  const at = new Date(now);
  return { hour: at.getUTCHours(), minute: at.getUTCMinutes(), weekday: at.getUTCDay() === 0 ? 7 : at.getUTCDay() };
}

const placedAt = (server: Server, reach: Reach): Placed => ({
  tier: tierOf(server.labels),
  groups: reach.chosen(server).names,
  tags: server.labels,
});

function resourceFacts(
  caller: Caller,
  target: Target,
  now: Instant,
  reach: Reach,
  placed: (server: Server) => Placed,
): ResourceFacts {
  switch (target.kind) {
    case 'workspace':
    case 'self':
      return { kind: target.kind };
    case 'person': {
      const { person } = target;
      return person === undefined
        ? { kind: 'workspace' }
        : { kind: 'person', own: person.id === caller.person.id, role: person.role, status: person.status };
    }
    case 'server':
      return { kind: 'server', ...placed(target.server) };
    case 'session':
    case 'recording': {
      // A session keeps the tier it was opened under when its server was since called less important, or is gone.
      const at = target.server === undefined ? { tier: target.session.tier, groups: [], tags: noTags } : placed(target.server);
      const tier = severer(at.tier, target.session.tier);
      const own = target.session.person === caller.person.id;
      return target.kind === 'session'
        ? { kind: 'session', own, level: target.session.level, ...partIn(target.session, caller.person.id, now), ...at, tier }
        : { kind: 'recording', own, closed: target.recording.closed !== undefined, ...at, tier };
    }
    case 'request': {
      const { person, terms } = target.request;
      return { kind: 'request', own: person === caller.person.id, level: terms.level, ...placesOf(target.servers, reach) };
    }
    case 'grant': {
      const { person, terms, extended } = target.grant;
      const own = person === caller.person.id;
      return { kind: 'grant', own, level: terms.level, extended: (extended ?? 0) > 0, ...placesOf(target.servers, reach) };
    }
    default:
      return target satisfies never;
  }
}

const placesOf = (servers: readonly Server[], reach: Reach) => ({
  tier: servers.reduce<Tier>((worst, { labels }) => severer(worst, tierOf(labels)), 'normal'),
  groups: [...new Set(servers.flatMap((server) => reach.chosen(server).names))].toSorted(),
});

const stranger: Part = { keyboard: false, moderates: false, invited: 'none' };

/**
 * Whether somebody may drive: who was handed the keyboard last, wherever they are; and who opened the session while that person does not drive, so
 * that a lost line leaves nobody without their own shell.
 */
function hasKeyboard(session: Session & { readonly state: 'opening' | 'running' }, person: PersonId): boolean {
  const handed = session.keyboard ?? session.person;
  if (handed === person) return true;
  const drives = session.participants.some((one) => one.person === handed && one.role === 'driver' && one.left === undefined);
  return session.person === person && !drives;
}
function partIn(session: Session, person: PersonId, now: Instant): Part {
  // What is over has no keyboard to fight about: who opened it hears that it is over.
  if (session.state === 'ended') return { ...stranger, keyboard: session.person === person };
  return {
    keyboard: hasKeyboard(session, person),
    moderates: session.participants.some((one) => one.person === person && one.role === 'moderator' && one.left === undefined),
    invited: session.invites?.find((invite) => invite.person === person && now < invite.expiresAt)?.role ?? 'none',
  };
}

const severity: Readonly<Record<Tier, number>> = { normal: 0, important: 1, critical: 2 };
const severer = (a: Tier, b: Tier): Tier => (severity[a] >= severity[b] ? a : b);

/** Equal keys = equal facts. Names hold no control characters, so those may part them. */
export function factsKey(action: Action, { principal, resource, context }: Facts): string {
  const { factor, approved, device, locked, closed, outside, breakGlass, factorRequired, trailStale, address, now, reach } =
    context;
  const flags = `${factor.enrolled ? 'e' : ''}${factor.fresh ? 'f' : ''}${approved ? 'a' : ''}${device.trusted ? 't' : ''}${device.familiar ? 'k' : ''}${locked ? 'l' : ''}${closed ? 'c' : ''}${outside ? 'o' : ''}${breakGlass ? 'b' : ''}${factorRequired ? 'r' : ''}${trailStale ? 's' : ''}`;
  return `${action}\n${principal.id} ${principal.role} ${principal.status} ${flags} ${address ?? ''} ${now === undefined ? '' : `${now.weekday}.${now.hour}.${now.minute}`} ${reach.length}\n${principal.groups.join(' ')}\n${resourceKey(resource)}`;
}

function resourceKey(resource: ResourceFacts): string {
  switch (resource.kind) {
    case 'workspace':
    case 'self':
      return resource.kind;
    case 'person':
      return `person ${resource.own ? 'own' : ''} ${resource.role} ${resource.status}`;
    case 'server':
      return `server ${placeKey(resource)}`;
    case 'session': {
      const { own, level, keyboard, moderates, invited } = resource;
      return `session ${own ? 'own' : ''} ${keyboard ? 'k' : ''}${moderates ? 'm' : ''} ${invited} ${level} ${placeKey(resource)}`;
    }
    case 'recording':
      return `recording ${resource.own ? 'own' : ''} ${resource.closed ? 'closed' : ''} ${placeKey(resource)}`;
    case 'request':
    case 'grant': {
      const { kind, own, level, tier, groups } = resource;
      const extended = resource.kind === 'grant' && resource.extended;
      return `${kind} ${own ? 'own' : ''} ${extended ? 'extended' : ''} ${level} ${tier}\n${groups.join(' ')}`;
    }
    default:
      return resource satisfies never;
  }
}

function placeKey({ tier, groups, tags }: Placed): string {
  const told = Object.entries(tags);
  const labels = told.length === 0 ? '' : JSON.stringify(told.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return `${tier}\n${groups.join(' ')}\n${labels}`;
}
