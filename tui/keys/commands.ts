// The words of the `:` line: what may be typed there, and what it means.
import type { Command, RouteCommand, SessionCommand } from './keymap.ts';

export type Line =
  | { readonly line: 'command'; readonly command: Command }
  | { readonly line: 'sort'; readonly by: string }
  | { readonly line: 'attach'; readonly name: string }
  /** What is done to one session, named as far as it is clear which; nothing named = the chosen one. */
  | { readonly line: 'session'; readonly command: SessionCommand; readonly name: string }
  | { readonly line: 'join'; readonly name: string }
  | { readonly line: 'request'; readonly name: string }
  /** Devices or sign-ins of somebody; nothing named = one's own. */
  | { readonly line: 'of'; readonly route: 'devices' | 'logins'; readonly name: string }
  | { readonly line: 'explain' }
  | { readonly line: 'batch' }
  | { readonly line: 'login' }
  | { readonly line: 'logout'; readonly all: boolean }
  | { readonly line: 'totp' }
  | { readonly line: 'codes' }
  | { readonly line: 'unknown'; readonly word: string };

type Word = {
  readonly word: string;
  readonly also?: readonly string[];
  readonly takes?: string;
  readonly says: string;
  readonly mutates?: true;
};

export const words: readonly Word[] = [
  { word: 'servers', also: ['srv', 'ls'], says: 'the servers you may see' },
  { word: 'sessions', also: ['ses', 'sess'], says: 'live sessions' },
  { word: 'audit', also: ['tail', 'log'], says: 'the audit tail' },
  { word: 'attach', takes: 'SERVER', says: 'open a shell there', mutates: true },
  { word: 'watch', takes: 'SESSION', says: 'by server or person' },
  { word: 'join', takes: 'CODE', says: 'or SESSION, as a peer', mutates: true },
  { word: 'moderate', takes: 'SESSION', says: 'join to moderate', mutates: true },
  { word: 'take', takes: 'SESSION', says: 'take the keyboard', mutates: true },
  { word: 'kill', takes: 'SESSION', says: 'end it, with a reason', mutates: true },
  { word: 'freeze', takes: 'SESSION', says: 'stop or free its keys', mutates: true },
  { word: 'message', takes: 'SESSION', says: 'a line to all in it', mutates: true },
  { word: 'extend', takes: 'SESSION', says: 'put off its end', mutates: true },
  { word: 'invite', takes: 'SESSION', says: 'invite somebody', mutates: true },
  { word: 'lock', takes: 'SESSION', says: 'lock out its person', mutates: true },
  { word: 'request', takes: 'SERVERS', says: 'ask for access there', mutates: true },
  { word: 'batch', says: 'one code for many', mutates: true },
  { word: 'requests', also: ['req', 'approvals'], says: 'who asks for access' },
  { word: 'grants', says: 'who has it, how long' },
  { word: 'people', also: ['users'], says: 'everybody here' },
  { word: 'groups', says: 'what they give' },
  { word: 'policies', also: ['pol'], says: 'rules in force' },
  { word: 'explain', says: 'who may what, and why' },
  { word: 'locks', says: 'locks that are set' },
  { word: 'devices', takes: '[PERSON]', says: 'and what is on them' },
  { word: 'logins', takes: '[PERSON]', says: 'sign-ins, one by one' },
  { word: 'breakglass', also: ['glass'], says: 'past the provider' },
  { word: 'reviews', says: 'keep or take away' },
  { word: 'wall', says: 'many sessions at once' },
  { word: 'sort', takes: 'COLUMN', says: 'sort the list' },
  { word: 'messages', also: ['msg'], says: 'messages so far' },
  { word: 'totp', says: 'set up an authenticator', mutates: true },
  { word: 'codes', says: 'new recovery codes', mutates: true },
  { word: 'login', says: 'sign in, or as another' },
  { word: 'logout', takes: '[all]', says: 'here, or everywhere' },
  { word: 'retry', says: 'connect again now' },
  { word: 'help', also: ['h'], says: 'all keys and commands' },
  { word: 'quit', also: ['q', 'exit'], says: 'leave; sessions go on' },
];

