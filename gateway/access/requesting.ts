// Asking for access, and taking it back, as changes (S44, E22). Pure: whether somebody may ask for a server is decided by whoever commits these.
//
// A request names the servers its selector chose when it was made. What it gives never exceeds that: a server that appears later, comes to fit, or is put in
// the place of another is not in it, and neither is one that leaves the selector (law 12: what is approved is what was displayed).
// An OS user may be asked for where a rule of some group names it, at that very level, on every server chosen: nobody reaches an account by asking that no
// administrator ever opened at that level there. Without one it is the agent's own user.
import type { Person } from '../identity/person.ts';
import { type AccessTerms, mostGrantMinutes, mostGrantServers, type WorkspaceSettings } from '../protocol/access-nouns.ts';
import { displayedDigest, sameTerms } from '../protocol/displayed.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { GrantId, PersonId, RequestId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { By, Change, Directory } from './change.ts';
import { coversServer, type Grant } from './grant.ts';
import type { Group } from './group.ts';
import { groupsOf, type Lock } from './lock.ts';
import { selectorWithin } from './narrowing.ts';
import { type AccessRequest, serversAsked, termsNow } from './request.ts';
import { chooser } from './selector.ts';
import type { Server } from './server.ts';
import { levelRank, standingBy } from './standing.ts';
import { longestOpening, nextTurn, windowOpen, zoneKnown } from './window.ts';

/** Requests that wait for their reviewers at once: of one person, and in all (E22). */
export const mostPendingOfOne = 3;
export const mostPending = 256;
/** Requests of one person in an hour, those taken back too: each calls everybody who may review it. */
export const mostInAnHour = 30;
const hourMs = 3_600_000;

export type NewRequest = {
  readonly request: RequestId;
  readonly person: PersonId;
  readonly terms: AccessTerms;
  /** Those chosen on which they may ask. */
  readonly servers: readonly Server[];
  readonly why: string;
  readonly needs: number;
  readonly settings: WorkspaceSettings;
  readonly extends?: GrantId;
};

/** Whether these terms may be given on these servers at all. Errors: bad-request, os-user, limit. */
export function possibleTerms(
  terms: AccessTerms,
  person: Pick<Person, 'name'>,
  servers: readonly Server[],
  groups: Readonly<Record<string, Group>>,
  settings: Pick<WorkspaceSettings, 'grantMinutes'>,
  now: Instant,
): Result<undefined> {
  if (servers.length > mostGrantServers)
    return refuse('limit', `${servers.length} servers, and at most ${mostGrantServers} at once: choose fewer`);
  const { minutes, window, users, level } = terms;
  const most = window === undefined ? settings.grantMinutes : mostGrantMinutes;
  if (minutes > most) return refuse('bad-request', `${minutes} minutes, and a grant lasts at most ${most}`);
  if (window !== undefined) {
    // A recurring one lasts longer in all, and never at a stretch: hours that are never over are no way round the longest grant.
    if (longestOpening(window) > settings.grantMinutes)
      return refuse('bad-request', `hours that are longer at a stretch than a grant may last: ${settings.grantMinutes} minutes`);
    if (!zoneKnown(window.zone)) return refuse('bad-request', `no such time zone: ${window.zone}`);
    if (!windowOpen(window, now) && nextTurn(window, now) === undefined) return refuse('bad-request', 'hours that never come');
  }
  if (users === undefined) return fine(undefined);
  if (users.length === 0) return refuse('bad-request', 'no OS user: leave them out for the agent’s own');
  if (level === 'read-only') return refuse('bad-request', 'an OS user takes a shell, and read-only gives none');
  const rules = Object.values(groups).flatMap(({ access }) => access.filter((rule) => rule.level === level));
  for (const server of servers) {
    const named = standingBy(
      rules.filter((rule) => rule.users.length > 0 && chooser(rule.servers)(server)),
      person.name,
    ).users;
    const other = users.find((user) => !named.includes(user));
    if (other !== undefined) return refuse('os-user', `no access rule gives ${other} at the level ${level} on ${server.name}`);
  }
  return fine(undefined);
}

/** A lock that shuts somebody out everywhere. */
export const lockOnPerson = ({ locks, groups }: Pick<Directory, 'locks' | 'groups'>, person: Person): Lock | undefined => {
  const mine = new Set<string>([person.id, person.role, ...groupsOf(groups, person.id)]);
  return Object.values(locks).find(
    ({ kind, target }) => (kind === 'person' || kind === 'role' || kind === 'group') && mine.has(target),
  );
};

export type Shown = { readonly terms: AccessTerms; readonly servers: readonly Server[]; readonly digest: string };

