// Playing a recording from a file, without an account or a line: evidence, which is verified first, or an asciicast (v2, v3). On a terminal the player;
// elsewhere what could be read, as text.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import * as v from 'valibot';
import { mostEvidenceLine, verifyEvidence } from '../../gateway/audit/evidence.ts';
import { type PlayedFrame, playedFrames, playedLine } from '../../gateway/audit/evidence-played.ts';
import type { LogLine } from '../../gateway/audit/log-files.ts';
import { linesOf } from '../../gateway/audit/log-files.ts';
import { evidenceDocument, evidenceSays, evidenceSentence } from '../../gateway/audit/tell-evidence.ts';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { publicKey } from '../../gateway/protocol/trail-nouns.ts';
import { rowText } from '../../gateway/screen/row.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import type { Reel, ReelFrame } from '../wall/reel.ts';
import { castReel } from '../wall/reel-cast.ts';
import type { Run } from './command.ts';
import { isEvidenceFile } from './evidence.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';

export const play: Run = async (face, args) => {
  const read = readArgs(args, { key: { type: 'string' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { key } = read.value.values;
  if (key !== undefined && !v.is(publicKey, key)) return refuse('usage', '--key is the key that sallyport-gateway init printed');
  const file = read.value.words[0] ?? '';
  const reel = (await isEvidenceFile(file)) ? await evidenceReel(face, file, key) : await castReel(file);
  if (!reel.ok) return reel;
  if (!face.stdout.isTTY || !face.stdin.isTTY) return fine(await printed(face, reel.value));
  const { showReplay } = await import('../wall/replay.ts');
  const outcome = await showReplay({ stdin: face.stdin, stdout: face.stdout }, reel.value);
  if (outcome.sentence !== '') face.note(outcome.sentence);
  return fine(outcome.tone === 'good' ? 0 : 1);
};

/** Errors: `verification` where the file is not what was given, `not-found` where it holds no recording. */
async function evidenceReel(face: Face, file: string, key: string | undefined): Promise<Result<Reel>> {
  type Place = { readonly offset: number; readonly length: number; readonly at: number; readonly keyframe: boolean };
  const places: Place[] = [];
  let recordingKey: Uint8Array | undefined;
  let first: { readonly at: number; readonly size: { cols: number; rows: number } } | undefined;
  let end = 0;
  let line = { offset: 0, length: 0 };
  /** The same lines; what is being verified is known by where it stands. */
  async function* counted(): AsyncGenerator<readonly LogLine[]> {
    let offset = 0;
    for await (const lines of linesOf(createReadStream(file, { highWaterMark: 256 * 1024 }), mostEvidenceLine))
      for (const one of lines) {
        line = { offset, length: one.bytes.length };
        offset += one.bytes.length + 1;
        yield [one];
      }
  }
  const found = await verifyEvidence(counted(), {
    ...(key === undefined ? {} : { rootKey: key }),
    onItem: (item) => {
      if (item.kind === 'recording') recordingKey = item.key;
      if (item.kind !== 'chunk') return;
      const { firstAt, lastAt, keyframe } = item.header;
      places.push({ ...line, at: firstAt, keyframe });
      end = Math.max(end, lastAt);
      const sized = first === undefined ? playedFrames(item.frames).find((frame) => frame.does !== 'output') : undefined;
      if (sized?.does === 'size' || sized?.does === 'keyframe') first = { at: firstAt, size: sized.size };
    },
  });
  const told = evidenceDocument(found, key === undefined ? 'file' : 'given');
  face.note(evidenceSentence(told));
  if (told.verdict !== 'intact') return refuse('verification', `${file}: ${told.reason}`);
  const begun = places[0];
  const secret = recordingKey;
  if (begun === undefined || secret === undefined) return refuse('not-found', `there is no recording in ${file}`);
  const zero = begun.at;
  return fine({
    title: evidenceSays(told) ?? file,
    size: first?.size ?? { cols: 80, rows: 24 },
    lengthMs: Math.max(0, end - zero),
    async *from(ms) {
      const from = Math.max(
        0,
        places.findLastIndex(({ at, keyframe }) => keyframe && at - zero <= ms),
      );
      const handle = await open(file, 'r');
      try {
        for (const { offset, length } of places.slice(from)) {
          const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
          const frames = playedLine(buffer.toString(), secret);
          if (frames === undefined) throw new Error(`${file} changed while it was played`);
          yield* frames.map((frame) => since(frame, zero));
        }
      } finally {
        await handle.close();
      }
    },
  });
}

const since = (frame: PlayedFrame, zero: number): ReelFrame => ({ ...frame, at: Math.max(0, frame.at - zero) });

/** Every line that scrolled off, then what is shown at the end. */
async function printed(face: Face, reel: Reel): Promise<number> {
  const say = (text: string): void => void face.stdout.write(`${safeText(text.trimEnd())}\n`);
  const terminal = openTerminal({ ...reel.size, scrolledOff: (line) => say(line.text()) });
  for await (const frame of reel.from(0)) {
    if (frame.does === 'output') terminal.feed(frame.bytes);
    else if (frame.does === 'size') terminal.resize(frame.size.cols, frame.size.rows);
  }
  const rows = terminal.screen().grid.map(rowText);
  terminal.dispose();
  for (const row of rows.slice(0, rows.findLastIndex((text) => text.trim() !== '') + 1)) say(row);
  return 0;
}
