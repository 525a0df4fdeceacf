// Messages of one direction of a connection made smaller by what went before them (TRUST §0, compression; LOWBAND §5.6). Both ends keep the last
// 32 KiB that were deflated, and each message is raw deflate (RFC 1951) with that as its dictionary: matches reach back as in one long stream, but
// nothing of zlib lives between two messages (32 KiB a connection instead of 300), a message is bounded by itself when it is inflated, and
// there is no flush trailer to drop. Synchronous, so that the order of messages is theirs. Knows nothing of sockets, and of who is signed in.
//
// INVARIANT: both ends remember exactly the deflated messages, in order. Whoever drops one of them must drop the connection; messages sent
// as they are may stand anywhere between them.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Result, refuse } from './errors.ts';
import { maxFrameBytes } from './frames.ts';

/** First byte of such a message; no frame has them. */
const kinds = { frame: 0x20, text: 0x21 } as const;

/** Shorter ones have nothing to gain: what they cost is the packet. */
const leastBytes = 16;
/** Longer ones would hold up everybody else (2 ms), and are rare. */
const mostBytes = 128 * 1024;
/** How far back a match reaches (RFC 1951). */
const reachBytes = 32 * 1024;

/** What first pictures and answers are made of: part of the protocol, the same at both ends. The commonest stand last. */
const words = Buffer.from(
  [
    '"ok":{"self":{"person":"usr_","name":"","email":"@example.","role":"user","role":"superuser","role":"staff","groups":[],"login":"lgn_","device":"dev_",',
    '"deviceKnown":true,"factor":"none","factor":"totp","loginExpiresAt":17,"gatewayName":"","gatewayVersion":"0.1.0","proofs":[]}}}',
    '"tier":"critical","tier":"important","state":"detached","state":"frozen","level":"terminal","level":"full",',
    '"type":"servers.changed","type":"audit.appended","type":"sessions.changed","type":"session.company","type":"session.notice",',
    '"participants":[{"id":"par_","person":"usr_","name":"","role":"observer","role":"peer","role":"driver","joinedAt":17,"ordinal":1}],',
    '{"re":1,"ok":{"session":{"id":"ses_","server":"srv_","serverName":"","tier":"normal","person":"usr_","personName":"","osUser":"","level":"full",',
    '"state":"running","startedAt":17,"size":{"cols":80,"rows":24},"participants":[],"title":"","bytes":0,"recording":"rec_","rec":"on","mine":false,',
    '"needs":"nothing","freezes":[],"ends":{"at":17,"reason":"expired"}},"channel":1,"participant":"par_","credit":262144}}',
    '\x1b[0m\x1b[1m\x1b[7m\x1b[27m\x1b[22m\x1b[39;49m\x1b[38;5;\x1b[48;5;\x1b[31m\x1b[32m\x1b[33m\x1b[34m\x1b[36m\x1b[K\x1b[1;1H\x1b[24;1H\x1b[2;1H~\x1b[3;1H~\x1b[4;1H~                ',
  ].join(''),
);

export type Deflater = {
  /** The message, smaller; undefined where it is to be sent as it is. What is given must be sent, and in this order. */
  deflate(message: string | Uint8Array): Uint8Array | undefined;
  /** What it would come to if it were the next, bytes: to choose between two. */
  weigh(message: Uint8Array): number;
};

export type Inflater = {
  /** What it was: text for JSON, bytes for a frame. Errors: bad-frame, also for what would grow beyond 256 KiB; then the connection is over. */
  inflate(data: Uint8Array): Result<string | Uint8Array>;
};

/** Whether a binary message is one for {@link Inflater}. */
export const isDeflated = (data: Uint8Array): boolean => data[0] === kinds.frame || data[0] === kinds.text;

/** The sending end of one direction. */
export function openDeflater(): Deflater {
  const memory = openMemory();
  const pack = (plain: Uint8Array): Buffer | undefined => {
    if (plain.length < leastBytes || plain.length > mostBytes) return undefined;
    const small = deflateRawSync(plain, { level: 6, memLevel: 8, dictionary: memory.bytes });
    return small.length + 1 < plain.length ? small : undefined;
  };
  return {
    deflate(message) {
      const text = typeof message === 'string';
      const plain = text ? Buffer.from(message) : message;
      const small = pack(plain);
      if (small === undefined) return undefined;
      memory.add(plain);
      const out = Buffer.allocUnsafe(small.length + 1);
      out[0] = text ? kinds.text : kinds.frame;
      small.copy(out, 1);
      return out;
    },
    weigh(message) {
      const small = pack(message);
      return small === undefined ? message.length : small.length + 1;
    },
  };
}

/** The receiving end of one direction. */
export function openInflater(): Inflater {
  const memory = openMemory();
  return {
    inflate(data) {
      if (!isDeflated(data)) return refuse('bad-frame', 'not a deflated message');
      try {
        const plain = inflateRawSync(data.subarray(1), { dictionary: memory.bytes, maxOutputLength: maxFrameBytes });
        memory.add(plain);
        return { ok: true, value: data[0] === kinds.text ? plain.toString() : plain };
      } catch {
        return refuse('bad-frame', 'a deflated message that does not come out');
      }
    },
  };
}

/** The last bytes that were deflated, at most `reachBytes` of them. */
function openMemory(): { readonly bytes: Uint8Array; add(plain: Uint8Array): void } {
  let room = Buffer.alloc(0);
  let end = 0;
  const memory = {
    bytes: words as Uint8Array,
    add(plain: Uint8Array): void {
      const fresh = plain.subarray(Math.max(0, plain.length - reachBytes));
      const kept = memory.bytes.subarray(Math.max(0, memory.bytes.length - (reachBytes - fresh.length)));
      if (end + fresh.length > room.length) {
        // Twice what is needed, so that most messages move nothing.
        const next = Buffer.allocUnsafe(2 * reachBytes);
        next.set(kept);
        room = next;
        end = kept.length;
      }
      room.set(fresh, end);
      end += fresh.length;
      memory.bytes = room.subarray(end - kept.length - fresh.length, end);
    },
  };
  return memory;
}
