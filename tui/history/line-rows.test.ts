import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { historyLineOf } from '../../gateway/relay/history-lines.ts';
import { openFilter } from '../../gateway/screen/filter.ts';
import { openFinder } from '../../gateway/screen/find.ts';
import { program, size, utf8 } from '../../gateway/screen/random-program.fixture.ts';
import { type Row, rowRuns, rowText, styleAt } from '../../gateway/screen/row.ts';
import { INVERSE } from '../../gateway/screen/style.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import { inertRow } from '../attach/inert-row.ts';
import { openLineRows, withMatches } from './line-rows.ts';

/** What is seen of a row: runs, blanks at its end left out; no links, no underline colours. */
function seen(row: Row): unknown[] {
  const runs = rowRuns(row).map(({ x, text, style }) => ({ x, text, ...style, link: '', underlineColour: 0 }));
  while (runs.length > 0) {
    const last = runs.at(-1);
    if (last === undefined || last.background !== 0 || (last.flags & (INVERSE | 0x7c0)) !== 0) break;
    const text = last.text.trimEnd();
    runs.pop();
    if (text === '') continue;
    runs.push({ ...last, text });
    break;
  }
  return runs;
}

test('[law 7] a line comes out of the wire as it stood on the screen, whatever a program drew', () => {
  const rows = openLineRows();
  fc.assert(
    fc.property(size, program, ({ cols, rows: lines }, drawn) => {
      const terminal = openTerminal({ cols, rows: lines });
      for (const part of openFilter().feed(utf8(drawn))) if (part.kind === 'bytes') terminal.feed(part.bytes);
      for (const row of terminal.screen().grid) {
        const line = historyLineOf(row);
        expect(line.text).not.toMatch(/\p{Cc}/u);
        expect(rowText(rows.rowOf(line)).trimEnd()).toBe(rowText(inertRow(row)).trimEnd());
        if (line.looks === undefined) continue;
        expect(seen(rows.rowOf(line)).map((run) => JSON.stringify(run))).toEqual(
          seen(inertRow(row)).map((run) => JSON.stringify(run)),
        );
      }
      terminal.dispose();
    }),
    { numRuns: 150 },
  );
  rows.close();
});

test('[X11] a line that lies about itself is cells all the same: no control, no cell beyond the widest screen', () => {
  const rows = openLineRows();
  const row = rows.rowOf({ text: `\x1b]0;own\x07\x9b2Jred${'x'.repeat(900)}`, looks: [4000, 900, 1, 2, 0xfffff, 9, 9] });
  expect(rowText(row)).not.toMatch(/\p{Cc}/u);
  expect(rowText(row)).toHaveLength(500);
  expect(rowText(rows.rowOf({ text: 'next' })).trimEnd()).toBe('next');
  rows.close();
});

test('matches stand out, wide characters wholly', () => {
  const rows = openLineRows();
  const row = withMatches(rows.rowOf({ text: 'ab 한글 AB 한글' }), openFinder('글'), 1);
  const inverse = Array.from({ length: 16 }, (_, x) => x).filter((x) => (styleAt(row, x).flags & INVERSE) !== 0);
  expect(inverse).toEqual([5, 6, 13, 14]);
  const both = withMatches(rows.rowOf({ text: 'ab 한글 AB' }), openFinder('ab'), 2);
  expect(Array.from({ length: 12 }, (_, x) => x).filter((x) => (styleAt(both, x).flags & INVERSE) !== 0)).toEqual([0, 1, 8, 9]);
  rows.close();
});
