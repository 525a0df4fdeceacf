// access.* and grant.*: asking for more, giving it, taking it back (S44, S45, M5). What a change is stands in gateway/access; who may, the enforcement point
// says; here is the order in which both are asked. What is not for somebody's eyes is answered as if it were not there, with one record.
import type { Grant } from '../access/grant.ts';
import { approveRequest, denyRequest, endGrant, extendGrant as prolong } from '../access/granting.ts';
import { narrower } from '../access/narrowing.ts';
import { type AccessRequest, termsNow } from '../access/request.ts';
import { askForAccess, lockOnPerson, withdrawRequest } from '../access/requesting.ts';
import type { Server } from '../access/server.ts';
import { settingsOf } from '../audit/fold-access.ts';
import { rows, type State } from '../audit/state.ts';
import { personActor } from '../identity/happening.ts';
import { reviewedId } from '../policy/decision.ts';
import type { AccessTerms } from '../protocol/access-nouns.ts';
import { termsDigest } from '../protocol/displayed.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { type GrantId, idRandomBytes, mintId, type RequestId } from '../protocol/ids.ts';
import { standingIn } from '../relay/re-check.ts';
import type { Session } from '../session/session.ts';
import { changing } from './administration.ts';
import type { Call, Handler } from './call.ts';
import {
  approvalCounts,
  approvalsFor,
  grantRow,
  grantRowFor,
  grantServers,
  grantTarget,
  mayAskFor,
  requestRow,
  requestRowFor,
  requestTarget,
  shownOf,
} from './grants-rows.ts';
import { standInFor } from './last-seen.ts';
import { chosenServers, maySee } from './resolve.ts';

/** Rows of what is over, at most. */
const mostListed = 200;

export const listAccess: Handler<'access.list'> = async ({ parts, caller }, { ended = false }) => {
  const { requests, grants } = parts.log.settled;
  const most = ended ? mostListed : Number.POSITIVE_INFINITY;
  const listed = <From extends { readonly at: number }, Row>(
    from: readonly From[],
    row: (one: From) => Row | undefined,
  ): Row[] => {
    const found: Row[] = [];
    for (const one of from.toSorted((a, b) => b.at - a.at)) {
      const seen = found.length < most ? row(one) : undefined;
      if (seen !== undefined) found.push(seen);
    }
    return found;
  };
  return fine({
    requests: listed(
      rows(requests).filter((row) => ended || row.state === 'pending'),
      (row) => requestRowFor(parts, caller, row),
    ),
    grants: listed(
      rows(grants).filter((row) => ended || row.ended === undefined),
      (row) => grantRowFor(parts, caller, row),
    ),
  });
};

/** Commits a request for these servers. */
async function ask(call: Call, terms: AccessTerms, servers: readonly Server[], why: string, prolongs?: GrantId) {
  const { parts, caller } = call;
  const request = mintId('req', parts.chance.bytes(idRandomBytes));
  const needs = approvalsFor(parts, caller, servers);
  const settings = settingsOf(parts.log.settled);
  const given = { request, person: caller.person.id, terms, servers, why, needs, settings };
  const made = await changing(call, (by) => askForAccess(by, prolongs === undefined ? given : { ...given, extends: prolongs }));
  if (!made.ok) return made;
  const row = parts.log.settled.requests[request];
  return row === undefined ? refuse('not-found') : fine(requestRow(parts, caller, row));
}

export const requestAccess: Handler<'access.request'> = async (call, { terms, why }) => {
  const { parts, caller, request } = call;
  if (why.trim() === '') return refuse('bad-request', 'why: say what for');
  const chosen = chosenServers(parts.log.settled, terms.servers);
  const may = chosen.filter(
    (server) => parts.enforcer.decide(caller, 'server.request', { kind: 'server', server }).verdict === 'allow',
  );
  if (may.length === 0) {
    // One record, and one answer for what is hidden and what is not there.
    const [server] = chosen;
    if (server === undefined) return parts.enforcer.unknown(caller, 'server.request', request);
    const decided = await parts.enforcer.enforce(caller, 'server.request', { kind: 'server', server }, request);
    return decided.ok ? refuse('not-found') : decided;
  }
  const asked = await ask(call, terms, may, why);
  return asked.ok ? fine({ request: asked.value }) : asked;
};

