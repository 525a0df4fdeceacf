// Requests and grants as one person may see them, and what they would give now. Decides nothing: it asks the enforcer.
import { coversServer, type Grant } from '../access/grant.ts';
import type { AccessRequest } from '../access/request.ts';
import { type Shown, shownNow } from '../access/requesting.ts';
import type { Server } from '../access/server.ts';
import { nextTurn } from '../access/window.ts';
import type { Log } from '../audit/commit.ts';
import { removedName } from '../audit/names.ts';
import { rows, type State } from '../audit/state.ts';
import type { Caller, Target } from '../policy/decision.ts';
import { type GrantRow, mostGrantServers, type RequestRow } from '../protocol/access-nouns.ts';
import { sameTerms } from '../protocol/displayed.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Parts } from './call.ts';
import { standInFor } from './last-seen.ts';
import { maySee } from './resolve.ts';

export type AccessParts = Pick<Parts, 'log' | 'enforcer' | 'clock'>;

const nameIn = (state: State, person: string): string => state.people[person]?.name ?? removedName(person);

/** Whether somebody may ask for a server, now, whoever looks. */
export function mayAskFor({ log, enforcer }: AccessParts, person: PersonId): (server: Server) => boolean {
  const row = log.settled.people[person];
  if (row === undefined) return () => false;
  const caller = standInFor(log.settled, row);
  return (server) => {
    const { verdict } = enforcer.decide(caller, 'server.request', { kind: 'server', server });
    return verdict === 'allow' || verdict === 'challenge';
  };
}

/** Many look at the same few requests: what one would give is worked out once for each change of who may what. */
const shownByLog = new WeakMap<Log, { version: number; readonly of: WeakMap<AccessRequest, Shown> }>();

/** What a request would give now, as its reviewers are shown it; worked out once for each access version. */
export function shownOf(parts: AccessParts, request: AccessRequest): Shown {
  const { log } = parts;
  let held = shownByLog.get(log);
  if (held?.version !== log.settled.accessVersion) {
    held = { version: log.settled.accessVersion, of: new WeakMap() };
    shownByLog.set(log, held);
  }
  let shown = held.of.get(request);
  if (shown === undefined) {
    shown = shownNow(log.settled, request, mayAskFor(parts, request.person));
    held.of.set(request, shown);
  }
  return shown;
}

/** A request as decisions see it, with the digest that a proof to review it is bound to (M5). */
export function requestTarget(parts: AccessParts, request: AccessRequest): Target & { readonly kind: 'request' } {
  const { servers, digest } = shownOf(parts, request);
  return { kind: 'request', request, servers, digest };
}

/** Whether an approval given by somebody still counts: they may approve this request now, whatever they would have to prove. */
export const approvalCounts =
  (parts: AccessParts, request: AccessRequest) =>
  (person: PersonId): boolean => {
    const row = parts.log.settled.people[person];
    if (row === undefined) return false;
    const { verdict } = parts.enforcer.decide(
      standInFor(parts.log.settled, row),
      'request.review',
      requestTarget(parts, request),
    );
    return verdict === 'allow' || verdict === 'challenge';
  };

/** How many must approve what would be given on these servers (N of M). */
export function approvalsFor({ enforcer }: AccessParts, asker: Caller, servers: readonly Server[]): number {
  let needs = 1;
  for (const server of servers) {
    const single = enforcer.decide(asker, 'grant.single', { kind: 'server', server });
    // A policy that forbids it and says no number asks for a second person.
    if (single.verdict !== 'allow') needs = Math.max(needs, 2, enforcer.approvals(single.policies));
  }
  return needs;
}

export const grantServers = (state: State, grant: Grant): readonly Server[] =>
  (grant.servers === undefined ? rows(state.servers) : grant.servers.flatMap((id) => state.servers[id] ?? [])).filter((server) =>
    coversServer(grant, server),
  );

