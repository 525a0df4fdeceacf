// Pieces of the pane beside a list: headings and facts.
import { cutToCells } from '../../gateway/protocol/cell-width.ts';
import { blank, cells, type Line, span, strong, wrapWords } from './span.ts';

const nameCells = 8;

export function heading(title: string, width: number): readonly Line[] {
  return [[strong(title), span(` ${'─'.repeat(Math.max(0, width - title.length - 1))}`, 'dim')]];
}

/** `name  value`, the value wrapped under itself; nothing for an empty value. Texts must be safe. */
export function fact(name: string, value: string, width: number): readonly Line[] {
  if (value === '') return [];
  // A name may be anybody's (keys of a record's data): it never takes more than half.
  const short = cutToCells(name, Math.max(nameCells, Math.floor(width / 2)));
  const room = Math.max(nameCells, cells(short) + 1);
  const head = short + ' '.repeat(room - cells(short));
  return wrapWords(value, Math.max(8, width - room)).map(
    (part, index): Line => [span(index === 0 ? head : ' '.repeat(room), 'dim'), span(part)],
  );
}

export function facts(title: string, pairs: readonly (readonly [string, string])[], width: number): readonly Line[] {
  const lines = pairs.flatMap(([name, value]) => fact(name, value, width));
  return lines.length === 0 ? [] : [blank, ...heading(title, width), ...lines];
}
