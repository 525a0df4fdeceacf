// Recordings: the list, and one as a file.
import { open } from 'node:fs/promises';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Link } from '../link/link.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { type Face, howLong, when } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';

const formats = ['v2', 'v3', 'txt', 'raw'] as const;
type Format = (typeof formats)[number];
const isFormat = (text: string): text is Format => (formats as readonly string[]).includes(text);

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'recording.list', {});
    if (!listed.ok) return listed;
    const { recordings } = listed.value;
    face.document(recordings);
    face.table(
      ['RECORDING', 'SERVER', 'WHO', 'SINCE', 'FOR', 'BYTES', 'STATE'],
      recordings.map((one) => [
        one.id,
        one.serverName,
        one.personName,
        when(one.startedAt),
        one.endedAt === undefined ? '' : howLong(one.endedAt - one.startedAt),
        one.bytes,
        { text: one.state, paint: one.state === 'interrupted' ? 'bad' : one.state === 'live' ? 'good' : 'dim' },
      ]),
    );
    return { ok: true, value: 0 };
  });
};

const exportOne: Run = async (face, args) => {
  const read = readArgs(args, { format: { type: 'string' }, output: { type: 'string', short: 'o' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const format = read.value.values.format ?? 'v3';
  if (!isFormat(format)) return refuse('usage', `--format is one of ${formats.join(', ')}`);
  const { output } = read.value.values;
  // Recorded bytes drive whatever terminal they reach (X2).
  if (output === undefined && format === 'raw' && face.stdout.isTTY)
    return refuse('usage', 'raw output would drive this terminal; give -o FILE');
  const recording = read.value.words[0] ?? '';
  return onLine(face, async ({ link }) => {
    if (output === undefined) {
      const written = await pieces(face, link, recording, format, (bytes) => {
        const shown = face.stdout.isTTY ? lines(bytes) : bytes;
        return new Promise((resolve) => face.stdout.write(shown, () => resolve()));
      });
      return written.ok ? { ok: true, value: 0 } : written;
    }
    const file = await open(output, 'w', 0o600).catch(() => undefined);
    if (file === undefined) return refuse('usage', `${output} cannot be written`);
    try {
      const written = await pieces(face, link, recording, format, async (bytes) => void (await file.write(bytes)));
      if (!written.ok) return written;
      await file.sync();
      face.document({ file: output, format, bytes: written.value });
      face.line(`${output}: ${written.value} bytes`);
      return { ok: true, value: 0 };
    } finally {
      await file.close();
    }
  });
};

const lines = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8').split('\n').map(safeText).join('\n');

/** All pieces in order; gives the bytes written. */
async function pieces(
  face: Face,
  link: Link,
  recording: string,
  format: Format,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<Result<number>> {
  let total = 0;
  for (let at: number | undefined; ; ) {
    const piece = await ask(face, link, 'recording.export', { recording, format, ...(at === undefined ? {} : { at }) });
    if (!piece.ok) return piece;
    const bytes = Buffer.from(piece.value.piece, piece.value.encoding);
    total += bytes.length;
    await write(bytes);
    at = piece.value.next;
    if (at === undefined) return { ok: true, value: total };
  }
}

export const recordings = verbs({ ls: list, export: exportOne });