export const grantTarget = (state: State, grant: Grant): Target & { readonly kind: 'grant' } => ({
  kind: 'grant',
  grant,
  servers: grantServers(state, grant),
});

/** A request as the caller sees it; undefined when they do not. */
export function requestRowFor(parts: AccessParts, caller: Caller, request: AccessRequest): RequestRow | undefined {
  return maySee(parts.enforcer, caller, requestTarget(parts, request)) ? requestRow(parts, caller, request) : undefined;
}

/** One that the caller was already allowed to see. */
export function requestRow(parts: AccessParts, caller: Caller, request: AccessRequest): RequestRow {
  const state = parts.log.settled;
  const { terms, servers, digest } = shownOf(parts, request);
  const mine = request.person === caller.person.id;
  const pending = request.state === 'pending';
  const counted = pending ? request.approvals.filter(({ by }) => approvalCounts(parts, request)(by)) : request.approvals;
  const mayReview =
    pending &&
    request.expiresAt > parts.clock.now() &&
    !counted.some(({ by }) => by === caller.person.id) &&
    parts.enforcer.decide(caller, 'request.review', requestTarget(parts, request)).verdict !== 'deny';
  return {
    id: request.id,
    person: request.person,
    personName: nameIn(state, request.person),
    mine,
    terms,
    ...(sameTerms(terms, request.terms) ? {} : { asked: request.terms }),
    why: request.why,
    at: request.at,
    expiresAt: request.expiresAt,
    state: request.state,
    needs: request.needs,
    approvals: counted.map(({ by, at }) => ({ by: nameIn(state, by), at })),
    serverCount: servers.length,
    servers: servers.map(({ name }) => name),
    digest,
    mayReview,
    ...(request.by === undefined ? {} : { by: nameIn(state, request.by) }),
    ...(request.because === undefined ? {} : { because: request.because }),
    ...(request.grant === undefined ? {} : { grant: request.grant }),
    ...(request.extends === undefined ? {} : { extends: request.extends }),
  };
}

/** A grant as the caller sees it; undefined when they do not. */
export function grantRowFor(parts: AccessParts, caller: Caller, grant: Grant): GrantRow | undefined {
  return maySee(parts.enforcer, caller, grantTarget(parts.log.settled, grant)) ? grantRow(parts, caller, grant) : undefined;
}

/** One that the caller was already allowed to see. */
export function grantRow(parts: AccessParts, caller: Caller, grant: Grant): GrantRow {
  const state = parts.log.settled;
  const target = grantTarget(state, grant);
  // What is over tells nobody what became since of servers that are hidden from them (S33).
  const servers =
    grant.ended === undefined
      ? target.servers
      : target.servers.filter((server) => maySee(parts.enforcer, caller, { kind: 'server', server }));
  const { ended, terms } = grant;
  const turnsAt = ended === undefined && terms.window !== undefined ? nextTurn(terms.window, parts.clock.now()) : undefined;
  return {
    id: grant.id,
    ...(grant.request === undefined ? {} : { request: grant.request }),
    person: grant.person,
    personName: nameIn(state, grant.person),
    mine: grant.person === caller.person.id,
    terms,
    why: grant.why,
    by: grant.by.map((by) => nameIn(state, by)),
    at: grant.at,
    until: grant.until,
    state: ended !== undefined ? 'ended' : grant.open ? 'open' : 'shut',
    ...(turnsAt === undefined || turnsAt >= grant.until ? {} : { turnsAt }),
    serverCount: servers.length,
    servers: servers.slice(0, mostGrantServers).map(({ name }) => name),
    ...(ended === undefined
      ? {}
      : {
          ended: {
            cause: ended.cause,
            at: ended.at,
            ...(ended.by === undefined ? {} : { by: nameIn(state, ended.by) }),
            ...(ended.why === undefined ? {} : { why: ended.why }),
          },
        }),
    mayRevoke: ended === undefined && parts.enforcer.decide(caller, 'grant.revoke', target).verdict !== 'deny',
  };
}
