// What the help screen says, made from the keymap and the words of the `:` line so that every line on it is true; and in which columns,
// because scrolling has to know how long it is.

import { roleLooks } from '../present/words.ts';
import { wordsFor } from './commands.ts';
import { bindingsAt, fieldKeys, type Place } from './keymap.ts';
import type { Press } from './press.ts';

export type HelpRow =
  | { readonly row: 'title'; readonly title: string }
  | { readonly row: 'keys'; readonly presses: readonly Press[]; readonly says: string }
  | { readonly row: 'sign'; readonly sign: string; readonly says: string }
  | { readonly row: 'word'; readonly word: string; readonly says: string }
  | { readonly row: 'blank' };

/** Who is in a session, as the lists draw it. */
const signs: readonly HelpRow[] = Object.values(roleLooks).map(({ glyph, word }) => ({ row: 'sign', sign: glyph, says: word }));

const titles: readonly (readonly [Place, string])[] = [
  ['servers', 'Servers'],
  ['sessions', 'Sessions'],
  ['audit', 'Audit tail'],
  ['requests', 'Requests'],
  ['grants', 'Grants'],
  ['people', 'People'],
  ['groups', 'Groups'],
  ['policies', 'Policies'],
  ['locks', 'Locks'],
  ['devices', 'Devices'],
  ['logins', 'Sign-ins'],
  ['breakglass', 'Break-glass'],
  ['reviews', 'Reviews'],
];
/** From this width on there are two columns. */
const twoColumns = 78;

/** What each list has of its own, what all share, what holds while typing, and the commands. */
export function helpColumns(readonly: boolean, cols: number): readonly (readonly HelpRow[])[] {
  const everywhere = bindingsAt('servers', readonly).filter((binding) =>
    titles.every(([place]) => binding.places.includes(place)),
  );
  const keys = (list: readonly { readonly presses: readonly Press[]; readonly says: string }[]) =>
    list.map(({ presses, says }): HelpRow => ({ row: 'keys', presses, says }));
  const title = (text: string): HelpRow => ({ row: 'title', title: text });
  const blank: HelpRow = { row: 'blank' };
  const own = titles.flatMap(([place, name]) => [
    title(name),
    ...keys(bindingsAt(place, readonly).filter((binding) => !everywhere.includes(binding))),
    blank,
  ]);
  const shared = [
    title('Everywhere'),
    ...keys(everywhere),
    blank,
    title('While typing'),
    ...keys(fieldKeys),
    blank,
    title('In it'),
    ...signs,
  ];
  const words = [
    title('Commands'),
    ...wordsFor(readonly).map(({ word, takes, says }): HelpRow => {
      return { row: 'word', word: `:${word}${takes === undefined ? '' : ` ${takes}`}`, says };
    }),
  ];
  return cols < twoColumns ? [[...own, ...shared, blank, ...words]] : [[...own, ...words], shared];
}

/** Lines the help screen has. */
export const helpLength = (readonly: boolean, cols: number): number =>
  Math.max(...helpColumns(readonly, cols).map((column) => column.length));
