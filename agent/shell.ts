// From an order to a login shell: which OS user, which rights, which environment, which folder (S7, S38, B4).
// Known limit: no PAM session is opened, so what PAM sets for a login (limits, keyrings, motd) is not there.
import { statSync } from 'node:fs';
import type { Order } from '../gateway/protocol/agent.ts';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { runAs } from './account.ts';
import { loginShell, shellEnvironment } from './environment.ts';
import type { Pty, PtyListener } from './running-pty.ts';

/** What the agent's own user gets instead of their login shell and home: for servers with no such thing, for demos and tests. */
export type ShellChoice = {
  /** Run as it is, not as a login shell. */
  readonly program?: string;
  readonly home?: string;
};

/** Opens the shell an (already verified) order asks for. Refuses with `os-user`, `spawn` or `order-refused`. */
export async function openShell(
  order: Extract<Order, { kind: 'open' }>,
  listener: PtyListener,
  choice: ShellChoice = {},
): Promise<Result<Pty>> {
  // A shell cannot be read-only: an order that says so is a mistake somewhere, and no reason to open one.
  if (order.level !== 'terminal' && order.level !== 'full') return refuse('order-refused', `level ${order.level} gives no shell`);
  const who = await runAs(order.user);
  if (!who.ok) return who;
  const { demote } = who.value;
  const chosen = demote ? {} : choice;
  const account = {
    ...who.value.account,
    ...(chosen.program === undefined ? {} : { shell: chosen.program }),
    ...(chosen.home === undefined ? {} : { home: chosen.home }),
  };
  const { openPty } = await import('./pty.ts');
  return openPty(
    {
      argv: chosen.program === undefined ? loginShell(account) : [chosen.program],
      env: shellEnvironment(account, order.session, order, process.env['TZ']),
      cwd: isFolder(account.home) ? account.home : '/',
      ...(demote ? { user: account } : {}),
      noNewPrivileges: order.level === 'terminal',
      marker: order.session,
      ...order.size,
    },
    listener,
  );
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
