// How participants and sessions end, as events: pure. Only reasons of the closed sets (law 9).
import type { Actor, NewEvent } from '../protocol/events.ts';
import type { ParticipantId, PersonId } from '../protocol/ids.ts';
import type { EndingReason, FreezeCause, LeavingCause } from '../protocol/nouns.ts';
import type { Session } from './session.ts';

const gateway: Actor = { kind: 'gateway' };

/** Nothing when the participant has left already, or the session is over (its end is everybody's end). */
export function left(session: Session | undefined, participant: ParticipantId, cause: LeavingCause): readonly NewEvent[] {
  if (session === undefined || session.state === 'ended') return [];
  const row = session.participants.find((p) => p.id === participant);
  if (row === undefined || row.left !== undefined) return [];
  const byThemselves = cause === 'detached' || cause === 'disconnected' || cause === 'logged-out';
  return [
    {
      type: 'session.left',
      actor: byThemselves ? { kind: 'person', id: row.person, login: row.login } : gateway,
      outcome: 'ok',
      target: session.server,
      session: session.id,
      data: { session: session.id, participant, cause },
      personal: {},
    },
  ];
}

const frozenFor = (session: Session | undefined, cause: FreezeCause): boolean =>
  session !== undefined && session.state !== 'ended' && session.freezes?.some((one) => one.cause === cause) === true;

/** Keys stop until {@link unfrozen} of the same cause. Nothing when it is frozen for that already, or over. */
export function frozen(
  session: Session | undefined,
  cause: FreezeCause,
  by?: { readonly actor: Actor; readonly person: PersonId; readonly why: string; readonly request: string | undefined },
): readonly NewEvent[] {
  if (session === undefined || session.state === 'ended' || frozenFor(session, cause)) return [];
  return [
    {
      type: 'session.frozen',
      actor: by?.actor ?? gateway,
      outcome: cause === 'recording' ? 'failed' : 'ok',
      target: session.server,
      session: session.id,
      ...(by?.request === undefined ? {} : { request: by.request }),
      data: { session: session.id, cause, ...(by === undefined ? {} : { by: by.person, why: by.why }) },
      personal: {},
    },
  ];
}

export function unfrozen(
  session: Session | undefined,
  cause: FreezeCause,
  by?: { readonly actor: Actor; readonly person: PersonId; readonly request: string | undefined },
): readonly NewEvent[] {
  if (session === undefined || !frozenFor(session, cause)) return [];
  return [
    {
      type: 'session.unfrozen',
      actor: by?.actor ?? gateway,
      outcome: 'ok',
      target: session.server,
      session: session.id,
      ...(by?.request === undefined ? {} : { request: by.request }),
      data: { session: session.id, cause, ...(by === undefined ? {} : { by: by.person }) },
      personal: {},
    },
  ];
}

export type End = {
  readonly reason: EndingReason;
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
  /** Who stopped it, and in their words why. */
  readonly by?: PersonId | undefined;
  readonly why?: string | undefined;
  /** Output bytes in the recording. */
  readonly bytes: number;
  /** Output bytes known to have been produced that never reached it. */
  readonly lostBytes: number;
  /** Processes that outlived the kill (R9). */
  readonly survivors: number;
};

/** What is known of a recording when its file is complete, or was found after a crash. */
export type ClosedRecording = {
  readonly bytes: number;
  readonly chunks: number;
  readonly root: string;
  readonly durationMs: number;
};

const reasonsOfTheServer: ReadonlySet<EndingReason> = new Set(['exited', 'agent-lost', 'agent-refused']);

/** The end, once; with the end of its recording in the same group where the file could be closed. */
export function ended(
  session: Session | undefined,
  end: End,
  recording: (ClosedRecording & { readonly incomplete: boolean }) | undefined,
): readonly NewEvent[] {
  if (session === undefined || session.state === 'ended') return [];
  const { reason, code, signal, by, why, bytes, lostBytes, survivors } = end;
  const actor: Actor =
    by !== undefined
      ? { kind: 'person', id: by }
      : reasonsOfTheServer.has(reason)
        ? { kind: 'server', id: session.server }
        : gateway;
  const events: NewEvent[] = [
    {
      type: 'session.ended',
      actor,
      outcome: reason === 'agent-refused' || reason === 'recording-failed' || reason === 'agent-lost' ? 'failed' : 'ok',
      target: session.server,
      session: session.id,
      data: {
        session: session.id,
        reason,
        ...(code === undefined ? {} : { code }),
        ...(signal === undefined ? {} : { signal }),
        ...(by === undefined ? {} : { by }),
        ...(why === undefined ? {} : { why }),
        bytes,
        lostBytes,
        survivors,
      },
      personal: {},
    },
  ];
  if (recording !== undefined) events.push(...closed(session, recording));
  return events;
}

/** The end of a recording by itself: one that a crash left open, closed by recovery (A1: `incomplete`). */
export function closed(session: Session, recording: ClosedRecording & { readonly incomplete: boolean }): readonly NewEvent[] {
  const { bytes, chunks, root, durationMs, incomplete } = recording;
  return [
    {
      type: 'recording.closed',
      actor: gateway,
      outcome: incomplete ? 'failed' : 'ok',
      target: session.recording,
      session: session.id,
      data: { recording: session.recording, session: session.id, bytes, chunks, root, durationMs, incomplete },
      personal: {},
    },
  ];
}
