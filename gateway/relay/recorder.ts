// Writes one session down (A1, D13): every byte as it was, sizes, who typed how much when, keyframes. Strict is the only mode: what cannot be
// made durable freezes the session at once, is tried again, and ends it after a minute (TRUST §0). Grouped: one sync carries everything that
// came since the last; echo never waits for it.
import type { CastWriter, Clock } from '../ports.ts';
import { type Result, refuse } from '../protocol/errors.ts';
import type { TerminalSize } from '../protocol/nouns.ts';
import { encodeKeyframe, encodeNote, encodeSize, type ParticipantNote } from '../session/cast.ts';
import type { ClosedRecording } from '../session/ending.ts';

/** Output waits this long for company before it is made durable. */
export const syncDelayMs = 25;
/** Written and not durable for longer: the light says so (M9). */
export const behindAfterMs = 1_000;
export const retryMs = 1_000;
/** A recorder that failed for so long ends its session. */
export const giveUpAfterMs = 60_000;
export const keyframeBytes = 256 * 1024;
export const keyframeMs = 10_000;

export type RecorderEvents = {
  /** Output before this position is on disk. */
  durable(position: number): void;
  /** It cannot be written: freeze. */
  failed(cause: string): void;
  /** It can again, without a gap. */
  mended(): void;
  /** It could not for too long. */
  gaveUp(cause: string): void;
};

export type Recorder = {
  readonly light: 'on' | 'behind' | 'failed' | 'closed';
  /** Output bytes taken, and how many of them are on disk. */
  readonly written: number;
  readonly durable: number;
  readonly failing: boolean;
  output(seq: number, bytes: Uint8Array): void;
  resized(seq: number, size: TerminalSize): void;
  note(seq: number, note: ParticipantNote): void;
  /** Time or volume says that a keyframe is due. Ask only where the stream stands between sequences. */
  keyframeDue(seq: number): boolean;
  keyframe(seq: number, size: TerminalSize, painted: Uint8Array): void;
  /** Makes what was taken durable now, not in company. */
  hurry(): void;
  /** Resolves once everything taken before is durable, or cannot be made so. */
  settle(): Promise<Result<undefined>>;
  /** Ends the file. */
  close(seq: number): Promise<Result<ClosedRecording>>;
  /** Stops timers; the file stays open-ended, for a gateway that comes back (D6). */
  leave(): Promise<void>;
};

export function openRecorder(writer: CastWriter, clock: Clock, events: RecorderEvents): Recorder {
  let written = writer.written;
  let durable = writer.durable;
  /** Since when something waits for the disk. */
  let dirtySince: number | undefined;
  let syncing: Promise<Result<undefined>> | undefined;
  let cancelDelay: (() => void) | undefined;
  let failingSince: number | undefined;
  let lastCause = '';
  let over = false;
  let keyframeAt = clock.mono();
  let keyframeSeq = written;

  const sync = (): Promise<Result<undefined>> => {
    cancelDelay?.();
    cancelDelay = undefined;
    syncing ??= syncOnce().finally(() => {
      syncing = undefined;
      if (dirtySince !== undefined && !over) schedule(failingSince === undefined ? syncDelayMs : retryMs);
    });
    return syncing;
  };
  const syncOnce = async (): Promise<Result<undefined>> => {
    const began = dirtySince;
    dirtySince = undefined;
    const done = await writer.sync();
    if (!done.ok) {
      dirtySince = began ?? dirtySince ?? clock.mono();
      lastCause = done.problem.detail ?? done.problem.code;
      if (over) return done;
      if (failingSince === undefined) {
        failingSince = clock.mono();
        events.failed(lastCause);
      } else if (clock.mono() - failingSince >= giveUpAfterMs) {
        over = true;
        events.gaveUp(lastCause);
      }
      return done;
    }
    durable = Math.max(durable, done.value.durable);
    if (failingSince !== undefined) {
      failingSince = undefined;
      if (!over) events.mended();
    }
    if (!over) events.durable(durable);
    return { ok: true, value: undefined };
  };
  const schedule = (ms: number): void => {
    if (syncing !== undefined || cancelDelay !== undefined || over) return;
    cancelDelay = clock.after(ms, () => {
      cancelDelay = undefined;
      void sync();
    });
  };
  const append = (kind: Parameters<CastWriter['append']>[0]['kind'], seq: number, bytes: Uint8Array): void => {
    writer.append({ kind, seq, at: clock.now(), bytes });
    dirtySince ??= clock.mono();
    if (failingSince === undefined) schedule(syncDelayMs);
  };
  /** A sync under way may have begun before the newest bytes; the one after it did not. */
  const settle = async (): Promise<Result<undefined>> => {
    if (dirtySince === undefined && syncing === undefined) return { ok: true, value: undefined };
    const done = await sync();
    return done.ok ? settle() : done;
  };
  const quiet = (): void => {
    over = true;
    cancelDelay?.();
    cancelDelay = undefined;
  };
  let closed = false;

  return {
    get light() {
      if (closed) return 'closed';
      if (failingSince !== undefined) return 'failed';
      return dirtySince !== undefined && clock.mono() - dirtySince > behindAfterMs ? 'behind' : 'on';
    },
    get written() {
      return written;
    },
    get durable() {
      return durable;
    },
    get failing() {
      return failingSince !== undefined;
    },
    output(seq, bytes) {
      if (over) return;
      append('output', seq, bytes);
      written = seq + bytes.length;
    },
    resized(seq, size) {
      if (!over) append('resize', seq, encodeSize(size));
    },
    note(seq, note) {
      if (!over) append('participant', seq, encodeNote(note));
    },
    keyframeDue: (seq) => seq - keyframeSeq >= keyframeBytes || (seq > keyframeSeq && clock.mono() - keyframeAt >= keyframeMs),
    keyframe(seq, size, painted) {
      if (over) return;
      append('keyframe', seq, encodeKeyframe(size, painted));
      keyframeSeq = seq;
      keyframeAt = clock.mono();
    },
    hurry() {
      if (!over && failingSince === undefined) void sync();
    },
    settle,
    async close(seq) {
      quiet();
      await syncing;
      writer.append({ kind: 'end', seq, at: clock.now(), bytes: new Uint8Array() });
      const done = await writer.close();
      if (!done.ok) {
        // The next start ends the file; nobody here needs it open (what a disk says to the closing changes nothing).
        await writer.leave?.().catch(() => undefined);
        return refuse('recording-failed', done.problem.detail);
      }
      closed = true;
      durable = written;
      return done;
    },
    async leave() {
      if (failingSince === undefined) await settle();
      quiet();
      await writer.leave?.();
    },
  };
}
