// Which key means what, and where: the only table. The help screen and the hints are drawn from it, so they cannot lie.
import { accessBindings, accessPlaces, boxBindings } from './access-bindings.ts';
import type { Press } from './press.ts';

/** Screens. */
export const routes = ['servers', 'sessions', 'audit', ...accessPlaces] as const;
export const places = [
  ...routes,
  'help',
  'messages',
  'card',
  'explained',
  'refused',
  'review',
  'resume',
  'invited',
  'sign-in',
  'enrolment',
  'codes',
  'waiting',
] as const;
/** What the keyboard is talking to. While text is typed (`:`, `/`, a code, a reason) `fieldKeys` hold instead. */
export type Place = (typeof places)[number];

/** What is done to a session: by key, and by word on the `:` line. */
export type SessionCommand =
  | 'watch'
  | 'join-peer'
  | 'join-moderator'
  | 'take-over'
  | 'kill'
  | 'freeze'
  | 'message'
  | 'extend'
  | 'invite'
  | 'lock';

/** What is done in the lists of access control, and in the boxes that lead on from them. */
export type AccessCommand =
  | 'details'
  | 'approve'
  | 'deny'
  | 'withdraw'
  | 'ask-for'
  | 'batch'
  | 'revoke'
  | 'prolong'
  | 'change-role'
  | 'suspend'
  | 'find'
  | 'keep'
  | 'start-review'
  | 'history'
  | 'ask-why'
  | 'why'
  | 'remedy'
  | 'weaker'
  | 'stronger'
  | 'shorter'
  | 'longer';

/** From a record of the audit tail to those like it. */
export type PivotCommand = 'same-actor' | 'same-server' | 'same-address' | 'same-session';
/** Goes to a screen of its own. */
export type RouteCommand = (typeof routes)[number];
export const isRoute = (command: Command): command is RouteCommand => routes.some((route) => route === command);

export type Command =
  | 'down'
  | 'up'
  | 'page-down'
  | 'page-up'
  | 'first'
  | 'last'
  | 'open'
  | 'another'
  | 'wall'
  | 'sort'
  | 'filter'
  | 'command-line'
  | 'next-screen'
  | 'previous-screen'
  | 'follow'
  | 'fold'
  | PivotCommand
  | 'theirs'
  | 'messages'
  | 'help'
  | 'back'
  | 'retry'
  | 'saved'
  | 'quit'
  | RouteCommand
  | AccessCommand
  | SessionCommand;

export type Binding = {
  readonly command: Command;
  readonly presses: readonly Press[];
  readonly places: readonly Place[];
  /** What it does, as the help screen says it. */
  readonly says: string;
  /** One word for the line of hints; absent = not worth a place there. */
  readonly hint?: string;
  /** Changes something at the gateway: gone with --readonly (E28). */
  readonly mutates?: true;
};

/** Pages of text. */
const pages: readonly Place[] = ['help', 'messages', 'card', 'explained'];
const scrolling: readonly Place[] = [...routes, ...pages];

