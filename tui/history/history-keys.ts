// What the keys mean in the history of a session, as in less: the only table.
import type { Press } from '../keys/press.ts';

export type HistoryCommand =
  | 'leave'
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'half-up'
  | 'half-down'
  | 'left'
  | 'right'
  | 'first'
  | 'last'
  | 'find'
  | 'find-back'
  | 'again'
  | 'again-back';

const commands: readonly (readonly [HistoryCommand, readonly Press[]])[] = [
  ['leave', ['q', 'Q', 'esc', 'ctrl+c', 'ctrl+d']],
  ['up', ['up', 'k', 'y', 'ctrl+p', 'ctrl+y']],
  ['down', ['down', 'j', 'e', 'enter', 'ctrl+n', 'ctrl+e']],
  ['page-up', ['page-up', 'b', 'ctrl+b']],
  ['page-down', ['page-down', ' ', 'f', 'ctrl+f']],
  ['half-up', ['u', 'ctrl+u']],
  ['half-down', ['d']],
  ['left', ['left']],
  ['right', ['right']],
  ['first', ['g', '<', 'home']],
  ['last', ['G', '>', 'end']],
  ['find', ['/']],
  ['find-back', ['?']],
  ['again', ['n']],
  ['again-back', ['N']],
];
const commandOf: ReadonlyMap<Press, HistoryCommand> = new Map(
  commands.flatMap(([command, presses]) => presses.map((press) => [press, command] as const)),
);

export const historyCommand = (press: Press): HistoryCommand | undefined => commandOf.get(press);

/** For the row below, longest first. */
export const historyHints = [
  '↑↓ PgUp PgDn · g first · G last · / ? find · n N next · q back to the session',
  '↑↓ PgUp PgDn · g G · / ? find · n N · q back',
  '↑↓ · / find · q back',
  'q back',
] as const;