const screens: Readonly<Record<RouteCommand, Command>> = {
  servers: 'servers',
  sessions: 'sessions',
  audit: 'audit',
  requests: 'requests',
  grants: 'grants',
  people: 'people',
  groups: 'groups',
  policies: 'policies',
  locks: 'locks',
  devices: 'devices',
  logins: 'logins',
  breakglass: 'breakglass',
  reviews: 'reviews',
};
const plain: Readonly<Record<string, Command>> = {
  ...screens,
  wall: 'wall',
  messages: 'messages',
  retry: 'retry',
  help: 'help',
  quit: 'quit',
};

const ofSessions: Readonly<Record<string, SessionCommand>> = {
  watch: 'watch',
  moderate: 'join-moderator',
  take: 'take-over',
  kill: 'kill',
  freeze: 'freeze',
  message: 'message',
  extend: 'extend',
  invite: 'invite',
  lock: 'lock',
};

/** What a typed line means; an unambiguous beginning of a word is enough. */
export function readLine(typed: string, readonly: boolean): Line {
  const [first = '', ...rest] = typed.trim().split(/\s+/);
  const rest1 = rest.join(' ');
  const word = wordFor(first, readonly)?.word;
  if (word === 'devices' || word === 'logins') return { line: 'of', route: word, name: rest1 };
  const command = word === undefined ? undefined : plain[word];
  if (command !== undefined) return { line: 'command', command };
  if (word === 'sort') return { line: 'sort', by: rest1 };
  if (word === 'attach' || word === 'join' || word === 'request') return { line: word, name: rest1 };
  const onSession = word === undefined ? undefined : ofSessions[word];
  if (onSession !== undefined) return { line: 'session', command: onSession, name: rest1 };
  if (word === 'explain' || word === 'batch' || word === 'login' || word === 'totp' || word === 'codes') return { line: word };
  if (word === 'logout') return { line: 'logout', all: rest1 === 'all' };
  return { line: 'unknown', word: first };
}

function wordFor(typed: string, readonly: boolean): Word | undefined {
  const open = wordsFor(readonly);
  const exact = open.find((w) => w.word === typed || w.also?.includes(typed) === true);
  if (exact !== undefined || typed === '') return exact;
  const begun = open.filter((w) => w.word.startsWith(typed));
  return begun.length === 1 ? begun[0] : undefined;
}

export function wordsFor(readonly: boolean): readonly Word[] {
  return words.filter((w) => !(readonly && w.mutates === true));
}

type Names = {
  readonly servers: readonly string[];
  readonly sessions: readonly string[];
  readonly people: readonly string[];
  readonly sorts: readonly string[];
};

/** What may follow what is typed so far: words, then names for those that take one. Best first. */
export function completions(typed: string, names: Names, readonly: boolean): readonly string[] {
  const space = typed.indexOf(' ');
  if (space < 0)
    return wordsFor(readonly)
      .map((w) => w.word)
      .filter((word) => word.startsWith(typed));
  const word = wordFor(typed.slice(0, space), readonly)?.word;
  const begun = typed.slice(space + 1);
  const pool = poolOf(word, names);
  return pool.filter((name) => name.startsWith(begun)).map((name) => `${word} ${name}`);
}

function poolOf(word: string | undefined, names: Names): readonly string[] {
  if (word === 'attach' || word === 'request') return names.servers;
  if (word === 'devices' || word === 'logins') return names.people;
  if (word === 'sort') return names.sorts;
  if (word === 'logout') return ['all'];
  return word === 'join' || (word !== undefined && Object.hasOwn(ofSessions, word)) ? names.sessions : [];
}