/** A request that the caller may see. Errors: not-found, recorded. */
async function requestFor({ parts, caller, request }: Call, id: RequestId): Promise<Result<AccessRequest>> {
  const row = parts.log.settled.requests[id];
  return row !== undefined && maySee(parts.enforcer, caller, requestTarget(parts, row))
    ? fine(row)
    : parts.enforcer.unknown(caller, 'request.review', request);
}

/** Somebody would have approved what was not displayed: refused, and in the log. */
async function notAsDisplayed({ parts, caller, request }: Call, row: AccessRequest, digest: string): Promise<Result<never>> {
  const event: NewEvent = {
    type: 'access.denied',
    actor: personActor(caller.login, caller.device),
    outcome: 'denied',
    target: row.id,
    request,
    data: {
      action: 'request.review',
      target: reviewedId(row.id, digest),
      policies: [],
      missing: ['the digest of what the request is for now'],
    },
    personal: { address: caller.address },
  };
  await parts.log.commit(() => ({ events: [event], answer: undefined }));
  return refuse('not-as-displayed');
}

/** Whether it waits for somebody who could be given it. Errors: request-over, access-locked. */
function pending({ parts }: Call, row: AccessRequest): Result<undefined> {
  if (row.state !== 'pending') return refuse('request-over', row.state);
  if (row.expiresAt <= parts.clock.now()) return refuse('request-over', 'expired');
  const person = parts.log.settled.people[row.person];
  const lock = person && lockOnPerson(parts.log.settled, person);
  return lock === undefined ? fine(undefined) : refuse('access-locked', lock.why);
}

/**
 * A request that somebody answers. Who may not review hears so before anything else; who may (`mayReview`), of what is wrong with it before a code is asked
 * for. Errors: not-found, request-over, access-locked.
 */
async function answering(call: Call, id: RequestId) {
  const { parts, caller } = call;
  const found = await requestFor(call, id);
  if (!found.ok) return found;
  const row = found.value;
  const target = requestTarget(parts, row);
  const mayReview = parts.enforcer.decide(caller, 'request.review', target).verdict !== 'deny';
  const open = mayReview ? pending(call, row) : fine(undefined);
  return open.ok ? fine({ row, target, mayReview }) : open;
}

export const approveAccess: Handler<'access.approve'> = async (call, { request: id, digest, terms, why }) => {
  const { parts, caller, request } = call;
  const found = await answering(call, id);
  if (!found.ok) return found;
  const { row, target, mayReview } = found.value;
  if (mayReview) {
    if (digest !== target.digest) return notAsDisplayed(call, row, digest);
    const less = terms === undefined ? fine(undefined) : narrower(terms, termsNow(row), rows(parts.log.settled.servers));
    if (!less.ok) return less;
  }
  const reviewed = { ...target, digest: termsDigest(target.digest, terms) };
  const allowed = await parts.enforcer.enforce(caller, 'request.review', reviewed, request);
  if (!allowed.ok) return allowed;
  const settled = parts.log.settled;
  const asker = settled.people[row.person];
  const needs = asker === undefined ? row.needs : approvalsFor(parts, standInFor(settled, asker), shownOf(parts, row).servers);
  const approval = {
    request: row.id,
    approver: caller.person.id,
    digest,
    terms,
    why,
    grant: mintId('gra', parts.chance.bytes(idRandomBytes)),
    needs,
    may: mayAskFor(parts, row.person),
    counts: approvalCounts(parts, row),
    settings: settingsOf(settled),
  };
  const done = await changing(call, (by) => approveRequest(by, approval));
  if (!done.ok) return done.problem.code === 'not-as-displayed' ? notAsDisplayed(call, row, digest) : done;
  const after = parts.log.settled;
  const grant = done.value.granted === undefined ? undefined : after.grants[done.value.granted];
  return fine({
    request: requestRow(parts, caller, after.requests[row.id] ?? row),
    ...(grant === undefined ? {} : { grant: grantRow(parts, caller, grant) }),
  });
};

export const denyAccess: Handler<'access.deny'> = async (call, { request: id, why }) => {
  const { parts, caller, request } = call;
  if (why.trim() === '') return refuse('bad-request', 'why: say why not');
  const found = await answering(call, id);
  if (!found.ok) return found;
  const { row, target } = found.value;
  const allowed = await parts.enforcer.enforce(caller, 'request.review', target, request);
  if (!allowed.ok) return allowed;
  const done = await changing(call, (by) => denyRequest(by, { request: row.id, reviewer: caller.person.id, why }));
  return done.ok ? fine({ request: requestRow(parts, caller, parts.log.settled.requests[row.id] ?? row) }) : done;
};

