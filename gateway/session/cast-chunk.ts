// One chunk of a recording on disk (D13): a header in the clear, frames sealed with AES-256-GCM, the tag. The header is bound into the seal and
// holds the hash of the chunk before it, so chunks can be neither changed, moved nor left out; what the header tells (positions, times, whether a
// keyframe starts here) lets a reader find its place without opening anything.
//
// A nonce is 6 random bytes chosen when a writer opens the file, and the number of the chunk: a chunk written anew after a crash never meets the nonce of
// the one that was cut off.
import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import type { CastFrame, CastFrameKind } from '../ports.ts';

export const magic = Buffer.from('SPCAST1\n');
export const headerBytes = 79;
export const tagBytes = 16;
/** Most plain bytes in a chunk; one frame is never split. */
export const chunkBytes = 64 * 1024;
const maxCipherBytes = 16 * 1024 * 1024;

export type ChunkHeader = {
  /** Bytes of ciphertext. */
  readonly length: number;
  readonly index: number;
  readonly keyframe: boolean;
  /** Nothing follows: the recording was closed. */
  readonly last: boolean;
  /** Output position at its first frame, and after its last. */
  readonly from: number;
  readonly to: number;
  /** Wall clock of its first and last frame, ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly salt: Uint8Array;
  /** Hash of the chunk before, hex; of the first: {@link rootOf}. */
  readonly prev: string;
};

/** What the first chunk follows: binds the chain to its recording. */
export const rootOf = (recording: string): string => hash('sha256', `cast-v1\0${recording}`, 'hex');

function writeHeader(header: ChunkHeader): Buffer {
  const out = Buffer.alloc(headerBytes);
  out.writeUInt32BE(header.length, 0);
  out.writeUInt32BE(header.index, 4);
  out.writeUInt8((header.keyframe ? 1 : 0) | (header.last ? 2 : 0), 8);
  out.writeBigUInt64BE(BigInt(header.from), 9);
  out.writeBigUInt64BE(BigInt(header.to), 17);
  out.writeBigUInt64BE(BigInt(header.firstAt), 25);
  out.writeBigUInt64BE(BigInt(header.lastAt), 33);
  out.set(header.salt.subarray(0, 6), 41);
  out.write(header.prev, 47, 32, 'hex');
  return out;
}

/** undefined = these bytes are no header. */
export function readHeader(bytes: Uint8Array): ChunkHeader | undefined {
  if (bytes.length < headerBytes) return undefined;
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, headerBytes);
  const length = b.readUInt32BE(0);
  const flags = b.readUInt8(8);
  const numbers = [9, 17, 25, 33].map((at) => Number(b.readBigUInt64BE(at)));
  if (length > maxCipherBytes || flags > 3 || !numbers.every(Number.isSafeInteger)) return undefined;
  const [from = 0, to = 0, firstAt = 0, lastAt = 0] = numbers;
  return {
    length,
    index: b.readUInt32BE(4),
    keyframe: (flags & 1) !== 0,
    last: (flags & 2) !== 0,
    from,
    to,
    firstAt,
    lastAt,
    salt: b.subarray(41, 47),
    prev: b.toString('hex', 47, 79),
  };
}

const nonceOf = (header: ChunkHeader): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.set(header.salt);
  nonce.writeUIntBE(header.index, 6, 6);
  return nonce;
};

const kinds = ['output', 'resize', 'keyframe', 'participant', 'end'] as const satisfies readonly CastFrameKind[];
const frameHeadBytes = 21;

export const frameBytes = (frame: CastFrame): number => frameHeadBytes + frame.bytes.length;

function encodeFrames(frames: readonly CastFrame[]): Buffer {
  const out = Buffer.alloc(frames.reduce((sum, frame) => sum + frameBytes(frame), 0));
  let at = 0;
  for (const frame of frames) {
    out.writeUInt8(kinds.indexOf(frame.kind), at);
    out.writeBigUInt64BE(BigInt(frame.seq), at + 1);
    out.writeBigUInt64BE(BigInt(frame.at), at + 9);
    out.writeUInt32BE(frame.bytes.length, at + 17);
    out.set(frame.bytes, at + frameHeadBytes);
    at += frameBytes(frame);
  }
  return out;
}

function decodeFrames(plain: Buffer): readonly CastFrame[] | undefined {
  const frames: CastFrame[] = [];
  for (let at = 0; at < plain.length; ) {
    if (plain.length - at < frameHeadBytes) return undefined;
    const kind = kinds[plain.readUInt8(at)];
    const length = plain.readUInt32BE(at + 17);
    const end = at + frameHeadBytes + length;
    if (kind === undefined || end > plain.length) return undefined;
    frames.push({
      kind,
      seq: Number(plain.readBigUInt64BE(at + 1)),
      at: Number(plain.readBigUInt64BE(at + 9)),
      bytes: plain.subarray(at + frameHeadBytes, end),
    });
    at = end;
  }
  return frames;
}

export type Chunk = { readonly bytes: Buffer; readonly hash: string; readonly header: ChunkHeader };

const outputEnd = (frame: CastFrame): number => frame.seq + (frame.kind === 'output' ? frame.bytes.length : 0);

/** Seals frames into the chunk that follows the one with hash `prev`. `to` = output position so far, for a chunk without output. */
export function sealChunk(
  key: Uint8Array,
  frames: readonly CastFrame[],
  place: {
    readonly index: number;
    readonly prev: string;
    readonly salt: Uint8Array;
    readonly to: number;
    readonly at: number;
    readonly last: boolean;
  },
): Chunk {
  const plain = encodeFrames(frames);
  const header: ChunkHeader = {
    length: plain.length,
    index: place.index,
    keyframe: frames[0]?.kind === 'keyframe',
    last: place.last,
    from: frames[0]?.seq ?? place.to,
    to: frames.reduce((to, frame) => Math.max(to, outputEnd(frame)), place.to),
    firstAt: frames[0]?.at ?? place.at,
    lastAt: frames.at(-1)?.at ?? place.at,
    salt: place.salt,
    prev: place.prev,
  };
  const head = writeHeader(header);
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(header)).setAAD(head);
  const bytes = Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { bytes, hash: hash('sha256', bytes, 'hex'), header };
}

/** The frames of a whole chunk; undefined when it is not what was sealed. */
export function openChunk(key: Uint8Array, header: ChunkHeader, bytes: Uint8Array): readonly CastFrame[] | undefined {
  if (bytes.length !== headerBytes + header.length + tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(header))
    .setAAD(bytes.subarray(0, headerBytes))
    .setAuthTag(bytes.subarray(-tagBytes));
  try {
    return decodeFrames(Buffer.concat([decipher.update(bytes.subarray(headerBytes, -tagBytes)), decipher.final()]));
  } catch {
    return undefined;
  }
}

export const chunkHash = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');
export const chunkSize = (header: ChunkHeader): number => headerBytes + header.length + tagBytes;