export const bindings: readonly Binding[] = [
  {
    command: 'open',
    presses: ['enter'],
    places: ['servers'],
    says: 'open a shell on the server',
    hint: 'open',
    mutates: true,
  },
  {
    command: 'open',
    presses: ['enter'],
    places: ['sessions'],
    says: 'yours: go back; others: watch',
    hint: 'attach',
  },
  { command: 'watch', presses: ['w'], places: ['sessions'], says: 'watch, without being felt', hint: 'watch' },
  { command: 'join-moderator', presses: ['J'], places: ['sessions'], says: 'join to moderate', hint: 'moderate', mutates: true },
  { command: 'join-peer', presses: ['p'], places: ['sessions'], says: 'join as a peer', hint: 'join', mutates: true },
  {
    command: 'freeze',
    presses: ['f'],
    places: ['sessions'],
    says: 'stop or free its keys',
    hint: 'freeze',
    mutates: true,
  },
  {
    command: 'kill',
    presses: ['k', 'ctrl+k'],
    places: ['sessions'],
    says: 'end the session, with a reason',
    hint: 'kill',
    mutates: true,
  },
  { command: 'message', presses: ['M'], places: ['sessions'], says: 'a line to all in it', hint: 'message', mutates: true },
  { command: 'take-over', presses: ['T'], places: ['sessions'], says: 'take the keyboard', hint: 'take over', mutates: true },
  {
    command: 'extend',
    presses: ['x'],
    places: ['sessions'],
    says: 'put off its end, with a reason',
    hint: 'extend',
    mutates: true,
  },
  { command: 'invite', presses: ['i'], places: ['sessions'], says: 'invite somebody into it', hint: 'invite', mutates: true },
  { command: 'lock', presses: ['L'], places: ['sessions'], says: 'lock out its person', hint: 'lock', mutates: true },
  { command: 'lock', presses: ['L'], places: ['servers'], says: 'lock the server', mutates: true },
  ...accessBindings,
  { command: 'details', presses: ['enter'], places: accessPlaces, says: 'all of it', hint: 'all of it' },
  { command: 'wall', presses: ['W'], places: ['servers', 'sessions'], says: 'watch many sessions at once', hint: 'wall' },
  { command: 'open', presses: ['enter'], places: ['audit'], says: 'the recording at that moment', hint: 'open' },
  { command: 'same-actor', presses: ['u'], places: ['audit'], says: 'only the same person', hint: 'who' },
  { command: 'same-server', presses: ['s'], places: ['audit'], says: 'only the same server', hint: 'server' },
  { command: 'same-address', presses: ['i'], places: ['audit'], says: 'only the same address' },
  { command: 'same-session', presses: ['S'], places: ['audit'], says: 'only the same session' },
  { command: 'fold', presses: ['z'], places: ['audit'], says: 'repeats one by one, or as one', hint: 'unfold' },
  { command: 'details', presses: ['d'], places: ['audit'], says: 'all of the record', hint: 'all' },
  { command: 'follow', presses: ['space', 'f'], places: ['audit'], says: 'pause the tail, and go on', hint: 'pause' },
  {
    command: 'filter',
    presses: ['/'],
    places: routes,
    says: 'filter: words, !not',
    hint: 'filter',
  },
  { command: 'why', presses: ['y'], places: routes, says: 'why I may, or may not', hint: 'why' },
  {
    command: 'sort',
    presses: ['s'],
    places: ['servers', 'sessions', ...accessPlaces],
    says: 'sort by the next column',
    hint: 'sort',
  },
  { command: 'command-line', presses: [':'], places: routes, says: 'command line', hint: 'command' },
  { command: 'help', presses: ['?'], places: routes, says: 'this help', hint: 'help' },
  { command: 'down', presses: ['down'], places: routes, says: 'down' },
  { command: 'down', presses: ['down'], places: pages, says: 'down', hint: 'more' },
  { command: 'up', presses: ['up'], places: scrolling, says: 'up' },
  { command: 'open', presses: ['enter'], places: ['resume'], says: 'the chosen one', hint: 'go on' },
  { command: 'another', presses: ['n'], places: ['resume'], says: 'a new shell', hint: 'new shell' },
  { command: 'down', presses: ['down'], places: ['resume'], says: 'down' },
  { command: 'up', presses: ['up'], places: ['resume'], says: 'up' },
  { command: 'back', presses: ['esc', 'q', 'ctrl+c'], places: ['resume'], says: 'back', hint: 'back' },
  ...boxBindings,
  { command: 'back', presses: ['enter', 'esc', 'q'], places: ['invited'], says: 'I told them the code', hint: 'done' },
  { command: 'page-down', presses: ['page-down', 'ctrl+d'], places: scrolling, says: 'a page down' },
  { command: 'page-up', presses: ['page-up', 'ctrl+u'], places: scrolling, says: 'a page up' },
  { command: 'first', presses: ['home', 'g'], places: scrolling, says: 'to the first' },
  { command: 'last', presses: ['end', 'G'], places: scrolling, says: 'to the last' },
  { command: 'next-screen', presses: ['tab', 'right'], places: routes, says: 'next screen' },
  { command: 'previous-screen', presses: ['shift+tab', 'left'], places: routes, says: 'previous screen' },
  { command: 'servers', presses: ['1'], places: routes, says: 'servers' },
  { command: 'sessions', presses: ['2'], places: routes, says: 'sessions' },
  { command: 'audit', presses: ['3'], places: routes, says: 'audit tail' },
  { command: 'requests', presses: ['4'], places: routes, says: 'requests for access' },
  { command: 'grants', presses: ['5'], places: routes, says: 'grants' },
  { command: 'messages', presses: ['m'], places: routes, says: 'messages so far' },
  {
    command: 'retry',
    presses: ['r'],
    // On the servers, `r` asks for access: here it holds when the line is down, and with --readonly.
    places: [...routes, 'waiting'],
    says: 'connect or read again',
    hint: 'retry',
  },
  { command: 'retry', presses: ['r'], places: ['sign-in'], says: 'begin the sign-in anew', hint: 'new code' },
  { command: 'saved', presses: ['y'], places: ['codes'], says: 'I saved the recovery codes', hint: 'I saved them' },
  { command: 'back', presses: ['esc'], places: routes, says: 'clear filter and calls' },
  { command: 'back', presses: ['esc'], places: ['sign-in'], says: 'stay who one is' },
  { command: 'back', presses: ['esc', 'q', '?'], places: ['help'], says: 'back', hint: 'back' },
  { command: 'back', presses: ['esc', 'q', 'm'], places: ['messages'], says: 'back', hint: 'back' },
  { command: 'back', presses: ['esc', 'q'], places: ['card', 'explained'], says: 'back', hint: 'back' },
  {
    command: 'quit',
    presses: ['q', 'ctrl+c'],
    places: [...routes, 'sign-in', 'waiting'],
    says: 'leave; sessions go on',
    hint: 'quit',
  },
  { command: 'back', presses: ['esc', 'ctrl+c'], places: ['enrolment'], says: 'later' },
  { command: 'quit', presses: ['ctrl+c'], places: ['help', 'messages', 'card', 'explained', 'codes', 'invited'], says: 'leave' },
];

