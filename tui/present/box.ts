// A box over the lists: every line is filled to the edge, so that nothing below shines through.
import { fitLine, type Hue, type Line, span, strong } from './span.ts';

export function boxed(title: string, lines: readonly Line[], width: number, hue: Hue): readonly Line[] {
  const inner = width - 4;
  return [
    [span('╭─ ', hue), strong(title, hue), span(` ${'─'.repeat(Math.max(0, width - title.length - 5))}╮`, hue)],
    ...lines.map((line): Line => [span('│ ', hue), ...fitLine(line, inner), span(' │', hue)]),
    [span(`╰${'─'.repeat(width - 2)}╯`, hue)],
  ];
}

export function modalWidth(cols: number): number {
  return Math.min(64, cols - 4);
}
