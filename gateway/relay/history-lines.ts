// Rows as lines that travel: text, and looks where they are not plain. Links and underline colours stay behind. Pure.
import type { HistoryLine } from '../protocol/operator.ts';
import { type Row, type Run, rowRuns } from '../screen/row.ts';
import { INVERSE, OVERLINE, STRIKE, type Style, UNDERLINE_MASK } from '../screen/style.ts';

/** Flags by which a blank can be seen. */
const SEEN = INVERSE | STRIKE | OVERLINE | UNDERLINE_MASK;
const blankLooks = ({ background, flags }: Style): boolean => background === 0 && (flags & SEEN) === 0;
const plainLooks = ({ foreground, background, flags }: Style): boolean => foreground === 0 && background === 0 && flags === 0;

export function historyLineOf(row: Row): HistoryLine {
  const runs = withoutEnd(rowRuns(row));
  const text = runs.map((run) => run.text).join('');
  if (runs.every(({ style }) => plainLooks(style))) return { text };
  const looks = runs.flatMap((run) => [run.text.length, run.width, run.style.foreground, run.style.background, run.style.flags]);
  return { text, looks };
}

/** Blanks at the end of a line are nothing, unless they look like something. */
function withoutEnd(runs: readonly Run[]): readonly Run[] {
  const last = runs.at(-1);
  if (last === undefined || !blankLooks(last.style)) return runs;
  const text = last.text.replace(/ +$/, '');
  const before = runs.slice(0, -1);
  if (text === '') return withoutEnd(before);
  return [...before, { ...last, text, width: last.width - (last.text.length - text.length) }];
}
