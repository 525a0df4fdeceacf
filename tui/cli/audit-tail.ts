// `audit tail`: the newest events, or those after a number, and with -f all that come. What is printed is printed in order, each once, over cut lines and
// restarts of the gateway; what was purged before it could be printed stands there as a gap (M8, O9).
import { fine, type Problem, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import type { Link } from '../link/link.ts';
import { asShown, withFlags } from '../model/audit-query.ts';
import { gapLine, rowLine } from './audit-row.ts';
import type { Run } from './command.ts';
import { ask } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';
import { openCursor, type TailCursor, wholeNumber } from './tail-cursor.ts';
import { onWitnessedLine } from './witness.ts';

const defaultLimit = 200;
const pageRows = 1_000;

export const tail: Run = async (face, args) => {
  const own = {
    follow: { type: 'boolean', short: 'f' },
    query: { type: 'string' },
    action: { type: 'string' },
    at: { type: 'string' },
    after: { type: 'string' },
    limit: { type: 'string' },
    'cursor-file': { type: 'string' },
  } as const;
  const read = readArgs(args, own, { least: 0, most: 32 });
  if (!read.ok) return read;
  const { values, words } = read.value;
  const after = wholeNumber('--after', values.after);
  if (!after.ok) return after;
  const limit = wholeNumber('--limit', values.limit);
  if (!limit.ok) return limit;
  const said = withFlags([values.query ?? '', ...words].join(' ').trim(), values);
  // A program gets what it asked for, a person not the ticking.
  const query = face.globals.json ? said : asShown(said);
  const file = values['cursor-file'];
  if (file === undefined && limit.value !== 0)
    return onWitnessedLine(face, ({ link }) =>
      newest(face, link, { query, after: after.value, limit: limit.value ?? defaultLimit, follow: values.follow === true }),
    );
  if (file === undefined) return fine(0);
  if (after.value !== undefined || limit.value !== undefined) return refuse('usage', '--cursor-file says itself where to go on');
  const cursor = await openCursor(file, query);
  if (!cursor.ok) return cursor;
  return onWitnessedLine(face, ({ link }) => resumed(face, link, query, cursor.value, values.follow === true));
};

/** The newest that fit, or the first after a number; then on from there. */
async function newest(
  face: Face,
  link: Link,
  how: { readonly query: string; readonly after: number | undefined; readonly limit: number; readonly follow: boolean },
): Promise<Result<number>> {
  const { query, after, limit } = how;
  if (after !== undefined) {
    const printer = openPrinter(face, after, undefined);
    const read = await readOn(face, link, query, printer, limit);
    if (!read.ok) return read;
    return how.follow && read.value === 'head' ? follow(face, link, query, printer) : fine(0);
  }
  let rows: readonly AuditRow[] = [];
  let head: number | undefined;
  for (let before: number | undefined; rows.length < limit; ) {
    const page = await ask(face, link, 'audit.page', {
      ...chosen(query),
      limit: Math.min(pageRows, limit - rows.length),
      ...(before === undefined ? {} : { before }),
    });
    if (!page.ok) return page;
    rows = [...page.value.events, ...rows];
    head ??= page.value.head;
    // A gateway that does not say how far it looked has looked at all.
    before = page.value.looked?.from ?? 0;
    if (before === 0) break;
    if (page.value.partly === true) face.note(`Looked back to record ${before}; looking on. Ctrl-C ends it.`);
  }
  const printer = openPrinter(face, -1, undefined);
  await printer.print({ from: -1, head: head ?? 0, rows });
  return how.follow ? follow(face, link, query, printer) : fine(0);
}

/** All there is after the cursor, then what comes. */
async function resumed(face: Face, link: Link, query: string, cursor: TailCursor, onward: boolean): Promise<Result<number>> {
  const printer = openPrinter(face, cursor.seq, cursor);
  if (cursor.seq === -1) {
    // `after` has no number before the first.
    const first = await ask(face, link, 'audit.page', { ...chosen(query), before: 1 });
    if (!first.ok) return first;
    await printer.print({ from: -1, head: 0, rows: first.value.events });
  }
  const read = onward ? fine('head' as const) : await readOn(face, link, query, printer, Number.POSITIVE_INFINITY);
  if (!read.ok) return read;
  return onward ? follow(face, link, query, printer) : fine(0);
}

/** Pages after what is printed, up to the head or so many rows. */
async function readOn(face: Face, link: Link, query: string, printer: Printer, most: number): Promise<Result<'head' | 'most'>> {
  let left = most;
  for (;;) {
    const after = printer.at();
    const page = await ask(face, link, 'audit.page', { ...chosen(query), after, limit: Math.min(pageRows, left) });
    if (!page.ok) return page;
    const { events, head, looked } = page.value;
    if (head < after) return behind(after, head);
    const to = looked?.to ?? events.at(-1)?.seq ?? head;
    await printer.print({ from: Math.max(after, (looked?.from ?? 0) - 1), head: Math.max(after, to), rows: events });
    left -= events.length;
    if (left <= 0) return fine('most');
    if (to >= head) return fine('head');
  }
}

const behind = (after: number, head: number) =>
  refuse(
    'verification',
    `record ${after} was printed before, and the log ends with record ${head}: records are missing at its end`,
  );

const chosen = (query: string) => (query === '' ? {} : { query });

type Appended = { readonly from: number; readonly head: number; readonly rows: readonly AuditRow[] };
type Printer = {
  /** Everything up to here is printed, or will be before anything after it. */
  readonly at: () => number;
  readonly print: (appended: Appended) => Promise<void>;
};

/** Prints what is new, in order, a gap where something is missing; stores the cursor once stdout has it. */
function openPrinter(face: Face, from: number, cursor: TailCursor | undefined): Printer {
  let at = from;
  let last = Promise.resolve();
  return {
    at: () => at,
    print({ from: begin, head, rows }) {
      const missing = begin > at && at >= 0 ? gapLine(face, at + 1, begin) : '';
      const text =
        missing +
        rows
          .filter((row) => row.seq > at)
          .map((row) => rowLine(face, row))
          .join('');
      if (head > at) at = head;
      const through = at;
      last = last.then(async () => {
        if (text !== '')
          await new Promise<void>((resolve, reject) => face.stdout.write(text, (error) => (error ? reject(error) : resolve())));
        await cursor?.store(through);
      });
      return last;
    },
  };
}

/** Until Ctrl-C, or until the line cannot come back. */
function follow(face: Face, link: Link, query: string, printer: Printer): Promise<Result<number>> {
  return new Promise((resolve, reject) => {
    const done = (result: Result<number>): void => {
      stopPushes();
      stopStates();
      process.off('SIGINT', stop);
      resolve(result);
    };
    const stop = (): void => done({ ok: true, value: 0 });
    const refused = (problem: Problem): void => done({ ok: false, problem });
    const subscribe = async (): Promise<void> => {
      const answer = await ask(face, link, 'subscribe', { topic: 'audit', after: Math.max(0, printer.at()), ...chosen(query) });
      if (!answer.ok && answer.problem.code !== 'unreachable') refused(answer.problem);
    };
    const stopPushes = link.onPush((push) => {
      if (push.type === 'audit.appended') printer.print(push).catch(reject);
    });
    const stopStates = link.onState((state) => {
      if (state.state === 'refused') refused(state.problem);
      else if (state.state === 'waiting') face.note('The line is down; trying again.');
      else if (state.state === 'open') {
        if (state.self === undefined) refused(state.problem ?? { code: 'not-signed-in' });
        else void subscribe();
      }
    });
    process.once('SIGINT', stop);
    void subscribe();
  });
}