/** Keys while text is typed, for the help screen; text-field.ts and the prompts obey them. */
export const fieldKeys: readonly { readonly presses: readonly Press[]; readonly says: string }[] = [
  { presses: ['enter'], says: 'do it' },
  { presses: ['esc', 'ctrl+c'], says: 'back, nothing done' },
  { presses: ['tab'], says: 'complete the command' },
  { presses: ['up', 'down'], says: 'earlier, later ones' },
  { presses: ['left', 'right'], says: 'move; home and end too' },
  { presses: ['ctrl+u'], says: 'clear the line' },
  { presses: ['ctrl+w'], says: 'clear a word' },
];

export function commandFor(press: Press, place: Place, readonly: boolean): Command | undefined {
  const written = press === ' ' ? 'space' : press;
  return bindings.find((b) => b.places.includes(place) && b.presses.includes(written) && !(readonly && b.mutates === true))
    ?.command;
}

export function bindingsAt(place: Place, readonly: boolean): readonly Binding[] {
  return bindings.filter((b) => b.places.includes(place) && !(readonly && b.mutates === true));
}

const shown: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  'page-up': 'PgUp',
  'page-down': 'PgDn',
  'shift+tab': 'S-tab',
};
/** How a press is written on the screen. */
export function pressName(press: Press): string {
  return shown[press] ?? press.replace(/^ctrl\+/, '^');
}
