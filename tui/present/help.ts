// The help screen: drawn from the keymap and the words of the `:` line, so that every line on it is true.
import { bindingsAt, fieldKeys, type Place, pressName } from '../keys/keymap.ts';
import { wordsFor } from '../keys/commands.ts';
import { blank, fitLine, type Line, span, strong } from './span.ts';

const titles: readonly (readonly [Place, string])[] = [
  ['servers', 'Servers'],
  ['sessions', 'Sessions'],
  ['audit', 'Audit tail'],
];

/** What each place has of its own, then what all lists share. In two columns when the width allows. */
export function helpLines(readonly: boolean, width: number): readonly Line[] {
  const everywhere = bindingsAt('servers', readonly).filter((binding) =>
    titles.every(([place]) => binding.places.includes(place)),
  );
  const keys: Line[] = [];
  for (const [place, title] of titles) {
    const own = bindingsAt(place, readonly).filter((binding) => !everywhere.includes(binding));
    keys.push([strong(title, 'accent')], ...own.map((b) => keyLine(b.presses, b.says)), blank);
  }
  const lists: Line[] = [[strong('Everywhere', 'accent')], ...everywhere.map((b) => keyLine(b.presses, b.says))];
  const typing: Line[] = [[strong('While typing', 'accent')], ...fieldKeys.map((b) => keyLine(b.presses, b.says))];
  const words: Line[] = [
    [strong('Commands', 'accent')],
    ...wordsFor(readonly).map(
      (w): Line => [span(`:${w.word}${w.takes === undefined ? '' : ` ${w.takes}`}`.padEnd(18)), span(w.says, 'dim')],
    ),
  ];
  if (width < 78) return [...keys, ...lists, blank, ...typing, blank, ...words];
  return sideBySide([...keys, ...words], [...lists, blank, ...typing], Math.floor(width / 2));
}

const keyLine = (presses: readonly string[], says: string): Line => [
  strong(`${presses.map(pressName).join(' ')} `.padEnd(11)),
  span(says, 'dim'),
];

function sideBySide(left: readonly Line[], right: readonly Line[], width: number): readonly Line[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index): Line => {
    const a = left[index] ?? blank;
    const b = right[index] ?? blank;
    return [...fitLine(a, width - 2), span('  '), ...b];
  });
}