export const withdrawAccess: Handler<'access.withdraw'> = async (call, { request: id }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'self.manage', { kind: 'self' }, request);
  if (!allowed.ok) return allowed;
  const row = parts.log.settled.requests[id];
  if (row?.person !== caller.person.id) return parts.enforcer.unknown(caller, 'self.manage', request);
  const done = await changing(call, (by) => withdrawRequest(by, { request: row.id, person: caller.person.id }));
  return done.ok ? fine({ request: requestRow(parts, caller, parts.log.settled.requests[row.id] ?? row) }) : done;
};

/** A grant that the caller may see. Errors: not-found, recorded. */
async function grantFor(call: Call, action: 'grant.extend' | 'grant.revoke', id: GrantId): Promise<Result<Grant>> {
  const { parts, caller, request } = call;
  const row = parts.log.settled.grants[id];
  return row !== undefined && maySee(parts.enforcer, caller, grantTarget(parts.log.settled, row))
    ? fine(row)
    : parts.enforcer.unknown(caller, action, request);
}

export const extendGrant: Handler<'grant.extend'> = async (call, { grant: id, why }) => {
  const { parts, caller, request } = call;
  if (why.trim() === '') return refuse('bad-request', 'why: say what for');
  const found = await grantFor(call, 'grant.extend', id);
  if (!found.ok) return found;
  const row = found.value;
  const target = grantTarget(parts.log.settled, row);
  const mine = row.person === caller.person.id;
  if (mine && row.ended !== undefined) return refuse('request-over', 'the grant has ended');
  if (mine && parts.enforcer.decide(caller, 'grant.extend', target).verdict === 'deny') {
    // Not by oneself: then others are asked.
    const servers = grantServers(parts.log.settled, row).filter(
      (server) => parts.enforcer.decide(caller, 'server.request', { kind: 'server', server }).verdict === 'allow',
    );
    if (servers.length > 0) {
      const asked = await ask(call, row.terms, servers, why, row.id);
      return asked.ok ? fine({ grant: grantRow(parts, caller, row), request: asked.value }) : asked;
    }
  }
  const allowed = await parts.enforcer.enforce(caller, 'grant.extend', target, request);
  if (!allowed.ok) return allowed;
  const settings = settingsOf(parts.log.settled);
  const done = await changing(call, (by) => prolong(by, { grant: row.id, person: caller.person.id, why, settings }));
  return done.ok ? fine({ grant: grantRow(parts, caller, parts.log.settled.grants[row.id] ?? row) }) : done;
};

export const revokeGrant: Handler<'grant.revoke'> = async (call, { grant: id, why }) => {
  const { parts, caller, request } = call;
  const found = await grantFor(call, 'grant.revoke', id);
  if (!found.ok) return found;
  const row = found.value;
  const state = parts.log.settled;
  const allowed = await parts.enforcer.enforce(caller, 'grant.revoke', grantTarget(state, row), request);
  if (!allowed.ok) return allowed;
  const before = sessionsOn(state, row);
  const done = await changing(call, (by) => endGrant(by, { grant: row.id, cause: 'revoked', person: caller.person.id, why }));
  if (!done.ok) return done;
  const sessions = before.filter((session) => !stands(call, session)).length;
  return fine({ grant: grantRow(parts, caller, parts.log.settled.grants[row.id] ?? row), sessions });
};

/** Live sessions of its holder on the servers it covers. */
const sessionsOn = (state: State, grant: Grant): readonly Session[] => {
  const servers = new Set(grantServers(state, grant).map(({ id }) => id));
  return rows(state.sessions).filter(
    (session) => session.state !== 'ended' && session.person === grant.person && servers.has(session.server),
  );
};

/** Whether whoever opened a session may still have it, with what else they hold. */
const stands = ({ parts }: Call, { id }: Session): boolean => {
  const session = parts.log.settled.sessions[id];
  if (session === undefined || session.state === 'ended') return false;
  const owner = { person: session.person, login: session.login, role: 'owner', address: '' } as const;
  return standingIn(parts.log.settled, parts.enforcer, session, owner, new Set()) === 'stays';
};
