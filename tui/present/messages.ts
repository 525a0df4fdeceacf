// All that was said so far, newest first.
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Message, Tone } from '../model/model.ts';
import { type Hue, type Line, span, wrapWords } from './span.ts';
import { moment } from './times.ts';

const hues: Readonly<Record<Tone, Hue>> = { good: 'good', bad: 'bad', plain: 'accent' };
const glyphs: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', plain: '▸' };

/** Each whole, wrapped under itself. */
export function messageLines(messages: readonly Message[], now: number, width: number): readonly Line[] {
  if (messages.length === 0) return [[span('Nothing was said yet.', 'dim')]];
  return messages
    .toReversed()
    .flatMap((message) =>
      wrapWords(safeText(message.text), Math.max(8, width - 12)).map(
        (part, index): Line =>
          index > 0
            ? [span(' '.repeat(12)), span(part)]
            : [
                span(`${moment(message.at, now).padEnd(8)}  `, 'dim'),
                span(`${glyphs[message.tone]} `, hues[message.tone]),
                span(part),
              ],
      ),
    );
}
