// Before anything is known: where we try to connect, how it goes, what to do.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Model } from '../model/model.ts';
import { problemLines } from './sign-in.ts';
import { blank, type Line, span, strong } from './span.ts';
import { countdown } from './times.ts';

export function connectingLines(model: Model, width: number): readonly Line[] {
  const where: Line = [strong('sallyport', 'accent'), span(`  ${safeText(model.url)}`, 'dim')];
  const { line } = model;
  switch (line.line) {
    case 'connecting':
    case 'open':
      return [
        where,
        blank,
        [
          span(
            line.line === 'connecting' && line.attempt > 0 ? `Connecting, attempt ${line.attempt + 1} …` : 'Connecting …',
            'dim',
          ),
        ],
      ];
    case 'waiting':
      return [
        where,
        blank,
        ...problemLines(problemSentence(line.problem), Math.min(width, 72)),
        blank,
        [
          span(`Attempt ${line.attempt + 1} in ${countdown(line.retryAt, model.now)}.  `, 'dim'),
          strong('r'),
          span(' now   ', 'dim'),
          strong('q'),
          span(' quit', 'dim'),
        ],
      ];
    case 'refused':
      return [
        where,
        blank,
        ...problemLines(problemSentence(line.problem), Math.min(width, 72)),
        blank,
        [strong('r'), span(' try again   ', 'dim'), strong('q'), span(' quit', 'dim')],
      ];
    default:
      return line satisfies never;
  }
}
