// Boxes that lead on: approving a request, exactly as it is displayed (M5), and a refusal with the next step in the same place.

import { safeText } from '../../gateway/protocol/safe-text.ts';
import { askWords } from '../model/ask.ts';
import { serverAsked } from '../model/explaining.ts';
import { problemWords } from '../model/messages.ts';
import type { Model, Overlay } from '../model/model.ts';
import { narrowedTerms, type Review, standing } from '../model/reviewing.ts';
import { spanWords } from '../model/selector-words.ts';
import { boxed } from './box.ts';
import { displayedLines, reviewFrame, sentence } from './requests.ts';
import { blank, cutLine, type Line, span, strong } from './span.ts';

/** `rows` = what the box may take: what is displayed is never cut silently. */
export function reviewLines(model: Model, review: Review, width: number, rows: number): readonly Line[] {
  const room = width - 4;
  const { request } = review;
  const terms = narrowedTerms(review);
  const now = standing(model, review);
  const shown = displayedLines(request, room);
  const foot: readonly Line[] = [
    blank,
    [
      span('you give  ', 'dim'),
      strong(review.level, terms === undefined ? 'plain' : 'accent'),
      span(' for '),
      strong(spanWords(review.minutes), terms === undefined ? 'plain' : 'accent'),
      span(terms === undefined ? '  as it was asked' : '  less than was asked', 'dim'),
    ],
    [span('←→ level  ↑↓ length', 'dim')],
    now === 'same'
      ? [span(`digest ${request.digest.slice(0, 16)}…: your code is bound to it`, 'dim')]
      : now === 'unknown'
        ? [span('… not connected', 'warn')]
        : now === 'changed'
          ? [span('✗ it has changed: enter shows it anew', 'bad')]
          : [span('✗ it waits for nobody any more', 'bad')],
    [strong('enter'), span(' approve   ', 'dim'), strong('d'), span(' deny   ', 'dim'), strong('esc'), span(' leave it', 'dim')],
  ];
  const space = Math.max(1, rows - reviewFrame);
  const fits = shown.length <= space;
  const body = fits
    ? shown
    : [
        ...shown.slice(0, space - 1),
        [span(`✗ ${shown.length - space + 1} lines more: make the terminal taller to read them`, 'bad')],
      ];
  return boxed(
    '◔ Approve',
    [...body.map((line) => cutLine(line, room)), ...foot.map((line) => cutLine(line, room))],
    width,
    'accent',
  );
}

export function refusedLines(
  model: Model,
  { ask, problem }: Extract<Overlay, { overlay: 'refused' }>,
  width: number,
): readonly Line[] {
  const room = width - 4;
  const policies = problem.decision?.policies ?? [];
  const asks = problem.code === 'approval-needed';
  const server = serverAsked(model, ask);
  return boxed(
    asks ? '◇ Ask first' : '✗ Not allowed',
    [
      ...sentence(`You asked to ${askWords(ask)}.`, room),
      ...sentence(problemWords(problem), room, asks ? 'warn' : 'bad'),
      ...(policies.length === 0 ? [] : sentence(`Policy: ${policies.join(', ')}`, room, 'dim')),
      blank,
      cutLine(
        [
          strong('?'),
          span(' why   ', 'dim'),
          ...(model.readonly || server === undefined ? [] : [strong('r'), span(` ask for ${safeText(server)}   `, 'dim')]),
          strong('esc'),
          span(' back', 'dim'),
        ],
        room,
      ),
    ],
    width,
    asks ? 'warn' : 'bad',
  );
}
