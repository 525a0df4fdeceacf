// Programs that this process is the parent of but did not start: an image of the agent before an upgrade did (D6). Node waits only for what it
// started itself, so their end is read from /proc: on SIGCHLD, from the state and the wait status of the un-reaped child.
// Known limit: nothing in Node can take such a child out of the process table. Its entry (`Z`, no memory, no descriptors) stays until the agent
// ends, or is upgraded while no session is open (upgrade.ts); `status` counts them. Only sessions that cross an upgrade leave one.
import { readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';

/** How a program ended; a signal has code 128 + its number, as shells say it. Without a code: it ended, and nobody may know how. */
export type Exit = { readonly code?: number | undefined; readonly signal?: string | undefined };

const watched = new Map<number, (exit: Exit) => void>();

/** Calls `told` once, when the child `pid` has ended; never before this returns. */
export function watchChild(pid: number, told: (exit: Exit) => void): void {
  if (watched.size === 0) process.on('SIGCHLD', look);
  watched.set(pid, told);
  // It may have ended before anybody listened.
  setImmediate(look);
}

function look(): void {
  for (const [pid, told] of watched) {
    const exit = exitOf(statOf(pid), () => mayKnow(pid));
    if (exit === undefined) continue;
    watched.delete(pid);
    if (watched.size === 0) process.off('SIGCHLD', look);
    told(exit);
  }
}

/**
 * How the process of a /proc/PID/stat line ended, undefined while it has not (proc(5): field 3 is the state, field 52 the wait status). To whom the
 * kernel does not tell the status it says 0, so `mayKnow` is asked first. No line = it is gone, and nobody can know how.
 */
export function exitOf(stat: string | undefined, mayKnow: () => boolean): Exit | undefined {
  if (stat === undefined) return {};
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] !== 'Z' && fields[0] !== 'X') return undefined;
  const status = Number.parseInt(fields[49] ?? '', 10);
  if (Number.isNaN(status) || !mayKnow()) return {};
  return exitOfStatus(status);
}

/** A wait status as wait(2) lays it out: signal in the low 7 bits, core flag above them, exit code in the second byte. */
export function exitOfStatus(status: number): Exit {
  const number = status & 0x7f;
  if (number === 0) return { code: (status >> 8) & 0xff };
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return { code: 128 + number, signal: signal ?? `SIG${number}` };
}

function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
}

/** The kernel shows both this link and the status to the same readers: who changed users (sudo) is hidden from an agent that is not root. */
function mayKnow(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/ns/user`);
    return true;
  } catch {
    return false;
  }
}
