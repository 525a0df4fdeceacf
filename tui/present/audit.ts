// How an audit record reads: time, weight, who, and the gateway's sentence.

import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { AuditEntry, AuditTail } from '../model/audit-tail.ts';
import { fact, facts } from './pane.ts';
import type { Now } from './servers.ts';
import { blank, cutLine, endsLine, type Line, lineCells, span, strong, wrapWords } from './span.ts';
import { type Column, type Placed, titleLine } from './table.ts';
import { fullMoment, grouped, moment } from './times.ts';
import { dot, foreign, severities } from './words.ts';

const outcomeSpan = (row: AuditRow): Line => (row.outcome === 'ok' ? [] : [span(row.outcome === 'denied' ? '⊘ ' : '✗ ', 'bad')]);

export const auditColumns: readonly Column<AuditRow, Now>[] = [
  { title: 'TIME', min: 8, keep: 90, cell: (row, { now }) => [span(moment(row.at, now), 'dim')] },
  { title: '', min: 1, keep: 95, cell: (row) => dot(severities[row.severity]) },
  {
    title: 'WHO',
    min: 9,
    share: 1,
    most: 14,
    keep: 80,
    cell: (row) => [foreign(row.actor.name, row.actor.kind === 'person' ? 'plain' : 'dim')],
  },
  { title: 'CODE', min: 6, keep: 30, cell: (row) => [foreign(row.code, 'dim')] },
  {
    title: 'WHAT',
    min: 44,
    share: 8,
    keep: 100,
    cell: (row) => [
      ...outcomeSpan(row),
      foreign(row.summary, severities[row.severity].hue === 'dim' ? 'plain' : severities[row.severity].hue),
    ],
  },
  { title: 'SEQ', min: 7, right: true, keep: 50, cell: (row) => [span(grouped(row.seq), 'dim')] },
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

export function auditPane(row: AuditRow, width: number): readonly Line[] {
  const severity = severities[row.severity];
  return [
    [strong(safeText(row.type), 'accent')],
    [span(`${severity.glyph} ${severity.word}`, severity.hue), span(`   ${row.outcome}`, row.outcome === 'ok' ? 'dim' : 'bad')],
    blank,
    ...wrapWords(safeText(row.summary), width).map((part): Line => [span(part)]),
    ...facts(
      'Record',
      [
        ['when', fullMoment(row.at)],
        ['who', `${safeText(row.actor.name)} (${row.actor.kind})`],
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
    ...(Object.keys(row.data).length === 0
      ? []
      : [
          blank,
          [strong('Data')],
          ...Object.entries(row.data).flatMap(([key, value]) => fact(safeText(key), safeText(plain(value)), width)),
        ]),
  ];
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** The titles, and at their end (over the numbers, which need none) whether the tail runs. */
export function tailTitle(placed: readonly Placed<AuditRow, Now>[], tail: AuditTail, width: number): Line {
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
  const right: Line = [...state, ...query];
  const last = titles.at(-1);
  const bare = last === undefined ? titles : [...titles.slice(0, -1), { ...last, text: last.text.trimEnd() }];
  return endsLine(bare, cutLine(right, width - lineCells(bare) - 2), width);
}
