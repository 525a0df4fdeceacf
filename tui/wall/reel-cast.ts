// An asciicast as a reel: a file, or one that is still being fetched from the gateway while it plays (reel-fetched.ts).
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import { type CastHeader, castEvent, castHeader, type Reel, type ReelFrame } from './reel.ts';

/** The frames of an asciicast, given all its lines, its header first. */
export async function* castFrames(header: CastHeader, lines: AsyncIterable<string>): AsyncGenerator<ReelFrame> {
  let before = 0;
  let first = true;
  for await (const line of lines) {
    const event = first ? undefined : castEvent(line, header, before);
    first = false;
    before = event?.at ?? before;
    if (event?.frame !== undefined) yield event.frame;
  }
}

/** A file. Errors: `not-found`, `usage` for a file that is no recording. */
export async function castReel(file: string): Promise<Result<Reel>> {
  const lines = () => createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  let header: ReturnType<typeof castHeader>;
  let lengthMs = 0;
  try {
    let number = 0;
    for await (const line of lines()) {
      number += 1;
      if (number === 1) {
        header = castHeader(line);
        if (header === undefined) return refuse('usage', `${file} is neither evidence nor an asciicast`);
      } else if (header !== undefined && line.trim() !== '' && !line.startsWith('#')) {
        const event = castEvent(line, header, lengthMs);
        if (event === undefined) return refuse('usage', `line ${number} of ${file} is no event of an asciicast`);
        lengthMs = event.at;
      }
    }
  } catch {
    return refuse('not-found', `${file} cannot be read; a recording of the gateway comes with: recordings export ID -o FILE`);
  }
  const known = header;
  if (known === undefined) return refuse('usage', `${file} is empty`);
  return fine({
    title: known.title === '' ? file : known.title,
    size: known.size,
    lengthMs,
    from: () => castFrames(known, lines()),
  });
}
