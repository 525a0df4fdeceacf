// `audit search`: events that fit a query, the newest first, page by page (S71).
import { fine, type Result } from '../../gateway/protocol/errors.ts';
import { asShown, withFlags } from '../model/audit-query.ts';
import { rowLine } from './audit-row.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { when } from './face.ts';
import { readArgs } from './globals.ts';
import { wholeNumber } from './tail-cursor.ts';

const defaultLimit = 100;
const pageRows = 1_000;
/** Between two turns of a search that is not over in one: others are served meanwhile, ms. */
const breathMs = 50;

export const search: Run = async (face, args) => {
  const own = {
    query: { type: 'string' },
    action: { type: 'string' },
    at: { type: 'string' },
    before: { type: 'string' },
    limit: { type: 'string' },
    all: { type: 'boolean' },
  } as const;
  const read = readArgs(args, own, { least: 0, most: 32 });
  if (!read.ok) return read;
  const { values, words } = read.value;
  const before = wholeNumber('--before', values.before);
  if (!before.ok) return before;
  const limit = wholeNumber('--limit', values.limit);
  if (!limit.ok) return limit;
  const said = withFlags([values.query ?? '', ...words].join(' ').trim(), values);
  const query = face.globals.json ? said : asShown(said);
  const most = values.all === true ? Number.POSITIVE_INFINITY : (limit.value ?? defaultLimit);
  return onLine(face, async ({ link }): Promise<Result<number>> => {
    let found = 0;
    let from = before.value;
    let oldest: number | undefined;
    while (found < most) {
      const page = await ask(face, link, 'audit.page', {
        ...(query === '' ? {} : { query }),
        ...(from === undefined ? {} : { before: from }),
        limit: Math.min(pageRows, most - found),
      });
      if (!page.ok) return page;
      const { events, looked, partly } = page.value;
      for (const row of events.toReversed()) face.stdout.write(rowLine(face, row));
      found += events.length;
      oldest = events[0]?.at ?? oldest;
      from = looked?.from ?? 0;
      if (from === 0) return fine(0);
      if (partly !== true) continue;
      if (events.length === 0) face.note(`Looked back to record ${from}; looking on. Ctrl-C ends it.`);
      await new Promise((resolve) => setTimeout(resolve, breathMs));
    }
    face.note(
      `There may be older ones than record ${from}${oldest === undefined ? '' : `, of ${when(oldest)}`}: --limit N, --all, or --before ${from}`,
    );
    return fine(0);
  });
};
