// What reviewers and holders do to requests and grants, as changes (S45, M5, M14). Pure; each runs on the state as it will be when its turn comes, so of an
// approval, a denial and a withdrawal that come at once exactly one ends the request, and the grant is given with the last approval or not at all.
import { type AccessTerms, type grantEndings, mostGrantMinutes, type WorkspaceSettings } from '../protocol/access-nouns.ts';
import { sameTerms, termsDigest } from '../protocol/displayed.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { GrantId, PersonId, RequestId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { By, Change, Directory } from './change.ts';
import type { Grant } from './grant.ts';
import { choosesOf } from './lock.ts';
import { narrower } from './narrowing.ts';
import { type AccessRequest } from './request.ts';
import { lockOnPerson, possibleTerms, type Shown, shownNow } from './requesting.ts';
import { chooser } from './selector.ts';
import type { Server } from './server.ts';
import { windowOpen } from './window.ts';

const minuteMs = 60_000;

export type Approval = {
  readonly request: RequestId;
  readonly approver: PersonId;
  /** Of what was displayed to them. */
  readonly digest: string;
  /** What they give, where it is less than was asked. */
  readonly terms: AccessTerms | undefined;
  readonly why: string | undefined;
  /** The id of the grant, should this be the last approval. */
  readonly grant: GrantId;
  /** Approvals it takes now; never fewer than when it was made. */
  readonly needs: number;
  /** Whether the one who asked may still ask for that server. */
  readonly may: (server: Server) => boolean;
  /** Whether an approval given by them still counts: they may still approve it. */
  readonly counts: (person: PersonId) => boolean;
  readonly settings: Pick<WorkspaceSettings, 'grantMinutes'>;
};

type Waiting = { readonly row: AccessRequest; readonly shown: Shown };

/** Errors: not-found, request-over, access-locked, not-as-displayed. */
function waiting(directory: Directory, given: Pick<Approval, 'request' | 'digest' | 'may'>, now: Instant): Result<Waiting> {
  const row = directory.requests[given.request];
  if (row === undefined) return refuse('not-found');
  if (row.state !== 'pending' || row.expiresAt <= now)
    return refuse('request-over', row.state === 'pending' ? 'expired' : row.state);
  const person = directory.people[row.person];
  if (person?.status !== 'active') return refuse('request-over', 'whoever asked may do nothing now');
  const lock = lockOnPerson(directory, person);
  if (lock !== undefined) return refuse('access-locked', lock.why);
  const shown = shownNow(directory, row, given.may);
  if (shown.servers.length === 0) return refuse('request-over', 'none of its servers is left');
  const shut = Object.values(directory.locks).find(
    (lock) =>
      (lock.kind === 'server' && shown.servers.some((server) => server.id === lock.target)) ||
      (lock.kind === 'servers' && shown.servers.some(choosesOf(lock))),
  );
  if (shut !== undefined) return refuse('access-locked', shut.why);
  return shown.digest === given.digest ? fine({ row, shown }) : refuse('not-as-displayed');
}

/** Whether the terms may be given for that request, as it stands or narrowed, by the settings and rules of now. Errors: bad-request, os-user, limit. */
function mayGive(directory: Directory, { row, shown }: Waiting, given: Approval, now: Instant): Result<readonly Server[]> {
  const terms = given.terms ?? shown.terms;
  if (given.terms !== undefined) {
    const less = narrower(terms, shown.terms, Object.values(directory.servers));
    if (!less.ok) return less;
    if (row.extends !== undefined && !sameTerms({ ...terms, minutes: shown.terms.minutes }, shown.terms))
      return refuse('bad-request', 'a grant is prolonged as it is, or for fewer minutes');
  }
  const servers = shown.servers.filter(chooser(terms.servers));
  if (servers.length === 0) return refuse('bad-request', 'that chooses none of its servers');
  const person = directory.people[row.person];
  const possible = person && possibleTerms(terms, person, servers, directory.groups, given.settings, now);
  return possible === undefined || possible.ok ? fine(servers) : possible;
}

/**
 * One approval. The last one gives the grant in the same commit, or prolongs the one it is for. Each narrows what the next is shown, so that what is given is
 * the narrowest of all; approvals of those who may approve no longer do not count. `granted` absent = more must approve.
 * Errors: not-found, request-over, access-locked, not-as-displayed, denied (one's own), exists (approved already), and those of the terms.
 */
