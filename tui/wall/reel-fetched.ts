// A recording of the gateway as a reel while it is fetched: pieces go into a private file that has no name any more once it is open, so that nothing of
// it stays behind, however this program ends; whoever plays it reads there, and waits where it is not written yet.
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fine, type Problem, problemSentence, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import { castEvent, castHeader, type Reel } from './reel.ts';
import { castFrames } from './reel-cast.ts';

type Piece = Gives<'recording.export'>;

export type FetchedReel = Reel & {
  /** When the recording began on the gateway's clock, ms, to the second. */
  readonly startedAt: number;
  readonly close: () => Promise<void>;
};

const readBytes = 64 * 1024;

/**
 * `first`: the first piece of an asciicast v3; `fetch`: the piece at a place. Fetches until it is whole or closed. Errors: `bad-message` where the piece is no
 * asciicast; a later refusal ends the frames with an error that says it.
 */
export async function fetchedReel(first: Piece, fetch: (at: number) => Promise<Result<Piece>>): Promise<Result<FetchedReel>> {
  const [head = ''] = first.piece.split('\n', 1);
  const header = castHeader(head);
  if (header === undefined) return refuse('bad-message', 'the gateway gave no asciicast');
  const file = await unnamed();
  let held = 0;
  let over: 'whole' | 'closed' | Problem | undefined;
  let wake: () => void = () => undefined;
  let news = new Promise<void>((resolve) => (wake = resolve));
  const tell = (): void => {
    wake();
    news = new Promise((resolve) => (wake = resolve));
  };

  let lengthMs = 0;
  let rest = '';
  /** How long it is so far, from the lines that are whole. */
  const measure = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) lengthMs = castEvent(line, header, lengthMs)?.at ?? lengthMs;
  };
  const keep = async ({ piece, encoding }: Piece): Promise<void> => {
    const bytes = Buffer.from(piece, encoding);
    measure(piece);
    await file.write(bytes, 0, bytes.length, held);
    held += bytes.length;
    tell();
  };
  async function fetchAll(): Promise<void> {
    await keep(first);
    for (let at = first.next; at !== undefined && over === undefined; ) {
      const piece = await fetch(at);
      if (over !== undefined) return;
      if (!piece.ok) {
        over = piece.problem;
        return tell();
      }
      await keep(piece.value);
      at = piece.value.next;
    }
    over ??= 'whole';
    tell();
  }
  const fetching = fetchAll().catch((error: unknown) => {
    over ??= { code: 'bug', detail: String(error) };
    tell();
  });

  async function* lines(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    const buffer = Buffer.alloc(readBytes);
    let at = 0;
    let begun = '';
    for (;;) {
      if (at < held) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(readBytes, held - at), at);
        at += bytesRead;
        const whole = (begun + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
        begun = whole.pop() ?? '';
        yield* whole;
      } else if (over === undefined) await news;
      else break;
    }
    if (over !== 'whole' && over !== 'closed' && over !== undefined) throw new Error(problemSentence(over));
    if (begun !== '') yield begun;
  }

  return fine({
    title: header.title,
    size: header.size,
    startedAt: timestampOf(head),
    get lengthMs() {
      return lengthMs;
    },
    get whole() {
      return over === 'whole';
    },
    from: () => castFrames(header, lines()),
    async close() {
      over ??= 'closed';
      tell();
      await fetching;
      await file.close();
    },
  });
}

function timestampOf(head: string): number {
  const at = /"timestamp":\s*(\d{1,12})/.exec(head)?.[1];
  return at === undefined ? 0 : Number(at) * 1000;
}

/** A file of one's own that nobody else can open. */
async function unnamed(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-'));
  try {
    return await open(join(folder, 'recording'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
