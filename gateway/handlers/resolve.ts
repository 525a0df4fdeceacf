// From what a person typed to the thing they mean. What they may not see and what does not exist take the same path and give the same answer,
// each with one record (TRUST B2, S33): the caller of these functions gets a thing only together with the decision that allows it.

import { coversServer } from '../access/grant.ts';
import type { Group } from '../access/group.ts';
import { serversAsked } from '../access/request.ts';
import { chooser } from '../access/selector.ts';
import type { Server } from '../access/server.ts';
import { rows, type State, type Table } from '../audit/state.ts';
import type { Person } from '../identity/person.ts';
import { type Action, actions } from '../policy/actions.ts';
import type { Caller, Decision, Target } from '../policy/decision.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import type { Selector } from '../protocol/nouns.ts';
import type { Recording, Session } from '../session/session.ts';
import type { Parts } from './call.ts';

/** What a look-up needs; a `Call` is one. */
export type Asking = {
  readonly parts: Pick<Parts, 'log' | 'enforcer'>;
  readonly caller: Caller;
  readonly request?: string;
};

export type Found<T> = T & { readonly decision: Decision };

/** Shortest piece of an id that stands for the whole one. */
const shortestPiece = 8;

const own = <Row>(table: Table<Row>, id: string): Row | undefined => (Object.hasOwn(table, id) ? table[id] : undefined);
const byIdOrName = <Row extends { readonly name: string }>(table: Table<Row>, reference: string): Row | undefined =>
  own(table, reference) ?? rows(table).find((row) => row.name === reference);

/** The one row whose id begins so, among those that may be seen; `ambiguous` when several do. */
function byIdPiece<Row extends { readonly id: string }>(
  table: Table<Row>,
  reference: string,
  seen: (row: Row) => boolean,
): Row | 'ambiguous' | undefined {
  const whole = own(table, reference);
  if (whole !== undefined || reference.length < shortestPiece) return whole;
  const fitting = rows(table).filter((row) => row.id.startsWith(reference) && seen(row));
  return fitting.length > 1 ? 'ambiguous' : fitting[0];
}

const serverTarget = (server: Server): Target => ({ kind: 'server', server });
export const sessionTarget = (state: State, session: Session): Target => ({
  kind: 'session',
  session,
  server: own(state.servers, session.server),
});
export function recordingTarget(state: State, recording: Recording): Target | undefined {
  const session = own(state.sessions, recording.session);
  return session === undefined
    ? undefined
    : { kind: 'recording', recording, session, server: own(state.servers, session.server) };
}

async function enforced<T extends object>({ parts, caller, request }: Asking, action: Action, target: Target, found: T) {
  const decided = await parts.enforcer.enforce(caller, action, target, request);
  return decided.ok ? fine({ ...found, decision: decided.value }) : decided;
}
const unknown = ({ parts, caller, request }: Asking, action: Action): Promise<Result<never>> =>
  parts.enforcer.unknown(caller, action, request);

/** Stands in for what is not there. */
const nowhere: Server = {
  id: mintId('srv', new Uint8Array(idRandomBytes)),
  name: '',
  labels: {},
  addedAt: 0,
  key: undefined,
  facts: undefined,
};

/** A server by name or id, when `action` is allowed on it. Errors: not-found, denied, step-up, approval-needed. */
export async function serverFor(asking: Asking, action: Action, reference: string): Promise<Result<Found<{ server: Server }>>> {
  const server = byIdOrName(asking.parts.log.settled.servers, reference);
  if (server !== undefined) return enforced(asking, action, serverTarget(server), { server });
  // The same work as for one that is hidden, so that the time says nothing either; what comes of it is not looked at.
  asking.parts.enforcer.explain(asking.caller, action, serverTarget(nowhere));
  return unknown(asking, action);
}

/** A session by id, or the first 8 or more characters of one that the caller may see. Errors: also `ambiguous`. */
export async function sessionFor(
  asking: Asking,
  action: Action,
  reference: string,
): Promise<Result<Found<{ session: Session; server: Server | undefined }>>> {
  const { parts, caller } = asking;
  const state = parts.log.settled;
  const session = byIdPiece(state.sessions, reference, (row) => maySee(parts.enforcer, caller, sessionTarget(state, row)));
  if (session === 'ambiguous') return refuse('ambiguous', reference);
  if (session === undefined) return unknown(asking, action);
  return enforced(asking, action, sessionTarget(state, session), { session, server: own(state.servers, session.server) });
}

/** A recording by its id or that of its session, whole or the first 8 or more characters. Errors: also `ambiguous`. */
export async function recordingFor(
  asking: Asking,
  action: Action,
  reference: string,
): Promise<Result<Found<{ recording: Recording; session: Session }>>> {
  const { parts, caller } = asking;
  const state = parts.log.settled;
  const seen = (row: Recording): boolean => {
    const target = recordingTarget(state, row);
    return target !== undefined && maySee(parts.enforcer, caller, target);
  };
  const direct = byIdPiece(state.recordings, reference, seen);
  const ofSession = byIdPiece(state.sessions, reference, (row) => {
    const recording = own(state.recordings, row.recording);
    return recording !== undefined && seen(recording);
  });
  if (direct === 'ambiguous' || ofSession === 'ambiguous') return refuse('ambiguous', reference);
  const recording = direct ?? (ofSession === undefined ? undefined : own(state.recordings, ofSession.recording));
  const target = recording === undefined ? undefined : recordingTarget(state, recording);
  if (recording === undefined || target?.kind !== 'recording') return unknown(asking, action);
  return enforced(asking, action, target, { recording, session: target.session });
}

