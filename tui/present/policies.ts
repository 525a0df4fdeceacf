// How policies read: each with its text and comment, the versions, and what a set on trial would do.
import type { PolicyRow } from '../../gateway/protocol/access-nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { PolicySet } from '../model/model.ts';
import { heading } from './pane.ts';
import type { Now } from './servers.ts';
import { blank, type Line, span, strong, wrapWords } from './span.ts';
import type { Column } from './table.ts';
import { age, fullMoment, grouped } from './times.ts';
import { foreign } from './words.ts';

/** What its author says of it: the comment before the rule. */
export const commentOf = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('//'))
    .map((line) => line.replace(/^\/+\s*/, ''))
    .join(' ');

export const policyColumns: readonly Column<PolicyRow, Now>[] = [
  { title: 'ORIGIN', min: 8, keep: 80, cell: (row) => [span(row.origin, row.origin === 'added' ? 'accent' : 'dim')] },
  { title: 'EFFECT', min: 8, keep: 90, cell: (row) => [effectSpan(row)] },
  { title: 'ID', min: 24, share: 2, most: 44, keep: 100, cell: (row) => [foreign(row.id)] },
  { title: 'SAYS', min: 24, share: 4, keep: 85, cell: (row) => [foreign(commentOf(row.text), 'dim')] },
];

const effectSpan = ({ effect }: Pick<PolicyRow, 'effect'>) =>
  effect === 'permit' ? span('+ permit', 'good') : span('– forbid', 'bad');

export function policyPane(row: PolicyRow, _now: number, width: number): readonly Line[] {
  return [
    [strong(safeText(row.id), 'accent')],
    [effectSpan(row), span(`   ${row.origin === 'added' ? 'added by an admin' : 'built in'}`, 'dim')],
    blank,
    ...heading('Text', width),
    ...sourceLines(row.text, width),
  ];
}

/** Source as it is written, its indentation kept; comments dim. */
export function sourceLines(text: string, width: number): readonly Line[] {
  return text.split('\n').flatMap((line) => {
    const safe = safeText(line);
    const indent = Math.min(/^ */.exec(safe)?.[0].length ?? 0, 12);
    const comment = safe.trimStart().startsWith('//');
    return wrapWords(safe.trim(), Math.max(8, width - indent)).map(
      (part): Line => [span(' '.repeat(indent)), span(part, comment ? 'dim' : 'plain')],
    );
  });
}

/** Versions, newest first, and the trial. */
export function policyHistory(set: PolicySet | undefined, now: number, width: number): readonly Line[] {
  if (set === undefined) return [[span('The policies are not read yet.', 'dim')]];
  const { trial, versions } = set;
  const words = (text: string) =>
    wrapWords(safeText(text), Math.max(8, width - 4)).map((part): Line => [span('    '), span(part)]);
  return [
    [strong(`Version ${set.version}`, 'accent'), span(' is in force', 'dim')],
    [span(`digest ${safeText(set.digest)}`, 'dim')],
    blank,
    ...heading('On trial', width),
    ...(trial === undefined
      ? [[span('No set is on trial: sallyport policy try FILE puts one beside the real one.', 'dim')] as Line]
      : [
          [
            span(`by ${safeText(trial.by)}, ${age(trial.since, now)} ago: `),
            strong(`${grouped(trial.wouldDeny)} would be denied`, trial.wouldDeny > 0 ? 'bad' : 'plain'),
            span(`, ${grouped(trial.wouldAllow)} allowed, of ${grouped(trial.asked)} asked`),
          ] as Line,
          ...trial.examples.map(
            (one): Line => [
              span('  '),
              foreign(one.person),
              span(' '),
              foreign(one.action, 'dim'),
              span(' '),
              foreign(one.target),
              span(`  ${one.now} → ${one.would}`, one.would === 'deny' ? 'bad' : 'plain'),
            ],
          ),
        ]),
    blank,
    ...heading('Versions', width),
    ...(versions.length === 0 ? [[span('Only the built-in policies were ever in force.', 'dim')] as Line] : []),
    ...versions
      .toSorted((a, b) => b.version - a.version)
      .flatMap((one): readonly Line[] => [
        [
          strong(`${one.version}`.padStart(4), one.version === set.version ? 'accent' : 'plain'),
          span(`  ${fullMoment(one.at)}  `, 'dim'),
          foreign(one.by),
          span(`  ${one.policies} added`, 'dim'),
        ],
        ...words(one.why),
      ]),
  ];
}
