// How an audit record reads: time, weight, who, and the gateway's sentence.

import { problemSentence, type Result } from '../../gateway/protocol/errors.ts';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { TailLine } from '../model/audit-groups.ts';
import type { AuditEntry, AuditTail } from '../model/audit-tail.ts';
import { fact, facts, heading } from './pane.ts';
import type { Now } from './servers.ts';
import { summaryLines, summaryOf } from './session-summary.ts';
import { blank, cutLine, endsLine, type Line, lineCells, type Span, span, strong, wrapWords } from './span.ts';
import { type Column, type Placed, titleLine } from './table.ts';
import { clock, fullMoment, grouped, isToday, moment } from './times.ts';
import { dot, foreign, severities } from './words.ts';

const outcomeSpan = (row: AuditRow): Line => (row.outcome === 'ok' ? [] : [span(row.outcome === 'denied' ? '⊘ ' : '✗ ', 'bad')]);

/** A record as it stands on a line: alone, for itself and those it repeats, or one of a group that is unfolded. */
export type ShownRow = {
  readonly row: AuditRow;
  /** So many as one line, the first of them at that moment. */
  readonly folded?: { readonly times: number; readonly since: number };
  readonly unfolded?: true;
};

/** `first`: the oldest entry of the line. */
export function shownRow(row: AuditRow, line: TailLine, first: AuditEntry | undefined): ShownRow {
  if (line.times === 1 || first?.entry !== 'row') return { row };
  return line.from === line.to ? { row, unfolded: true } : { row, folded: { times: line.times, since: first.row.at } };
}

/** An alert is bold, whatever was denied or failed has its colour, and each its sign, for screens without colour. */
function sentenceSpan(row: AuditRow): Span {
  if (row.severity === 'alert') return strong(safeText(row.summary), 'bad');
  if (row.outcome === 'denied') return foreign(row.summary, 'bad');
  const { hue } = severities[row.severity];
  return foreign(row.summary, hue !== 'dim' ? hue : row.outcome === 'failed' ? 'warn' : 'plain');
}

/** A number in seven cells, for as long as that is enough. */
const seqText = (seq: number): string => (grouped(seq).length <= 7 ? grouped(seq) : String(seq));
const since = (at: number, now: number): string => (isToday(at, now) ? clock(at) : moment(at, now));

/** When the first was, where that says more than when the last was. */
const timesSpans = (times: number, first: string, last: string): Line => [
  strong(`×${grouped(times)}`, 'accent'),
  span(first === last ? ' ' : ` since ${first} `, 'dim'),
];

export const auditColumns: readonly Column<ShownRow, Now>[] = [
  { title: 'TIME', min: 8, keep: 90, cell: ({ row }, { now }) => [span(moment(row.at, now), 'dim')] },
  { title: '', min: 1, keep: 95, cell: ({ row }) => dot(severities[row.severity]) },
  {
    title: 'WHO',
    min: 9,
    share: 1,
    most: 14,
    keep: 80,
    cell: ({ row }) => [foreign(row.actor.name, row.actor.kind === 'person' ? 'plain' : 'dim')],
  },
  { title: 'CODE', min: 6, keep: 30, cell: ({ row }) => [foreign(row.code, 'dim')] },
  {
    title: 'WHAT',
    min: 44,
    share: 8,
    keep: 100,
    cell: ({ row, folded, unfolded }, { now }) => [
      ...(folded === undefined ? [] : timesSpans(folded.times, since(folded.since, now), since(row.at, now))),
      ...(unfolded === true ? [span('┆ ', 'accent')] : []),
      ...(row.breakGlass === true ? [strong('BREAK-GLASS ', 'bad')] : []),
      ...outcomeSpan(row),
      sentenceSpan(row),
    ],
  },
  { title: 'SEQ', min: 7, right: true, keep: 50, cell: ({ row }) => [span(seqText(row.seq), 'dim')] },
];

/** A hole in the tail, said as one. */
export function gapLine(entry: Extract<AuditEntry, { entry: 'gap' }>): Line {
  const count = entry.to - entry.from + 1;
  return [
    span(
      `  ── ${grouped(count)} record${count === 1 ? '' : 's'} missing here: ${grouped(entry.from)} to ${grouped(entry.to)} ──`,
      'warn',
    ),
  ];
}

/** What is beside the list: the record, or of a folded group what is the same and what is not. */
export function entriesPane(entries: readonly AuditEntry[], now: number, width: number): readonly Line[] {
  const rows = entries.flatMap((entry) => (entry.entry === 'row' ? [entry.row] : []));
  const [first] = rows;
  const newest = rows.at(-1);
  if (first === undefined || newest === undefined) return [];
  if (rows.length === 1) return auditPane(newest, width);
  const said = new Map<string, number>();
  for (const { summary } of rows) said.set(summary, (said.get(summary) ?? 0) + 1);
  const times: Line[] =
    said.size === 1
      ? []
      : [...said].flatMap(([summary, count]): Line[] =>
          wrapWords(`${grouped(count)}×  ${safeText(summary)}`, width).map((part): Line => [span(part)]),
        );
  return [
    [strong(`×${grouped(rows.length)}`, 'accent'), span(` from ${moment(first.at, now)} to ${moment(newest.at, now)}`)],
    [strong('z'), span(' shows them one by one', 'dim')],
    ...times,
    blank,
    [span('The newest of them:', 'dim')],
    ...auditPane(newest, width),
  ];
}

