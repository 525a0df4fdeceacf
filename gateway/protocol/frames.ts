// Binary frames: everything that carries pty bytes. One byte of kind, then unsigned LEB128 varints, then the bytes themselves.
// Positions are byte positions in a session's output (law 5), or in one participant's input. Control messages are JSON, not here.
//
// Known limit: a varint holds 0 … 2^53−1.
import { type Result, refuse } from './errors.ts';

/** Largest frame either side accepts, in bytes (TRUST B2: maxPayload 256 KiB). */
export const maxFrameBytes = 256 * 1024;
/** Largest run of pty bytes put into one frame, in bytes. */
export const maxFramePayload = 32 * 1024;

export type Frame =
  /** gateway → operator: output as it came, filtered. Covers positions `seq` … `seq+span` of the session's output. */
  | { readonly kind: 'stream'; readonly channel: number; readonly seq: number; readonly span: number; readonly bytes: Uint8Array }
  /** gateway → operator: bytes that turn what was shown into the screen as of position `seq`. `fresh` = begins from a reset terminal. */
  | {
      readonly kind: 'paint';
      readonly channel: number;
      readonly seq: number;
      readonly fresh: boolean;
      readonly bytes: Uint8Array;
    }
  /** operator → gateway: typed bytes, numbered per participant from 0. */
  | { readonly kind: 'input'; readonly channel: number; readonly offset: number; readonly bytes: Uint8Array }
  /** operator → gateway: the same, of keys whose echo the client shows already: exactly that echo may wait for company (F6). */
  | { readonly kind: 'foreseen'; readonly channel: number; readonly offset: number; readonly bytes: Uint8Array }
  /** operator → gateway: payload bytes received on the channel in all (returns credit), and the output position now on screen. */
  | { readonly kind: 'seen'; readonly channel: number; readonly received: number; readonly shown: number }
  /** gateway → operator: this participant's input up to `offset` was at the pty 50 ms before the newest output on this channel (F4). */
  | { readonly kind: 'typed'; readonly channel: number; readonly offset: number }
  /** agent → gateway: output of a session. */
  | { readonly kind: 'output'; readonly channel: number; readonly seq: number; readonly bytes: Uint8Array }
  /** gateway → agent: output up to `received` has arrived (returns credit), up to `durable` is on disk (frees the buffer). */
  | { readonly kind: 'kept'; readonly channel: number; readonly received: number; readonly durable: number }
  /** gateway → agent: input of the participant with that ordinal in the session. */
  | {
      readonly kind: 'keys';
      readonly channel: number;
      readonly participant: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  /** agent → gateway: input of that participant up to `offset` was handed to the pty. */
  | { readonly kind: 'applied'; readonly channel: number; readonly participant: number; readonly offset: number };

export type FrameKind = Frame['kind'];

type Shape = { readonly code: number; readonly numbers: readonly string[]; readonly bytes: boolean };
const shapes = {
  stream: { code: 0x01, numbers: ['channel', 'seq', 'span'], bytes: true },
  paint: { code: 0x02, numbers: ['channel', 'seq', 'fresh'], bytes: true },
  input: { code: 0x03, numbers: ['channel', 'offset'], bytes: true },
  seen: { code: 0x04, numbers: ['channel', 'received', 'shown'], bytes: false },
  typed: { code: 0x05, numbers: ['channel', 'offset'], bytes: false },
  foreseen: { code: 0x06, numbers: ['channel', 'offset'], bytes: true },
  output: { code: 0x11, numbers: ['channel', 'seq'], bytes: true },
  kept: { code: 0x12, numbers: ['channel', 'received', 'durable'], bytes: false },
  keys: { code: 0x13, numbers: ['channel', 'participant', 'offset'], bytes: true },
  applied: { code: 0x14, numbers: ['channel', 'participant', 'offset'], bytes: false },
} as const satisfies Record<FrameKind, Shape>;

const kindOfCode = new Map<number, FrameKind>();
for (const kind of Object.keys(shapes)) if (isKind(kind)) kindOfCode.set(shapes[kind].code, kind);
function isKind(kind: string): kind is FrameKind {
  return Object.hasOwn(shapes, kind);
}

function numbersOf(frame: Frame): readonly number[] {
  switch (frame.kind) {
    case 'stream':
      return [frame.channel, frame.seq, frame.span];
    case 'paint':
      return [frame.channel, frame.seq, frame.fresh ? 1 : 0];
    case 'input':
    case 'foreseen':
    case 'typed':
      return [frame.channel, frame.offset];
    case 'seen':
      return [frame.channel, frame.received, frame.shown];
    case 'output':
      return [frame.channel, frame.seq];
    case 'kept':
      return [frame.channel, frame.received, frame.durable];
    case 'keys':
    case 'applied':
      return [frame.channel, frame.participant, frame.offset];
    default:
      return frame satisfies never;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

/** The bytes of a frame. Numbers must be whole, 0 … 2^53−1. */
export function encodeFrame(frame: Frame): Uint8Array {
  const numbers = numbersOf(frame);
  const tail = 'bytes' in frame ? frame.bytes : undefined;
  let length = 1 + (tail?.length ?? 0);
  for (const n of numbers) length += varintLength(n);
  const out = new Uint8Array(length);
  out[0] = shapes[frame.kind].code;
  let at = 1;
  for (const n of numbers) {
    let rest = n;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      out[at] = (rest % 128) | 128;
      at += 1;
    }
    out[at] = rest;
    at += 1;
  }
  if (tail !== undefined) out.set(tail, at);
  return out;
}

/** Reads one frame; `bytes` is a view into the input. Every malformed input is a `bad-frame` or `too-large`, never a throw. */
export function decodeFrame(data: Uint8Array): Result<Frame> {
  if (data.length > maxFrameBytes) return refuse('too-large', `a frame of ${data.length} bytes`);
  const kind = kindOfCode.get(data[0] ?? -1);
  if (kind === undefined) return refuse('bad-frame', `kind ${data[0] ?? 'missing'}`);
  const shape = shapes[kind];
  const numbers: number[] = [];
  let at = 1;
  for (const name of shape.numbers) {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = data[at];
      if (byte === undefined) return refuse('bad-frame', `${kind}: ${name} is cut off`);
      at += 1;
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) return refuse('bad-frame', `${kind}: ${name} is too large`);
      if (byte < 128) {
        if (byte === 0 && scale > 1) return refuse('bad-frame', `${kind}: ${name} is not in its shortest form`);
        break;
      }
      scale *= 128;
    }
    numbers.push(value);
  }
  if (!shape.bytes && at !== data.length) return refuse('bad-frame', `${kind}: ${data.length - at} bytes too many`);
  const [channel = 0, second = 0, third = 0] = numbers;
  const bytes = data.subarray(at);
  switch (kind) {
    case 'stream':
      return { ok: true, value: { kind, channel, seq: second, span: third, bytes } };
    case 'paint':
      if (third > 1) return refuse('bad-frame', 'paint: fresh is 0 or 1');
      return { ok: true, value: { kind, channel, seq: second, fresh: third === 1, bytes } };
    case 'input':
    case 'foreseen':
      return { ok: true, value: { kind, channel, offset: second, bytes } };
    case 'seen':
      return { ok: true, value: { kind, channel, received: second, shown: third } };
    case 'typed':
      return { ok: true, value: { kind, channel, offset: second } };
    case 'output':
      return { ok: true, value: { kind, channel, seq: second, bytes } };
    case 'kept':
      return { ok: true, value: { kind, channel, received: second, durable: third } };
    case 'keys':
      return { ok: true, value: { kind, channel, participant: second, offset: third, bytes } };
    case 'applied':
      return { ok: true, value: { kind, channel, participant: second, offset: third } };
    default:
      return kind satisfies never;
  }
}
