// What a gateway that starts does with what its predecessor left (D6): recordings that nobody closed are closed, sessions whose programs may
// still live are taken up again from the newest keyframe and wait for their agent, and nobody counts as present any more.

import type { Log } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import type { CastStore, CastWriter } from '../ports.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import type { PersonId, RecordingId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import { decodeKeyframe, decodeSize } from '../session/cast.ts';
import { closed, ended, left } from '../session/ending.ts';
import type { Session } from '../session/session.ts';
import { openPicture, type Picture } from './picture.ts';
import { plainProfile } from './profile.ts';

export type Recovered = {
  readonly session: Session & { readonly state: 'running' };
  readonly writer: CastWriter;
  readonly picture: Picture;
  /** When the last frame of its recording was made; the session's start where there is none. */
  readonly lastAt: Instant;
};

export type RecoverParts = {
  readonly log: Log;
  readonly casts: CastStore;
  readonly keyOf: (recording: RecordingId) => Uint8Array | undefined;
  readonly titlePrefixOf: (session: Session) => string;
};

/** Sessions to go on with. Everything else that was open is over in the log when this resolves. */
export async function recover(parts: RecoverParts): Promise<readonly Recovered[]> {
  const { log } = parts;
  const state = log.settled;
  const going: Recovered[] = [];
  for (const session of rows(state.sessions)) {
    if (session.state === 'ended') {
      if (state.recordings[session.recording]?.closed === undefined) await closeLate(parts, session);
      continue;
    }
    if (session.condemned !== undefined) {
      // What still runs of it is hung up when its agent is back and finds it ended.
      await endLate(parts, session, 'killed', session.condemned.why, session.condemned.by);
      continue;
    }
    if (session.state === 'opening') {
      await endLate(parts, session, 'agent-lost', 'the gateway stopped before its shell was open');
      continue;
    }
    const taken = await takeUp(parts, session);
    if (!taken.ok) {
      await endLate(parts, session, 'recording-failed', taken.problem.detail ?? taken.problem.code);
      continue;
    }
    going.push(taken.value);
    await log.commit((staged) => ({
      events: session.participants.flatMap((p) => left(staged.sessions[session.id], p.id, 'disconnected')),
      answer: undefined,
    }));
  }
  return going;
}

async function takeUp(parts: RecoverParts, session: Session & { readonly state: 'running' }): Promise<Result<Recovered>> {
  const key = parts.keyOf(session.recording);
  if (key === undefined) return refuse('recording-failed', 'its key is gone');
  const writer = await parts.casts.resume(session.recording, key);
  if (!writer.ok) return writer;
  const picture = openPicture(session.size, parts.titlePrefixOf(session), plainProfile);
  let lastAt = session.startedAt;
  // Nothing is answered here: what was asked has been answered, or is asked again by bytes that are not on disk.
  try {
    for await (const frame of parts.casts.read(session.recording, key, writer.value.written)) {
      lastAt = Math.max(lastAt, frame.at);
      if (frame.kind === 'output') picture.feed(frame.bytes);
      else if (frame.kind === 'resize') {
        const size = decodeSize(frame.bytes);
        if (size !== undefined) picture.resize(size);
      } else if (frame.kind === 'keyframe') {
        const keyframe = decodeKeyframe(frame.bytes);
        if (keyframe !== undefined) picture.restart(keyframe.size, keyframe.painted, frame.seq);
      }
    }
  } catch (error) {
    // One damaged recording ends its own session, and holds up no other.
    picture.dispose();
    await writer.value.leave?.();
    return refuse('recording-failed', error instanceof Error ? error.message : String(error));
  }
  return { ok: true, value: { session, writer: writer.value, picture, lastAt } };
}

/** What the file of a recording left open holds, once it is closed; undefined where that is not possible. */
async function finish(parts: RecoverParts, session: Session) {
  const key = parts.keyOf(session.recording);
  if (key === undefined) return undefined;
  const writer = await parts.casts.resume(session.recording, key);
  const done = writer.ok ? await writer.value.close() : writer;
  if (done.ok) return { written: writer.ok ? writer.value.written : 0, closed: { ...done.value, incomplete: true } };
  if (writer.ok) await writer.value.leave?.().catch(() => undefined);
  // It may have been closed just before the log was told.
  const found = await parts.casts.summary(session.recording, key);
  if (!found.ok || !/^[0-9a-f]{64}$/.test(found.value.root)) return undefined;
  const { bytes, chunks, root, firstAt, lastAt } = found.value;
  return { written: bytes, closed: { bytes, chunks, root, durationMs: Math.max(0, lastAt - firstAt), incomplete: true } };
}

async function endLate(
  parts: RecoverParts,
  session: Session,
  reason: 'agent-lost' | 'recording-failed' | 'killed',
  why: string,
  by?: PersonId | undefined,
): Promise<void> {
  const done = await finish(parts, session);
  await parts.log.commit((staged) => ({
    events: ended(
      staged.sessions[session.id],
      { reason, by, why: why.slice(0, 500), bytes: done?.written ?? 0, lostBytes: 0, survivors: 0 },
      done?.closed,
    ),
    answer: undefined,
  }));
}

async function closeLate(parts: RecoverParts, session: Session): Promise<void> {
  const done = await finish(parts, session);
  if (done === undefined) return;
  await parts.log.commit((staged) => ({
    events: staged.recordings[session.recording]?.closed === undefined ? closed(session, done.closed) : [],
    answer: undefined,
  }));
}