/** All of a record; of one that ended a session, first what became of it. */
export function recordCard(row: AuditRow, records: Result<readonly AuditRow[]> | undefined, width: number): readonly Line[] {
  return [...recordTitle(row, width), ...becameOf(row, records, width), ...recordFacts(row, width)];
}

function becameOf(row: AuditRow, records: Result<readonly AuditRow[]> | undefined, width: number): readonly Line[] {
  if (row.type !== 'session.ended') return [];
  if (records === undefined) return [blank, [span('Reading what became of the session …', 'dim')]];
  if (!records.ok)
    return [blank, ...wrapWords(safeText(problemSentence(records.problem)), width).map((part): Line => [span(part, 'bad')])];
  const summary = summaryOf(records.value);
  return summary === undefined ? [] : summaryLines(summary, width);
}

export const auditPane = (row: AuditRow, width: number): readonly Line[] => [
  ...recordTitle(row, width),
  ...recordFacts(row, width),
];

function recordTitle(row: AuditRow, width: number): readonly Line[] {
  const severity = severities[row.severity];
  return [
    [strong(safeText(row.type), 'accent')],
    [span(`${severity.glyph} ${severity.word}`, severity.hue), span(`   ${row.outcome}`, row.outcome === 'ok' ? 'dim' : 'bad')],
    blank,
    ...wrapWords(safeText(row.summary), width).map((part): Line => [span(part)]),
  ];
}

function recordFacts(row: AuditRow, width: number): readonly Line[] {
  return [
    ...facts(
      'Record',
      [
        ['when', fullMoment(row.at)],
        ['who', `${safeText(row.actor.name)} (${row.actor.kind})${row.breakGlass === true ? ', behind broken glass' : ''}`],
        ['target', safeText(row.target?.name ?? '')],
        ['session', safeText(row.session ?? '')],
        ['from', safeText(row.address ?? '')],
        ['seq', grouped(row.seq)],
        ['code', safeText(row.code)],
        ['hash', safeText(row.hash)],
      ],
      width,
    ),
    ...(row.change === undefined
      ? []
      : facts(
          'Changed',
          [
            ['before', safeText(row.change.before)],
            ['after', safeText(row.change.after)],
          ],
          width,
        )),
    ...(row.decision === undefined
      ? []
      : facts(
          'Decision',
          [
            ['asked', safeText(row.decision.actions.join(', '))],
            ['policies', safeText(row.decision.policies.join(', '))],
            ['id', safeText(row.decision.id)],
          ],
          width,
        )),
    ...said(
      'Data',
      Object.entries(row.data).filter(([key]) => key !== 'personal'),
      width,
    ),
    // What an erasure takes away (D2).
    ...said('Personal', isRecord(row.data['personal']) ? Object.entries(row.data['personal']) : [], width),
  ];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const plain = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const said = (title: string, entries: readonly (readonly [string, unknown])[], width: number): readonly Line[] =>
  entries.length === 0
    ? []
    : [blank, ...heading(title, width), ...entries.flatMap(([key, value]) => fact(safeText(key), safeText(plain(value)), width))];

/** The titles, and at their end (over the numbers, which need none) whether the tail runs. */
export function tailTitle(placed: readonly Placed<ShownRow, Now>[], tail: AuditTail, width: number): Line {
  const titles = titleLine(
    placed.filter(({ column }) => column.title !== 'SEQ'),
    undefined,
  );
  // Nothing is read yet, or may not be: then nothing is live either.
  const state: Line =
    tail.through === undefined
      ? []
      : tail.following
        ? [span('● live', 'good')]
        : [span(`‖ paused${tail.unseen === 0 ? '' : `, ${grouped(tail.unseen)} new`}`, 'warn')];
  const query: Line = tail.query === '' ? [] : [span(`  /${safeText(tail.query)}`, 'accent')];
  // Only where one would go on upwards.
  const looked: Line =
    tail.lookedTo === undefined || tail.top > 0 || tail.lookedTo === 0
      ? []
      : [span(`looked back to ${seqText(tail.lookedTo)}, PgUp: further  `, 'warn')];
  const right: Line = [...looked, ...state, ...query];
  const last = titles.at(-1);
  const bare = last === undefined ? titles : [...titles.slice(0, -1), { ...last, text: last.text.trimEnd() }];
  return endsLine(bare, cutLine(right, width - lineCells(bare) - 2), width);
}