/** What a request would give now, and the digest of how that is displayed. `may`: whether they may still ask for that server. */
export function shownNow(
  { people, servers }: Pick<Directory, 'people' | 'servers'>,
  request: AccessRequest,
  may: (server: Server) => boolean,
): Shown {
  const given = serversAsked(servers, request).filter(may).slice(0, mostGrantServers);
  const { id, person, why, extends: prolongs } = request;
  const terms = termsNow(request);
  return {
    terms,
    servers: given,
    digest: displayedDigest({
      id,
      person,
      personName: people[person]?.name ?? '',
      terms,
      servers: given.map(({ name }) => name),
      why,
      ...(prolongs === undefined ? {} : { extends: prolongs }),
    }),
  };
}

/** A grant of theirs that gives all this already. */
function covering(grants: Readonly<Record<string, Grant>>, given: NewRequest): Grant | undefined {
  const { terms, servers } = given;
  return Object.values(grants).find(
    (grant) =>
      grant.person === given.person &&
      grant.ended === undefined &&
      levelRank(grant.terms.level) >= levelRank(terms.level) &&
      (grant.terms.window === undefined || JSON.stringify(grant.terms.window) === JSON.stringify(terms.window)) &&
      (terms.users === undefined
        ? grant.terms.users === undefined
        : grant.terms.level === terms.level && terms.users.every((user) => grant.terms.users?.includes(user) === true)) &&
      selectorWithin(terms.servers, grant.terms.servers) &&
      servers.every((server) => coversServer(grant, server)),
  );
}

/** Errors: not-found (nobody asks), already-asked, already-granted, limit, and those of the terms. */
export const askForAccess =
  (by: By, given: NewRequest): Change<object> =>
  ({ people, groups, requests, grants, locks }, now) => {
    const { request, terms, why, needs, settings } = given;
    const person = people[given.person];
    if (person?.status !== 'active') return { events: [], answer: refuse('not-found') };
    const lock = lockOnPerson({ locks, groups }, person);
    if (lock !== undefined) return { events: [], answer: refuse('access-locked', lock.why) };
    const possible = possibleTerms(terms, person, given.servers, groups, settings, now);
    if (!possible.ok) return { events: [], answer: possible };
    const pending = Object.values(requests).filter((row) => row.state === 'pending' && row.expiresAt > now);
    const mine = pending.filter((row) => row.person === given.person);
    const same = mine.find((row) => sameTerms(row.terms, terms) && row.extends === given.extends);
    if (same !== undefined) return { events: [], answer: refuse('already-asked', same.id) };
    const held = given.extends === undefined ? covering(grants, given) : undefined;
    if (held !== undefined)
      return { events: [], answer: refuse('already-granted', `${held.id}, until ${new Date(held.until).toISOString()}`) };
    if (mine.length >= mostPendingOfOne)
      return { events: [], answer: refuse('limit', `${mostPendingOfOne} requests of yours wait already`) };
    const lately = Object.values(requests).filter((row) => row.person === given.person && row.at > now - hourMs && row.at <= now);
    if (lately.length >= mostInAnHour)
      return { events: [], answer: refuse('limit', `${mostInAnHour} requests of yours in an hour`) };
    if (pending.length >= mostPending) return { events: [], answer: refuse('limit', `${mostPending} requests wait already`) };
    const servers = given.servers.map(({ id }) => id);
    const prolongs = given.extends === undefined ? {} : { extends: given.extends };
    const { digest } = shownNow(
      { people, servers: Object.fromEntries(given.servers.map((server) => [server.id, server])) },
      {
        id: request,
        person: person.id,
        terms,
        servers,
        why,
        at: now,
        expiresAt: now,
        needs,
        digest: '',
        state: 'pending',
        approvals: [],
        ...prolongs,
      },
      () => true,
    );
    const expiresAt = now + settings.requestMinutes * 60_000;
    const data = { request, person: person.id, terms, servers, why, needs, expiresAt, digest, ...prolongs };
    return {
      events: [{ ...by, type: 'request.made', outcome: 'ok', target: request, data, personal: {} }],
      answer: fine({}),
    };
  };

/** Takes one's own request back. Errors: not-found, request-over. */
export const withdrawRequest =
  (by: By, given: { readonly request: RequestId; readonly person: PersonId }): Change<object> =>
  ({ requests }) => {
    const row = requests[given.request];
    if (row === undefined || row.person !== given.person) return { events: [], answer: refuse('not-found') };
    if (row.state !== 'pending') return { events: [], answer: refuse('request-over', row.state) };
    const data = { request: row.id, cause: 'withdrawn' } as const;
    return { events: [{ ...by, type: 'request.ended', outcome: 'ok', target: row.id, data, personal: {} }], answer: fine({}) };
  };
