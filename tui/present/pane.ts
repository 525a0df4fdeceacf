// Pieces of the pane beside a list: headings and facts.
import { blank, type Line, span, strong, wrapWords } from './span.ts';

const nameCells = 8;

export function heading(title: string, width: number): readonly Line[] {
  return [[strong(title), span(` ${'─'.repeat(Math.max(0, width - title.length - 1))}`, 'dim')]];
}

/** `name  value`, the value wrapped under itself; nothing for an empty value. Texts must be safe. */
export function fact(name: string, value: string, width: number): readonly Line[] {
  if (value === '') return [];
  const head = name.length > nameCells ? `${name} ` : name.padEnd(nameCells);
  return wrapWords(value, Math.max(8, width - head.length)).map(
    (part, index): Line => [span(index === 0 ? head : ' '.repeat(head.length), 'dim'), span(part)],
  );
}

export function facts(title: string, pairs: readonly (readonly [string, string])[], width: number): readonly Line[] {
  const lines = pairs.flatMap(([name, value]) => fact(name, value, width));
  return lines.length === 0 ? [] : [blank, ...heading(title, width), ...lines];
}
