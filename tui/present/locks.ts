// Locks that are set: on what, why, by whom, and until when.
import type { LockRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { blank, cutLine, fitLine, type Line, span, strong } from './span.ts';
import { age, fullMoment } from './times.ts';

/** `at` is the chosen one. Lines are at most `width` wide; those above the chosen one scroll away when there are more than `rows`. */
export function lockLines(locks: readonly LockRow[], at: number, now: number, width: number, rows: number): readonly Line[] {
  const title: Line = [strong('Locks', 'accent'), span(locks.length === 0 ? '' : `  ${locks.length}`, 'dim')];
  if (locks.length === 0)
    return [title, blank, [span('Nothing is locked. L on a session locks its person, on a server the server.', 'dim')]];
  const each = 2;
  const page = Math.max(1, Math.floor((rows - 2) / each));
  const from = Math.max(0, Math.min(at - page + 1, locks.length - page));
  return [
    title,
    blank,
    ...locks.slice(from, from + page).flatMap((lock, index): readonly Line[] => {
      const here = from + index === at;
      const until = lock.until === undefined ? 'until it is taken off' : `until ${fullMoment(lock.until)}`;
      const head: Line = [
        span(here ? '▸ ' : '  ', 'accent'),
        ...fitLine([span(`${lock.kind} `, 'dim'), strong(safeText(lock.targetName), here ? 'accent' : 'plain')], 28),
        span(`  by ${safeText(lock.by)}, ${age(lock.at, now)}; ${until}`, 'dim'),
      ];
      return [cutLine(head, width), cutLine([span(`    ${safeText(lock.why)}`)], width)];
    }),
  ];
}
