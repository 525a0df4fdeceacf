// audit.prune of recordings: those of sessions that ended long ago go when somebody with a fresh factor says so. Each is told in the log first, with
// its root and size; then its files go, and its key, without which no copy of them can be read.
//
// A hold keeps a recording when its query fits the beginning or the end of its session, or anybody's coming into it. What only other records of the session
// would fit (text in a message, a factor) does not.
import { holdsAll, sameHolds } from '../audit/holds.ts';
import { namesIn, removedName } from '../audit/names.ts';
import { parseQuery } from '../audit/query.ts';
import { rows, type State } from '../audit/state.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { type EventType, events } from '../protocol/events.ts';
import type { AuditRow } from '../protocol/nouns.ts';
import type { Gives } from '../protocol/operator.ts';
import { recordingKeyName } from '../relay/open-hub.ts';
import type { Recording, Session } from '../session/session.ts';
import { changing } from './administration.ts';
import type { Call } from './call.ts';

const dayMs = 86_400_000;
/** So many at a time. */
const mostAtOnce = 500;

type Ended = Extract<Session, { readonly state: 'ended' }>;
type Old = { readonly recording: Recording; readonly session: Ended };

/** Purges, or only looks. Allowed by who calls. Errors: bad-request, changed-meanwhile. */
export async function pruneRecordings(
  call: Call,
  { days: asked, look, why }: { readonly days: number | undefined; readonly look: boolean; readonly why: string },
): Promise<Result<Gives<'audit.prune'>>> {
  const { parts } = call;
  const { keepRecordingDays } = parts.settings;
  const days = asked ?? keepRecordingDays;
  if (days < keepRecordingDays)
    return refuse(
      'bad-request',
      `recordings are kept for ${keepRecordingDays} days: trail.keepRecordingDays in config.json of the gateway`,
    );
  const state = parts.log.settled;
  const looked = new Set(Object.keys(state.holds));
  const holding = holdingSession(state);
  const recordings: NonNullable<Gives<'audit.prune'>['recordings']> = [];
  let purged = 0;
  for (const old of oldOnes(state, parts.clock.now() - days * dayMs)) {
    const { recording, session } = old;
    const heldBy = holding(session);
    const bytes = recording.closed?.bytes ?? session.ending.bytes;
    recordings.push({
      recording: recording.id,
      session: session.id,
      endedAt: session.ending.at,
      bytes,
      ...(heldBy === undefined ? {} : { heldBy }),
    });
    if (look || heldBy !== undefined) continue;
    const told = await tell(call, old, { bytes, days, why, looked });
    if (!told.ok) return purged === 0 ? told : fine({ segments: [], recordings, purged });
    await parts.casts.remove([recording.id]);
    await parts.vault.remove([recordingKeyName(recording.id)]);
    purged += 1;
  }
  return fine({ segments: [], recordings, purged });
}

const oldOnes = (state: State, before: number): readonly Old[] =>
  rows(state.recordings)
    .flatMap((recording): Old[] => {
      const session = state.sessions[recording.session];
      return recording.purged === undefined && session?.state === 'ended' && session.ending.at < before
        ? [{ recording, session }]
        : [];
    })
    .toSorted((a, b) => a.session.ending.at - b.session.ending.at)
    .slice(0, mostAtOnce);

/** Which hold keeps the recording of a session: its name, or undefined. */
function holdingSession(state: State): (session: Ended) => string | undefined {
  const everything = holdsAll(state)?.name;
  const fitting = rows(state.holds).map(({ name, query, at }) => {
    const parsed = parseQuery(query, at);
    return { name, fits: parsed.ok ? parsed.value : () => true };
  });
  return (session) => {
    if (everything !== undefined || fitting.length === 0) return everything;
    const told = rowsOf(state, session);
    return fitting.find(({ fits }) => told.some((row) => fits(row)))?.name;
  };
}

/** What the log says of a session, from the state: the log itself may be purged by now. */
function rowsOf(state: State, session: Ended): readonly AuditRow[] {
  const { person: nameOf } = namesIn(state);
  const serverName = state.servers[session.server]?.name ?? state.gone?.[session.server] ?? removedName(session.server);
  const row = (type: EventType, at: number, person: string, address?: string): AuditRow => ({
    seq: 0,
    at,
    type,
    code: events[type].code,
    severity: events[type].severity,
    outcome: 'ok',
    actor: { kind: 'person', id: person, name: nameOf(person) },
    target: { id: session.server, name: serverName },
    session: session.id,
    ...(address === undefined ? {} : { address }),
    summary: `${nameOf(person)} on ${serverName}`,
    hash: '',
    data: { session: session.id, server: session.server, person },
  });
  return [
    row('session.started', session.startedAt, session.person),
    row('session.ended', session.ending.at, session.person),
    ...session.participants.map(({ person, joinedAt, address }) => row('session.joined', joinedAt, person, address)),
  ];
}

const tell = (
  call: Call,
  { recording, session }: Old,
  {
    looked,
    ...said
  }: { readonly bytes: number; readonly days: number; readonly why: string; readonly looked: ReadonlySet<string> },
): Promise<Result<undefined>> =>
  changing(call, (by) => (state) => {
    if (!sameHolds(state, looked) || state.recordings[recording.id]?.purged !== undefined)
      return { events: [], answer: refuse('changed-meanwhile', 'a hold or a purge came between') };
    const root = recording.closed?.root;
    const data = {
      recording: recording.id,
      session: session.id,
      ...(root === undefined ? {} : { root }),
      ...said,
      by: call.caller.person.id,
    };
    return {
      events: [{ ...by, type: 'recording.purged', outcome: 'ok', target: recording.id, session: session.id, data, personal: {} }],
      answer: fine(undefined),
    };
  });