export const approveRequest =
  (by: By, given: Approval): Change<{ readonly granted?: GrantId }> =>
  (directory, now) => {
    const found = waiting(directory, given, now);
    if (!found.ok) return { events: [], answer: found };
    const { row, shown } = found.value;
    const { approver, why } = given;
    if (row.person === approver) return { events: [], answer: refuse('denied', 'nobody approves a request of their own') };
    const still = (person: PersonId): boolean => {
      const other = directory.people[person];
      return other?.status === 'active' && lockOnPerson(directory, other) === undefined && given.counts(person);
    };
    const before = new Set(row.approvals.map((one) => one.by).filter(still));
    if (before.has(approver)) return { events: [], answer: refuse('exists', 'you have approved it; somebody else must, too') };
    const servers = mayGive(directory, found.value, given, now);
    if (!servers.ok) return { events: [], answer: servers };

    const terms = given.terms ?? shown.terms;
    const about = { ...by, outcome: 'ok', target: row.id, personal: {} } as const;
    const digest = termsDigest(shown.digest, given.terms);
    const events: NewEvent[] = [
      {
        ...about,
        type: 'request.approved',
        data: { request: row.id, by: approver, terms, digest, ...(why === undefined ? {} : { why }) },
      },
    ];
    const approvers = [...before, approver];
    if (approvers.length < Math.max(row.needs, given.needs)) return { events, answer: fine({}) };
    const prolonged = row.extends === undefined ? undefined : directory.grants[row.extends];
    if (prolonged !== undefined && prolonged.ended === undefined) {
      const until = prolongedUntil(prolonged, terms.minutes, given.settings, now);
      const data = {
        grant: prolonged.id,
        before: prolonged.until,
        until,
        by: approvers.slice(0, 16),
        why: row.why,
        request: row.id,
      };
      events.push({ ...about, type: 'grant.extended', target: prolonged.id, data });
      return { events, answer: fine({ granted: prolonged.id }) };
    }
    const { grant } = given;
    const data = {
      grant,
      request: row.id,
      person: row.person,
      terms,
      servers: servers.value.map(({ id }) => id),
      until: now + terms.minutes * minuteMs,
      by: approvers.slice(0, 16),
      why: row.why,
    };
    events.push({ ...about, type: 'grant.made', target: grant, data });
    // A recurring one is shut until its hours; where they have come, it opens with the approval.
    if (terms.window !== undefined && windowOpen(terms.window, now))
      events.push({ ...about, type: 'grant.turned', target: grant, data: { grant, open: true } });
    return { events, answer: fine({ granted: grant }) };
  };

/** Never further off than the longest grant of now, and never nearer than it was. */
function prolongedUntil({ until, terms }: Grant, minutes: number, settings: Approval['settings'], now: Instant): Instant {
  const most = terms.window === undefined ? settings.grantMinutes : mostGrantMinutes;
  return Math.max(until, Math.min(Math.max(until, now) + minutes * minuteMs, now + most * minuteMs));
}

/** Errors: not-found, request-over. */
export const denyRequest =
  (by: By, given: { readonly request: RequestId; readonly reviewer: PersonId; readonly why: string }): Change<object> =>
  ({ requests }) => {
    const row = requests[given.request];
    if (row === undefined) return { events: [], answer: refuse('not-found') };
    if (row.state !== 'pending') return { events: [], answer: refuse('request-over', row.state) };
    const data = { request: row.id, by: given.reviewer, why: given.why };
    return { events: [{ ...by, type: 'request.denied', outcome: 'ok', target: row.id, data, personal: {} }], answer: fine({}) };
  };

/** Prolongs a grant by the time it was given for. Errors: not-found, request-over (it has ended). */
export const extendGrant =
  (
    by: By,
    given: {
      readonly grant: GrantId;
      readonly person: PersonId;
      readonly why: string;
      readonly settings: Approval['settings'];
    },
  ): Change<object> =>
  ({ grants }, now) => {
    const row = grants[given.grant];
    if (row === undefined) return { events: [], answer: refuse('not-found') };
    if (row.ended !== undefined || row.until <= now) return { events: [], answer: refuse('request-over', 'the grant has ended') };
    // Policy lets it be done once; what was decided before another did it is not done again.
    if ((row.extended ?? 0) > 0) return { events: [], answer: refuse('limit', 'it was prolonged already') };
    const until = prolongedUntil(row, row.terms.minutes, given.settings, now);
    const data = { grant: row.id, before: row.until, until, by: [given.person], why: given.why };
    return { events: [{ ...by, type: 'grant.extended', outcome: 'ok', target: row.id, data, personal: {} }], answer: fine({}) };
  };

/** Ends a grant before its time, and with it what was asked for to prolong it. Errors: not-found, request-over (it has ended). */
export const endGrant =
  (
    by: By,
    given: {
      readonly grant: GrantId;
      readonly cause: Exclude<(typeof grantEndings)[number], 'expired'>;
      readonly person?: PersonId;
      readonly why?: string;
    },
  ): Change<object> =>
  ({ grants, requests }) => {
    const row = grants[given.grant];
    if (row === undefined) return { events: [], answer: refuse('not-found') };
    if (row.ended !== undefined) return { events: [], answer: refuse('request-over', 'the grant has ended') };
    return { events: endedGrant(by, row, Object.values(requests), given), answer: fine({}) };
  };

/** The end of a grant, as events. One that ran out leaves what was asked for to prolong it waiting: its approval then gives a new one. */
export function endedGrant(
  by: By,
  row: Grant,
  requests: readonly AccessRequest[],
  given: { readonly cause: (typeof grantEndings)[number]; readonly person?: PersonId; readonly why?: string },
): readonly NewEvent[] {
  const { cause, person, why } = given;
  const about = { ...by, outcome: 'ok', personal: {} } as const;
  const data = {
    grant: row.id,
    cause,
    ...(person === undefined ? {} : { by: person }),
    ...(why === undefined ? {} : { why }),
  };
  const over = requests.filter((one) => cause !== 'expired' && one.extends === row.id && one.state === 'pending');
  return [
    { ...about, type: 'grant.ended', target: row.id, data },
    ...over.map(({ id }) => ({ ...about, type: 'request.ended', target: id, data: { request: id, cause: 'removed' } }) as const),
  ];
}
