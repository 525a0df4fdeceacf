// Accounts of this machine's operating system, and which of them this agent can be (S7, B4).
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { type Result, refuse } from '../gateway/protocol/errors.ts';

export type Account = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
};

/** The account that a session runs as. `demote` = it is another one than the agent's, and the agent must become it. */
export type RunAs = { readonly account: Account; readonly demote: boolean };

const CAP_CHOWN = 0;
const CAP_SETGID = 6;
const CAP_SETUID = 7;

/** One line of passwd(5); undefined when it is not one. */
export function parsePasswd(line: string): Account | undefined {
  const [name, , uid, gid, , home, shell] = line.split(':');
  if (name === undefined || name === '' || shell === undefined || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? ''))
    return undefined;
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    home: home === undefined || home === '' ? '/' : home,
    shell: shell.trim() === '' ? '/bin/sh' : shell.trim(),
  };
}

/** The account of that name (LDAP and the like included), or undefined. The name must already fit the protocol's `osUser`. */
export async function findAccount(name: string): Promise<Account | undefined> {
  const line = await new Promise<string | undefined>((resolve) => {
    execFile('/usr/bin/getent', ['passwd', '--', name], { timeout: 5_000 }, (error, out) => {
      // getent ends with 2 for "not there"; anything else (not installed, killed) falls back to the file.
      resolve(error === null ? out : error.code === 2 ? '' : undefined);
    });
  });
  const text = line ?? (await readFile('/etc/passwd', 'utf8').catch(() => ''));
  return text
    .split('\n')
    .map(parsePasswd)
    .find((account) => account?.name === name);
}

/** The agent's own account. A container may run it under a number that no account has. */
export function ownAccount(): Account {
  try {
    const own = userInfo();
    return { name: own.username, uid: own.uid, gid: own.gid, home: own.homedir, shell: own.shell ?? '/bin/sh' };
  } catch {
    const uid = process.geteuid?.() ?? 0;
    return { name: `uid-${uid}`, uid, gid: process.getegid?.() ?? 0, home: '/', shell: '/bin/sh' };
  }
}

/**
 * The account for an order: none named = the agent's own. Refuses with `os-user` when there is no such account, or when this agent
 * cannot become it: it never runs as itself instead.
 */
export async function runAs(name: string | undefined): Promise<Result<RunAs>> {
  const own = ownAccount();
  if (name === undefined || name === own.name) return { ok: true, value: { account: own, demote: false } };
  if (own.uid !== 0) return refuse('os-user', `the agent runs as ${own.name} and can be nobody else`);
  const missing = missingRights(await readFile('/proc/self/status', 'utf8').catch(() => ''));
  if (missing.length > 0) return refuse('os-user', `the agent is root without the right to change users (${missing.join(', ')})`);
  const account = await findAccount(name);
  if (account === undefined) return refuse('os-user', `there is no user ${name}`);
  return { ok: true, value: { account, demote: account.uid !== own.uid } };
}

/** Capabilities needed to become another user that /proc/self/status says are not in effect (a container may take them). */
export function missingRights(status: string): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return Object.entries({ CAP_CHOWN, CAP_SETGID, CAP_SETUID })
    .filter(([, bit]) => (effective & (1n << BigInt(bit))) === 0n)
    .map(([name]) => name);
}
