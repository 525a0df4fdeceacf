// All that was said so far, newest first.
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Message, Tone } from '../model/model.ts';
import { type Hue, type Line, span } from './span.ts';
import { moment } from './times.ts';

const hues: Readonly<Record<Tone, Hue>> = { good: 'good', bad: 'bad', plain: 'accent' };
const glyphs: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', plain: '▸' };

export function messageLines(messages: readonly Message[], now: number): readonly Line[] {
  if (messages.length === 0) return [[span('Nothing was said yet.', 'dim')]];
  return messages
    .toReversed()
    .map(
      (message): Line => [
        span(`${moment(message.at, now)}  `, 'dim'),
        span(`${glyphs[message.tone]} `, hues[message.tone]),
        span(safeText(message.text)),
      ],
    );
}
