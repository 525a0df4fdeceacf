// What lies over the lists: the step-up, and the confirmation of an ending. Boxes of lines, every one filled to the edge so that nothing
// below shines through.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { askWords } from '../model/ask.ts';
import type { Model, Overlay } from '../model/model.ts';
import { fieldSpans } from './prompt.ts';
import { blank, fitLine, type Hue, type Line, span, strong, wrapWords } from './span.ts';
import { countdown } from './times.ts';

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

/** The box for an overlay, or undefined for those that are no box. */
export function modalLines(model: Model, overlay: Overlay, width: number): readonly Line[] | undefined {
  switch (overlay.overlay) {
    case 'step-up':
      return stepUpLines(model, overlay, width);
    case 'kill':
      return killLines(overlay, width);
    case 'help':
    case 'messages':
    case 'command':
    case 'filter':
      return undefined;
    default:
      return overlay satisfies never;
  }
}

function stepUpLines(model: Model, overlay: Extract<Overlay, { overlay: 'step-up' }>, width: number): readonly Line[] {
  const room = width - 4;
  const text = (sentence: string, hue: Hue = 'plain') =>
    wrapWords(safeText(sentence), room).map((part): Line => [span(part, hue)]);
  const { problem, refusedUntil } = overlay;
  const throttled = refusedUntil !== undefined && refusedUntil > model.now;
  return boxed(
    '▣ Step-up',
    [
      ...text(`To ${askWords(overlay.ask)} enter a code from your authenticator.`),
      ...(overlay.challenge.missing.length === 0 ? [] : text(`Policy asks for ${overlay.challenge.missing.join('; ')}.`, 'dim')),
      blank,
      [span('code ▸ ', 'accent'), ...(overlay.checking ? [span('checking …', 'dim')] : fieldSpans(overlay.field, 40))],
      ...(throttled
        ? text(`✗ Too many wrong codes: no code is looked at for ${countdown(refusedUntil, model.now)}.`, 'bad')
        : problem === undefined
          ? [blank]
          : text(`✗ ${problemSentence(problem)}`, 'bad')),
      [strong('enter'), span(' go on   ', 'dim'), strong('esc'), span(' back', 'dim')],
    ],
    width,
    'accent',
  );
}

function killLines(overlay: Extract<Overlay, { overlay: 'kill' }>, width: number): readonly Line[] {
  return boxed(
    'End a session',
    [
      ...wrapWords(safeText(`This ends ${overlay.who}’s session on ${overlay.name}, and whatever runs in it.`), width - 4).map(
        (part): Line => [span(part)],
      ),
      [span('The reason is shown to everybody in it and kept in the log.', 'dim')],
      blank,
      [span('reason ▸ ', 'bad'), ...fieldSpans(overlay.field, width - 14)],
      blank,
      [strong('enter'), span(' end it   ', 'dim'), strong('esc'), span(' leave it running', 'dim')],
    ],
    width,
    'bad',
  );
}
