// Keys of the lists of access control, and of the boxes that lead on from them: the part of the keymap that keymap.ts takes in.
import type { Binding } from './keymap.ts';

/** The lists of access control: each a screen, a place where keys mean something, and the command that goes there. */
export const accessPlaces = [
  'requests',
  'grants',
  'people',
  'groups',
  'policies',
  'locks',
  'devices',
  'logins',
  'breakglass',
  'reviews',
] as const;

export const accessBindings: readonly Binding[] = [
  { command: 'ask-for', presses: ['r'], places: ['servers'], says: 'ask for (more) access', hint: 'request', mutates: true },
  { command: 'batch', presses: ['b'], places: ['servers'], says: 'one code for many servers', mutates: true },
  { command: 'approve', presses: ['a'], places: ['requests'], says: 'approve, or give less', hint: 'approve', mutates: true },
  { command: 'deny', presses: ['d'], places: ['requests'], says: 'deny, with a reason', hint: 'deny', mutates: true },
  { command: 'withdraw', presses: ['w'], places: ['requests'], says: 'take one’s own back', hint: 'withdraw', mutates: true },
  { command: 'ask-for', presses: ['n'], places: ['requests'], says: 'ask for access', hint: 'new', mutates: true },
  { command: 'prolong', presses: ['e'], places: ['grants'], says: 'prolong one’s own', hint: 'extend', mutates: true },
  { command: 'revoke', presses: ['x'], places: ['grants'], says: 'end it, with a reason', hint: 'revoke', mutates: true },
  { command: 'theirs', presses: ['u'], places: ['people'], says: 'their devices', hint: 'devices' },
  { command: 'change-role', presses: ['c'], places: ['people'], says: 'another role', hint: 'role', mutates: true },
  {
    command: 'suspend',
    presses: ['S'],
    places: ['people'],
    says: 'suspend, or let in again',
    hint: 'suspend',
    mutates: true,
  },
  { command: 'lock', presses: ['L'], places: ['people'], says: 'lock out at once', hint: 'lock', mutates: true },
  { command: 'lock', presses: ['L'], places: ['groups'], says: 'lock out all in it', hint: 'lock', mutates: true },
  { command: 'history', presses: ['h'], places: ['policies'], says: 'versions, and the trial', hint: 'history' },
  { command: 'ask-why', presses: ['e'], places: ['policies'], says: 'explain person, action', hint: 'explain' },
  { command: 'revoke', presses: ['x', 'delete'], places: ['locks'], says: 'take the lock off', hint: 'take off', mutates: true },
  { command: 'theirs', presses: ['u'], places: ['devices'], says: 'sign-ins of the same person', hint: 'sign-ins' },
  { command: 'revoke', presses: ['x'], places: ['devices'], says: 'forget it, with a reason', hint: 'forget', mutates: true },
  { command: 'theirs', presses: ['u'], places: ['logins'], says: 'devices of the same person', hint: 'devices' },
  { command: 'revoke', presses: ['x'], places: ['logins'], says: 'end it, with a reason', hint: 'end', mutates: true },
  {
    command: 'approve',
    presses: ['a'],
    places: ['breakglass'],
    says: 'let them in, with a reason',
    hint: 'let in',
    mutates: true,
  },
  { command: 'find', presses: ['v'], places: ['breakglass'], says: 'review it afterwards', hint: 'review', mutates: true },
  { command: 'keep', presses: ['k'], places: ['reviews'], says: 'keep it', hint: 'keep', mutates: true },
  { command: 'revoke', presses: ['x'], places: ['reviews'], says: 'take it away', hint: 'revoke', mutates: true },
  { command: 'start-review', presses: ['n'], places: ['reviews'], says: 'begin a review', hint: 'new', mutates: true },
];

/** Approving, and what a refusal leads to. */
export const boxBindings: readonly Binding[] = [
  { command: 'why', presses: ['?', 'y'], places: ['refused'], says: 'why', hint: 'why' },
  { command: 'ask-for', presses: ['r'], places: ['refused'], says: 'ask for it', hint: 'request', mutates: true },
  { command: 'back', presses: ['esc', 'enter', 'q', 'ctrl+c'], places: ['refused'], says: 'back', hint: 'back' },
  { command: 'remedy', presses: ['enter'], places: ['explained'], says: 'the next step', hint: 'next step', mutates: true },
  { command: 'approve', presses: ['enter'], places: ['review'], says: 'approve it', hint: 'approve', mutates: true },
  { command: 'weaker', presses: ['left'], places: ['review'], says: 'less', hint: 'less', mutates: true },
  { command: 'stronger', presses: ['right'], places: ['review'], says: 'more', hint: 'more', mutates: true },
  { command: 'shorter', presses: ['down', '-'], places: ['review'], says: 'shorter', hint: 'shorter', mutates: true },
  { command: 'longer', presses: ['up', '+'], places: ['review'], says: 'longer', hint: 'longer', mutates: true },
  { command: 'deny', presses: ['d'], places: ['review'], says: 'deny it', hint: 'deny', mutates: true },
  { command: 'back', presses: ['esc', 'q', 'ctrl+c'], places: ['review'], says: 'back', hint: 'back' },
];
