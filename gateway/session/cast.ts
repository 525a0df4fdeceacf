// What the frames of a recording say (D13; the container is ports.ts CastStore). Raw output is itself; the rest is coded here.
// Integers are big-endian. Typed bytes are never stored: only who typed how many at which place (TRUST §0, A7).
import * as v from 'valibot';
import { participantId, personId } from '../protocol/ids.ts';
import { fitJson } from '../protocol/json.ts';
import { count, leavingCause, participantRole, type TerminalSize } from '../protocol/nouns.ts';

const sizeBytes = 4;

/** `resize`: columns and rows, 16 bits each. */
export function encodeSize(size: TerminalSize): Uint8Array {
  return Uint8Array.of(size.cols >> 8, size.cols & 255, size.rows >> 8, size.rows & 255);
}

/** undefined = too short. */
export function decodeSize(bytes: Uint8Array): TerminalSize | undefined {
  if (bytes.length < sizeBytes) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return { cols: (a << 8) | b, rows: (c << 8) | d };
}

/** `keyframe`: the size, then `paint(blankScreen, screen)`: what a terminal just opened needs to show the screen as of that position. */
export function encodeKeyframe(size: TerminalSize, painted: Uint8Array): Uint8Array {
  const out = new Uint8Array(sizeBytes + painted.length);
  out.set(encodeSize(size));
  out.set(painted, sizeBytes);
  return out;
}

export function decodeKeyframe(bytes: Uint8Array): { readonly size: TerminalSize; readonly painted: Uint8Array } | undefined {
  const size = decodeSize(bytes);
  return size === undefined ? undefined : { size, painted: bytes.subarray(sizeBytes) };
}

const participantNote = v.variant('did', [
  v.strictObject({
    did: v.literal('joined'),
    participant: participantId,
    ordinal: count,
    person: personId,
    role: participantRole,
  }),
  v.strictObject({ did: v.literal('left'), participant: participantId, ordinal: count, cause: leavingCause }),
  /** `length` bytes of that participant's input, from `offset` on, were handed to the agent. */
  v.strictObject({ did: v.literal('typed'), ordinal: count, offset: count, length: count }),
]);
/** `participant`: JSON text of one of these. */
export type ParticipantNote = v.InferOutput<typeof participantNote>;

export const encodeNote = (note: ParticipantNote): Uint8Array => new TextEncoder().encode(JSON.stringify(note));

export function decodeNote(bytes: Uint8Array): ParticipantNote | undefined {
  const note = fitJson(participantNote, new TextDecoder().decode(bytes), 4096);
  return note.ok ? note.value : undefined;
}
