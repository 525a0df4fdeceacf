// What the keys mean to somebody who is in a session without its keyboard: the only table. The status row and the help are drawn from it, so they
// cannot lie. No key here ever becomes input of the session (law 6).
import type { JoinableRole } from '../../gateway/protocol/nouns.ts';
import type { Press } from '../keys/press.ts';

export type GuestCommand =
  | 'leave'
  | 'pan'
  | 'follow'
  | 'ask'
  | 'take-over'
  | 'freeze'
  | 'terminate'
  | 'mark'
  | 'message'
  | 'redraw'
  | 'history'
  | 'who'
  | 'help';

type Binding = {
  readonly command: GuestCommand;
  readonly presses: readonly Press[];
  readonly roles: readonly JoinableRole[];
  readonly says: string;
  /** For the status row; absent = not worth a place there. */
  readonly hint?: string;
};

const all: readonly JoinableRole[] = ['observer', 'peer', 'moderator'];

const bindings: readonly Binding[] = [
  { command: 'ask', presses: ['a', '~k'], roles: ['peer'], says: 'ask for the keyboard', hint: 'asks' },
  { command: 'freeze', presses: ['f'], roles: ['moderator'], says: 'stop the keys, or let them go on', hint: 'freezes' },
  { command: 'terminate', presses: ['t'], roles: ['moderator'], says: 'end the session, with a reason', hint: 'terminates' },
  { command: 'take-over', presses: ['T'], roles: ['peer', 'observer'], says: 'take the keyboard over', hint: 'takes over' },
  { command: 'mark', presses: ['m'], roles: ['moderator'], says: 'mark this place of the recording' },
  { command: 'message', presses: ['M'], roles: all, says: 'write a line to everybody here' },
  { command: 'who', presses: ['w'], roles: all, says: 'who is here' },
  {
    command: 'pan',
    presses: ['left', 'down', 'up', 'right', 'h', 'j', 'k', 'l'],
    roles: all,
    says: 'move over a larger screen',
  },
  { command: 'follow', presses: ['c'], roles: all, says: 'follow the cursor again' },
  { command: 'history', presses: ['H', '~h'], roles: all, says: 'the history: all it has shown' },
  { command: 'redraw', presses: ['ctrl+l'], roles: all, says: 'redraw' },
  {
    command: 'leave',
    presses: ['q', 'esc', 'ctrl+c', 'ctrl+d', '~.'],
    roles: all,
    says: 'leave; the session goes on',
    hint: 'leaves',
  },
  { command: 'help', presses: ['?'], roles: all, says: 'these keys', hint: 'keys' },
];

/** Which way a press pans, in steps. */
export const panSteps: Readonly<Record<Press, readonly [x: number, y: number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
  h: [-1, 0],
  l: [1, 0],
  k: [0, -1],
  j: [0, 1],
};

const bindingsOf = (role: JoinableRole): readonly Binding[] => bindings.filter((one) => one.roles.includes(role));

export const guestCommand = (press: Press, role: JoinableRole): GuestCommand | undefined =>
  bindingsOf(role).find(({ presses }) => presses.includes(press))?.command;

const arrows: Readonly<Record<Press, string>> = { left: '←', down: '↓', up: '↑', right: '→' };
const keyName = (press: Press): string => arrows[press] ?? press.replace('ctrl+', '^');

/** Keys and what they do, in the order help shows them. */
export const guestHelp = (role: JoinableRole): readonly (readonly [keys: string, does: string])[] =>
  bindingsOf(role).map(({ presses, says }) => [presses.map(keyName).join(' '), says]);

/** The keys worth a place in the status row, longest way first: those of the role, and those that everybody has. */
export function guestHints(role: JoinableRole): { readonly own: readonly string[]; readonly common: readonly string[] } {
  const hints = (common: boolean): string[] =>
    bindingsOf(role).flatMap(({ presses, roles, hint }) =>
      hint === undefined || (roles === all) !== common ? [] : [`${keyName(presses[0] ?? '')} ${hint}`],
    );
  const ways = (some: readonly string[]): string[] => some.map((_, dropped) => some.slice(0, some.length - dropped).join(' · '));
  const common = hints(true);
  return { own: ways(hints(false)), common: common.map((_, dropped) => common.slice(dropped).join(' · ')) };
}
