// The lines of a live session as plain text, for scripts and for reading elsewhere: all of them, some, or those with a text in them (E30).
import { refuse } from '../../gateway/protocol/errors.ts';
import type { Gives, HistoryLine } from '../../gateway/protocol/operator.ts';
import { openFinder } from '../../gateway/screen/find.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { readArgs } from './globals.ts';
import { sessionNamed } from './session-named.ts';

/** Lines asked for at once: the most the gateway gives. */
const atOnce = 200;
const notFoundCode = 6;

/** A number of lines, or of a line, as a person counts: from 1. */
const whole = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : /^[1-9]\d{0,11}$/.test(text) ? Number(text) : Number.NaN;

/** `SESSION [--from N] [--lines N] [--find TEXT]`: from the first line on; with `--lines` alone the newest; with `--find` those with the text, numbered. */
export const history: Run = async (face, args) => {
  const own = { from: { type: 'string' }, lines: { type: 'string' }, find: { type: 'string' } } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { find } = read.value.values;
  const from = whole(read.value.values.from);
  const most = whole(read.value.values.lines);
  if (Number.isNaN(from) || Number.isNaN(most)) return refuse('usage', '--from and --lines take a number from 1 on');
  if (find !== undefined && (find === '' || find.length > atOnce))
    return refuse('usage', '--find takes a text of 1 to 200 characters');
  return onLine(face, async ({ link }) => {
    const named = await sessionNamed(face, link, read.value.words[0] ?? '');
    if (!named.ok) return named;
    const session = named.value;
    const said: { line: number; text: string }[] = [];
    const say = (line: number, { text }: HistoryLine): void => {
      said.push({ line: line + 1, text });
      face.line(find === undefined ? text : `${line + 1}: ${text}`);
    };
    const fits =
      find === undefined
        ? () => true
        : (
            (finder) => (text: string) =>
              finder(text) >= 0
          )(openFinder(find));
    const room = (): number => (most ?? Number.MAX_SAFE_INTEGER) - said.length;
    /** Says what of an answer is asked for; where to go on. */
    const take = ({ from: first, lines, found }: Gives<'session.history'>, least: number): number => {
      for (const [at, line] of lines.entries())
        if (first + at >= least && room() > 0 && (first + at === found || fits(line.text))) say(first + at, line);
      return Math.max(least, first + lines.length);
    };
    let next = (from ?? 1) - 1;
    if (from === undefined && most !== undefined && find === undefined) {
      const extent = await ask(face, link, 'session.history', { session, count: 0 });
      if (!extent.ok) return extent;
      next = Math.max(0, extent.value.total - most);
    }
    for (let total = Number.MAX_SAFE_INTEGER; next < total && room() > 0; ) {
      const body = { session, from: next, count: find === undefined ? Math.min(atOnce, room()) : atOnce };
      const answer = await ask(face, link, 'session.history', find === undefined ? body : { ...body, find: { text: find } });
      if (!answer.ok) return answer;
      // What is said to be there when one begins is all that is asked for: a session that goes on would never end.
      total = Math.min(total, answer.value.total);
      const { lines, found, searched } = answer.value;
      if (find !== undefined && found === undefined) next = Math.max(next + 1, searched ?? total);
      else if (lines.length === 0) break;
      else next = take(answer.value, found ?? next);
    }
    face.document({ lines: said });
    if (find === undefined || said.length > 0) return { ok: true, value: 0 };
    face.note(`“${find}” is nowhere in this history.`);
    return { ok: true, value: notFoundCode };
  });
};
