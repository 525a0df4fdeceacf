// What lies over the lists: the step-up, and what one fills in or chooses (form.ts).
import { errors, type Problem, problemSentence } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { askWords } from '../model/ask.ts';
import type { Model, Overlay } from '../model/model.ts';
import { boxed } from './box.ts';
import { formLines, invitedLines, resumeLines } from './form.ts';
import { fieldSpans } from './prompt.ts';
import { refusedLines, reviewLines } from './review-box.ts';
import { blank, type Hue, type Line, span, strong, wrapWords } from './span.ts';
import { countdown } from './times.ts';

/** The box for an overlay, `width` cells and at most `rows` lines, or undefined for those that are no box. */
export function modalLines(model: Model, overlay: Overlay, width: number, rows = 24): readonly Line[] | undefined {
  switch (overlay.overlay) {
    case 'step-up':
      return stepUpLines(model, overlay, width);
    case 'form':
      return formLines(model, overlay, width);
    case 'resume':
      return resumeLines(model, overlay, width);
    case 'invited':
      return invitedLines(overlay, width);
    case 'review':
      return reviewLines(model, overlay, width, rows);
    case 'refused':
      return refusedLines(model, overlay, width);
    case 'help':
    case 'messages':
    case 'card':
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
          : text(`✗ ${slipWords(problem)}`, 'bad')),
      [strong('enter'), span(' go on   ', 'dim'), strong('esc'), span(' back', 'dim')],
    ],
    width,
    'accent',
  );
}

/** What to do next stands above it already when the code was simply wrong. */
const slipWords = (problem: Problem): string =>
  problem.code === 'code-wrong' ? errors[problem.code].sentence : problemSentence(problem);
