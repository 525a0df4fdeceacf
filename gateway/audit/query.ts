// The query language of the audit log, the same for pages and tails. Terms stand side by side and must all fit:
//   actor:ana  server:web-1  target:NAME  session:ses_…  type:session.*  code:T5006I  outcome:denied  severity:warning  address:10.*
//   since:2h  until:30m  seq:120  and any other word: text that the sentence or the type holds.
// `-term` must not fit. Values may hold `*` and stand in double quotes. Case does not count. Globs are matched without a regular expression.
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { type AuditRow, outcomes, severities } from '../protocol/nouns.ts';

export type AuditQuery = ((row: AuditRow) => boolean) & {
  /** Nothing before this instant fits, ms; −∞ when the query does not say. */
  readonly since: number;
};

const maxTerms = 32;
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

type Fits = (row: AuditRow) => boolean;

/** Parses a query; `now` is what `since` and `until` count back from. Error: bad-request naming the term. */
export function parseQuery(query: string, now: number): Result<AuditQuery> {
  const terms = query.match(/(?:[^\s"]|"[^"]*")+|"/g) ?? [];
  if (terms.length > maxTerms) return refuse('bad-request', `more than ${maxTerms} terms`);
  const all: Fits[] = [];
  let since = Number.NEGATIVE_INFINITY;
  for (const raw of terms) {
    const not = raw.length > 1 && raw.startsWith('-');
    const term = not ? raw.slice(1) : raw;
    const made = termOf(term, now);
    if (!made.ok) return made;
    const { fits, from } = made.value;
    all.push(not ? (row) => !fits(row) : fits);
    if (from !== undefined && !not) since = Math.max(since, from);
  }
  return fine(Object.assign((row: AuditRow) => all.every((fits) => fits(row)), { since }));
}

const unquoted = (text: string): string => text.replaceAll('"', '');

function termOf(term: string, now: number): Result<{ readonly fits: Fits; readonly from?: number }> {
  const colon = term.startsWith('"') ? -1 : term.indexOf(':');
  const key = colon === -1 ? '' : term.slice(0, colon).toLowerCase();
  const value = unquoted(term.slice(colon + 1)).toLowerCase();
  const bad = (why: string) => refuse('bad-request', `${term.slice(0, 64)}: ${why}`);
  if (colon !== -1 && value === '') return bad('a value is missing');
  const byName = (fits: (row: AuditRow, like: (text: string | undefined) => boolean) => boolean) =>
    fine({ fits: (row: AuditRow) => fits(row, (text) => text !== undefined && globFits(value, text.toLowerCase())) });
  switch (key) {
    case '': {
      const word = unquoted(term).toLowerCase();
      return fine({
        fits: (row) => row.summary.toLowerCase().includes(word) || row.type.includes(word) || row.code.toLowerCase() === word,
      });
    }
    case 'actor':
      return byName((row, like) => like(row.actor.name) || like(row.actor.id) || like(row.actor.kind));
    case 'server':
    case 'target':
      return byName((row, like) => like(row.target?.name) || like(row.target?.id) || like(text(row.data['server'])));
    case 'session':
      return byName((row, like) => like(row.session) || like(text(row.data['session'])));
    case 'type':
      return byName((row, like) => like(row.type));
    case 'code':
      return byName((row, like) => like(row.code));
    case 'address':
      return byName((row, like) => like(row.address));
    case 'outcome':
      return outcomes.some((outcome) => outcome === value)
        ? byName((row, like) => like(row.outcome))
        : bad(`one of ${outcomes.join(', ')}`);
    case 'severity':
      return severities.some((severity) => severity === value)
        ? byName((row, like) => like(row.severity))
        : bad(`one of ${severities.join(', ')}`);
    case 'since':
    case 'until': {
      const at = instantOf(value, now);
      if (at === undefined) return bad('a span like 30m, 2h, 7d, or a day like 2026-11-22');
      return key === 'since' ? fine({ fits: (row) => row.at >= at, from: at }) : fine({ fits: (row) => row.at <= at });
    }
    case 'seq':
      return /^\d{1,15}$/.test(value) ? fine({ fits: (row) => row.seq === Number(value) }) : bad('a number');
    default:
      return bad('there is no such field');
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function instantOf(value: string, now: number): number | undefined {
  const span = /^(\d{1,6})([smhdw])$/.exec(value);
  if (span !== null) return now - Number(span[1]) * (unitMs[span[2] ?? ''] ?? 0);
  if (!/^\d{4}-\d{2}-\d{2}(t\d{2}:\d{2}(:\d{2})?z?)?$/.test(value)) return undefined;
  const upper = value.toUpperCase();
  const at = Date.parse(upper.length === 10 || upper.endsWith('Z') ? upper : `${upper}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** Whether a pattern whose only wildcard is `*` fits a whole text. Linear in practice, bounded by pattern × text (TRUST B2: no regular expression). */
export function globFits(pattern: string, subject: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === subject;
  if (!subject.startsWith(head) || subject.length < head.length + tail.length || !subject.endsWith(tail)) return false;
  const end = subject.length - tail.length;
  let at = head.length;
  for (const piece of rest) {
    const found = subject.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
