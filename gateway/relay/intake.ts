// The way of a session's output through the gateway: from the agent's connection into recording, picture and views, and the acknowledgements
// back (law 5). Also what terminals answer: once, and only when the question is on disk, so that no restart asks twice.
//
// INVARIANT: `position` = bytes taken in order = what the recorder was given = what the picture shows. Bytes that come while the recorder fails
// wait here, are credited to nobody, and so are bounded by the agent's window.
import { agentBufferBytes, agentWindowBytes } from '../protocol/agent.ts';
import { refuse } from '../protocol/errors.ts';
import { place } from './arrival.ts';
import type { Line } from './line.ts';
import type { Clipping, Picture } from './picture.ts';
import type { Recorder } from './recorder.ts';
import type { Trail } from './trail.ts';
import type { Typing } from './typing.ts';
import type { View } from './view.ts';

/** The gateway's own ordinal among those who type: what the driver's terminal answers. */
export const answeringOrdinal = 0;
/** Output arrived and not yet acknowledged: a quarter of the agent's window at most, or until the next sync. */
const ackBytes = agentWindowBytes / 4;

/** An agent keeps what is not durable here, and stops reading its program when that is much; one that sends more keeps nothing. */
const mostUnsureBytes = agentBufferBytes + agentWindowBytes;

export type IntakeParts = {
  readonly recorder: Recorder;
  readonly picture: Picture;
  readonly trail: Trail;
  readonly typing: Typing;
  readonly views: () => Iterable<View>;
  /** A program wants to write somebody's clipboard. */
  readonly clipping: (clipping: Clipping) => void;
  readonly changed: () => void;
  /** A keyframe is in the recording, at this position. */
  readonly keyframed?: ((position: number) => void) | undefined;
};

export type Intake = {
  /** Output bytes in recording and picture. */
  readonly position: number;
  /** Bytes that came, those that wait included. */
  readonly arrived: number;
  /** A connection of the agent, which sends from `from` on. */
  join(line: Line, from: number): void;
  part(): void;
  output(seq: number, bytes: Uint8Array): void;
  durable(position: number): void;
  /** A viewer shows everything up to there, which has not come yet: what comes is cut there, so that it goes on from that very byte. */
  meet(position: number): void;
  /** Nothing is recorded or shown until `flow`. */
  hold(): void;
  flow(): void;
};

export function openIntake(parts: IntakeParts): Intake {
  const { recorder, picture, trail, typing } = parts;
  let position = recorder.written;
  let line: Line | undefined;
  /** Bytes that arrived on this connection, from its first on, and how many of them the agent knows to have arrived. */
  let received = position;
  let acked = position;
  let holding = false;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let answers: { readonly after: number; readonly bytes: Uint8Array }[] = [];

  const acknowledge = (): void => {
    acked = received;
    // Only of what this connection brought: an agent knows nothing of what an earlier one did.
    line?.kept(received, Math.min(recorder.durable, received));
  };
  let meeting = 0;
  const take = (bytes: Uint8Array): void => {
    const until = meeting - position;
    if (until > 0 && until < bytes.length) {
      taking(bytes.subarray(0, until));
      taking(bytes.subarray(until));
    } else taking(bytes);
  };
  const taking = (bytes: Uint8Array): void => {
    const seq = position;
    recorder.output(seq, bytes);
    for (const view of parts.views()) view.before(bytes.length);
    position += bytes.length;
    const fed = picture.feed(bytes);
    const run = { seq, span: bytes.length, bytes: fed.bytes };
    trail.add(run);
    for (const view of parts.views()) view.after(run);
    for (const text of fed.answers) answers.push({ after: position, bytes: new TextEncoder().encode(text) });
    if (fed.answers.length > 0) recorder.hurry();
    for (const clipping of fed.clippings) parts.clipping(clipping);
    if (picture.between && recorder.keyframeDue(position)) {
      recorder.keyframe(position, picture.size, picture.keyframe());
      parts.keyframed?.(position);
    }
    parts.changed();
  };

  return {
    get position() {
      return position;
    },
    get arrived() {
      return position + waitingBytes;
    },
    join(now, from) {
      line = now;
      received = from;
      // What is on disk is said at once: an agent whose buffer was full when the line broke waits for it.
      acknowledge();
    },
    part() {
      line = undefined;
      // Whoever asked has stopped waiting when the agent is back; a late answer would be typed into something else.
      answers = [];
    },
    output(seq, bytes) {
      if (line === undefined) return;
      const arrived = place(position + waitingBytes, seq, bytes);
      if (arrived.verdict === 'gap') {
        line.breach(refuse('bad-frame', `output from ${seq}, but only ${position + waitingBytes} bytes came before`).problem);
        return;
      }
      received = Math.max(received, seq + bytes.length);
      if (arrived.verdict === 'new') {
        if (holding) {
          waiting.push(arrived.bytes);
          waitingBytes += arrived.bytes.length;
          if (waitingBytes > agentWindowBytes) line.breach(refuse('too-large', 'more output than its window').problem);
          return;
        }
        if (position + arrived.bytes.length - recorder.durable > mostUnsureBytes) {
          line.breach(refuse('too-large', 'more output than it may keep').problem);
          return;
        }
        take(arrived.bytes);
      }
      // What came again and is on disk already waits for no sync that would say so.
      if (received - acked >= ackBytes || (received > acked && received <= recorder.durable)) acknowledge();
    },
    durable(upTo) {
      if (line === undefined) return;
      acknowledge();
      while (answers[0] !== undefined && answers[0].after <= upTo) {
        const next = answers.shift();
        const run = next && typing.take(answeringOrdinal, typing.next(answeringOrdinal), next.bytes);
        if (run !== undefined && run !== 'over') line.keys(answeringOrdinal, run.offset, run.bytes);
      }
    },
    meet(upTo) {
      meeting = upTo;
    },
    hold() {
      holding = true;
    },
    flow() {
      holding = false;
      const late = waiting;
      waiting = [];
      waitingBytes = 0;
      for (const bytes of late) take(bytes);
      acknowledge();
    },
  };
}
