// The environment of a session's shell, built from nothing (B4, C2): no variable of the agent and none of the client gets in by itself.
import { existsSync } from 'node:fs';
import type { Account } from './account.ts';
import { SESSION_MARKER } from './tree.ts';

const ROOT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const USER_PATH = '/usr/local/bin:/usr/bin:/bin';
const FALLBACK_TERM = 'xterm-256color';
const FALLBACK_LANG = 'C.UTF-8';
const TERMINFO = ['/etc/terminfo', '/lib/terminfo', '/usr/share/terminfo'];
/** Shells that take `-l` for a login shell. `setsid` stands between the agent and the shell, so the `-bash` way cannot be used. */
const LOGIN_SHELLS = new Set([
  'ash',
  'bash',
  'busybox',
  'csh',
  'dash',
  'elvish',
  'fish',
  'ksh',
  'ksh93',
  'mksh',
  'nu',
  'sh',
  'tcsh',
  'xonsh',
  'yash',
  'zsh',
]);

/** What the shell of a session starts with. `term` and `lang` come from a client: taken only when they look like what they are. */
export function shellEnvironment(
  account: Account,
  session: string,
  asked: { readonly term: string; readonly lang: string },
  zone: string | undefined,
): Record<string, string> {
  return {
    PATH: account.uid === 0 ? ROOT_PATH : USER_PATH,
    HOME: account.home,
    USER: account.name,
    LOGNAME: account.name,
    SHELL: account.shell,
    LANG: /^[A-Za-z][A-Za-z0-9_.@-]{0,63}$/.test(asked.lang) ? asked.lang : FALLBACK_LANG,
    TERM: knownTerm(asked.term, account.home),
    ...(zone !== undefined && /^:?[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone) ? { TZ: zone } : {}),
    [SESSION_MARKER]: session,
  };
}

/** The login shell of an account, as words to run. */
export function loginShell(account: Account): [string, ...string[]] {
  const name = account.shell.slice(account.shell.lastIndexOf('/') + 1);
  return LOGIN_SHELLS.has(name) ? [account.shell, '-l'] : [account.shell];
}

/** A terminal this server has no description of would leave every full-screen program broken: then the common one. */
function knownTerm(term: string, home: string): string {
  const first = term[0];
  if (first === undefined || !/^[A-Za-z0-9][A-Za-z0-9+._-]{0,63}$/.test(term)) return FALLBACK_TERM;
  const folders = [`${home}/.terminfo`, ...TERMINFO].filter((folder) => existsSync(folder));
  if (folders.length === 0) return term;
  return folders.some((folder) => existsSync(`${folder}/${first}/${term}`)) ? term : FALLBACK_TERM;
}
