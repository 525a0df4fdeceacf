// A message of the gateway made smaller (TRUST §0, compression): for operators who are signed in, and for what is worth it — pictures and answers, not
// the stream of a shell, which should cost nothing on a line that keeps up. Each stands for itself; both ends know a beginning of common words.
//
// Known limit: no context is shared between messages.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Result, refuse } from './errors.ts';
import { maxFrameBytes } from './frames.ts';

/** First byte of such a message; no frame has it. */
export const deflatedKind = 0x20;

/** Shorter ones are sent as they are. */
const leastBytes = 256;
/** Longer ones too: making them smaller would hold up everybody else. */
const mostBytes = 64 * 1024;

/** What pictures and answers are made of: part of the protocol, the same at both ends. The commonest stand last. */
const words = Buffer.from(
  [
    '"tier":"critical","tier":"important","state":"detached","state":"frozen","level":"terminal","level":"full",',
    '"type":"servers.changed","type":"audit.appended","type":"sessions.changed","type":"session.company","type":"session.notice",',
    '"participants":[{"id":"par_","person":"usr_","name":"","role":"observer","role":"peer","role":"driver","joinedAt":17,"ordinal":1}],',
    '{"re":1,"ok":{"session":{"id":"ses_","server":"srv_","serverName":"","tier":"normal","person":"usr_","personName":"","osUser":"","level":"full",',
    '"state":"running","startedAt":17,"size":{"cols":80,"rows":24},"participants":[],"title":"","bytes":0,"recording":"rec_","rec":"on","mine":false,',
    '"needs":"nothing","freezes":[],"ends":{"at":17,"reason":"expired"}},"channel":1,"participant":"par_","credit":262144}}',
    '\x1b[0m\x1b[1m\x1b[7m\x1b[27m\x1b[22m\x1b[39;49m\x1b[38;5;\x1b[48;5;\x1b[31m\x1b[32m\x1b[33m\x1b[34m\x1b[36m\x1b[K\x1b[1;1H\x1b[24;1H\x1b[2;1H~\x1b[3;1H~\x1b[4;1H~                ',
  ].join(''),
);

/** The message, smaller; undefined where that is not worth it. */
export function deflated(message: string | Uint8Array): Uint8Array | undefined {
  const text = typeof message === 'string';
  const plain = text ? Buffer.from(message) : message;
  if (plain.length < leastBytes || plain.length > mostBytes) return undefined;
  const small = deflateRawSync(plain, { dictionary: words });
  if (small.length + 2 > plain.length * 0.9) return undefined;
  return Buffer.concat([Uint8Array.of(deflatedKind, text ? 1 : 0), small]);
}

/** What it was: text for JSON, bytes for a frame. Errors: bad-frame, also for what would grow beyond a frame. */
export function inflated(data: Uint8Array): Result<string | Uint8Array> {
  if (data[0] !== deflatedKind || (data[1] !== 0 && data[1] !== 1)) return refuse('bad-frame', 'not a deflated message');
  try {
    const plain = inflateRawSync(data.subarray(2), { dictionary: words, maxOutputLength: maxFrameBytes });
    return { ok: true, value: data[1] === 1 ? plain.toString() : plain };
  } catch {
    return refuse('bad-frame', 'a deflated message that does not come out');
  }
}