/** A person by name or id. Errors: as for a server. */
export async function personFor(asking: Asking, action: Action, reference: string): Promise<Result<Found<{ person: Person }>>> {
  const person = byIdOrName(asking.parts.log.settled.people, reference);
  if (person === undefined) {
    // What is decided about the workspace is decided before anybody is looked for: a refusal says nothing of who is here.
    const decided = actions[action].target === 'person' ? undefined : await enforced(asking, action, { kind: 'workspace' }, {});
    return decided?.ok === false ? decided : unknown(asking, action);
  }
  return enforced(asking, action, actions[action].target === 'person' ? { kind: 'person', person } : { kind: 'workspace' }, {
    person,
  });
}

/** A group by name or id. Decided before it is looked for: who may not list groups learns nothing. */
export async function groupFor(asking: Asking, action: Action, reference: string): Promise<Result<Found<{ group: Group }>>> {
  const group = byIdOrName(asking.parts.log.settled.groups, reference);
  const decided = await enforced(asking, action, { kind: 'workspace' }, {});
  if (!decided.ok) return decided;
  return group === undefined ? unknown(asking, action) : fine({ group, decision: decided.value.decision });
}

const sight = { server: 'server.see', session: 'session.see', recording: 'recording.see', person: 'person.list' } as const;

/** Whether the caller may know that this is there. Records nothing. */
export function maySee(enforcer: Pick<Enforcer, 'decide'>, caller: Caller, target: Target): boolean {
  switch (target.kind) {
    case 'workspace':
    case 'self':
      return true;
    case 'person':
      return (
        target.person?.id === caller.person.id || enforcer.decide(caller, sight.person, { kind: 'workspace' }).verdict === 'allow'
      );
    case 'server':
    case 'session':
    case 'recording': {
      const seen = enforcer.decide(caller, sight[target.kind], target);
      return seen.verdict === 'allow' || !seen.hidden;
    }
    case 'request':
      return (
        target.request.person === caller.person.id ||
        enforcer.decide(caller, 'access.see', { kind: 'workspace' }).verdict === 'allow' ||
        enforcer.decide(caller, 'request.review', target).verdict !== 'deny'
      );
    case 'grant':
      return (
        target.grant.person === caller.person.id ||
        enforcer.decide(caller, 'access.see', { kind: 'workspace' }).verdict === 'allow'
      );
    default:
      return target satisfies never;
  }
}

/** The servers that a selector chooses now. */
export const chosenServers = (state: State, selector: Selector): readonly Server[] =>
  rows(state.servers).filter(chooser(selector));

/**
 * The target that an action and a reference name, among what the caller may see; for step-up and explain, which speak about an action without
 * doing it. `undefined` reference: the workspace, oneself, or a person to come. Errors: not-found (recorded), ambiguous, bad-request.
 */
export async function targetFor(asking: Asking, action: Action, reference: string | undefined): Promise<Result<Target>> {
  const { parts, caller } = asking;
  const state = parts.log.settled;
  const kind = actions[action].target;
  if (kind === 'workspace' || kind === 'self') return fine({ kind });
  if (reference === undefined) return kind === 'person' ? fine({ kind, person: undefined }) : refuse('bad-request', 'which one?');
  const target = targetNamed(state, kind, reference, (row) => maySee(parts.enforcer, caller, row));
  if (target === 'ambiguous') return refuse('ambiguous', reference);
  return target !== undefined && maySee(parts.enforcer, caller, target) ? fine(target) : unknown(asking, action);
}

/** What a reference names, whoever asks; pieces of ids stand for the whole one among those that `seen` lets through. */
export function targetNamed(
  state: State,
  kind: 'server' | 'session' | 'recording' | 'person' | 'request' | 'grant',
  reference: string,
  seen: (target: Target) => boolean,
): Target | 'ambiguous' | undefined {
  switch (kind) {
    case 'server': {
      const server = byIdOrName(state.servers, reference);
      return server && serverTarget(server);
    }
    case 'person': {
      const person = byIdOrName(state.people, reference);
      return person && { kind, person };
    }
    case 'session': {
      const session = byIdPiece(state.sessions, reference, (row) => seen(sessionTarget(state, row)));
      return typeof session === 'object' ? sessionTarget(state, session) : session;
    }
    case 'recording': {
      const recording = byIdPiece(state.recordings, reference, (row) => {
        const target = recordingTarget(state, row);
        return target !== undefined && seen(target);
      });
      return typeof recording === 'object' ? recordingTarget(state, recording) : recording;
    }
    case 'request': {
      // A proof to review one is bound to what was displayed: id#digest.
      const [id = '', digest = ''] = reference.split('#');
      const request = state.requests[id];
      if (request === undefined) return undefined;
      return { kind, request, servers: serversAsked(state.servers, request), digest };
    }
    case 'grant': {
      const grant = state.grants[reference];
      return grant && { kind, grant, servers: rows(state.servers).filter((server) => coversServer(grant, server)) };
    }
    default:
      return kind satisfies never;
  }
}
