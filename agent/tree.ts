// Every process that a session left behind, and their end (R9, B4).
// A process belongs to a session when it is in its kernel session, when it descends from one that is, when it holds the session's
// terminal, or when it carries the session's marker in its environment (so `setsid` alone does not escape).
// Known limit: a process that left the kernel session, dropped its environment and outlived every ancestor cannot be told from a
// stranger without a cgroup of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The variable every process of a session inherits; its value is the session's id. */
export const SESSION_MARKER = 'SALLYPORT_SESSION';

/** One line of /proc/PID/stat, as far as it matters here. */
export type ProcessFact = {
  readonly pid: number;
  readonly parent: number;
  /** Kernel session: the pid of its leader. */
  readonly session: number;
  /** Device number of the controlling terminal, 0 for none. */
  readonly terminal: number;
  readonly state: string;
  readonly name: string;
};

/** What a session's processes are known by. */
export type TreeRoot = {
  /** The shell: first process and leader of the kernel session. */
  readonly pid: number;
  /** Value of {@link SESSION_MARKER} in the environment. */
  readonly marker: string;
  /** Device number of the slave, 0 when not known. */
  readonly terminal: number;
  /** False once the shell was reaped: its pid may then be somebody else's. */
  readonly alive: boolean;
};

/** A process that outlived SIGKILL, or that this agent may not signal. */
export type Survivor = { readonly pid: number; readonly name: string };

/** How long each step waits before the next one, in ms. Overridden in tests only. */
export type KillSteps = { readonly hangupMs: number; readonly terminateMs: number; readonly killMs: number };

/** Together well under what a gateway waits for the end of a killed program (T1). */
const STEPS: KillSteps = { hangupMs: 150, terminateMs: 150, killMs: 3_000 };
const POLL_MS = 20;
const WALK_MS = 200;

/** Reads one /proc/PID/stat line; undefined when it is not one. The name stands in brackets and may itself hold brackets and spaces. */
export function parseStat(line: string): ProcessFact | undefined {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const [state = '', parent, , session, terminal] = line.slice(close + 2).split(' ');
  const fact = {
    pid: Number(line.slice(0, open)),
    parent: Number(parent),
    session: Number(session),
    terminal: Number(terminal),
    state,
    name: line.slice(open + 1, close),
  };
  return Number.isInteger(fact.pid + fact.parent + fact.session + fact.terminal) ? fact : undefined;
}

/** The living members of a session among `facts`. `marked` says whether a process carries the session's marker. Pure. */
export function membersOf(root: TreeRoot, facts: readonly ProcessFact[], marked: (pid: number) => boolean): ProcessFact[] {
  const reused = !root.alive && facts.some((fact) => fact.pid === root.pid);
  const members = new Set<number>();
  for (const fact of facts) {
    const inSession = !reused && (fact.session === root.pid || fact.pid === root.pid);
    const onTerminal = root.terminal !== 0 && fact.terminal === root.terminal;
    if (inSession || onTerminal || marked(fact.pid)) members.add(fact.pid);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const fact of facts) {
      if (members.has(fact.pid) || !members.has(fact.parent)) continue;
      members.add(fact.pid);
      grown = true;
    }
  }
  return facts.filter((fact) => members.has(fact.pid) && fact.state !== 'Z' && fact.state !== 'X' && fact.pid !== process.pid);
}

/** The living members of a session, from /proc. */
export function findTree(root: TreeRoot): ProcessFact[] {
  const needle = Buffer.from(`${SESSION_MARKER}=${root.marker}\0`);
  return membersOf(root, processes(), (pid) => {
    // Only what this agent may read: its own user's processes, or all of them as root.
    const environment = slurp(`/proc/${pid}/environ`);
    const at = environment?.indexOf(needle) ?? -1;
    return at === 0 || (at > 0 && environment?.[at - 1] === 0);
  });
}

/**
 * Ends a session's processes: SIGHUP, then SIGTERM with SIGCONT (a stopped job must wake to die), then SIGKILL until none is left.
 * Resolves with those that are still there after all of it.
 */
export async function endTree(root: () => TreeRoot, steps: KillSteps = STEPS): Promise<Survivor[]> {
  const plan = [
    { signals: ['SIGHUP', 'SIGCONT'], waitMs: steps.hangupMs, again: false },
    { signals: ['SIGTERM', 'SIGCONT'], waitMs: steps.terminateMs, again: false },
    { signals: ['SIGKILL'], waitMs: steps.killMs, again: true },
  ] as const;
  let left = findTree(root());
  for (const { signals, waitMs, again } of plan) {
    for (const signal of signals) send(signal, left);
    for (let waited = 0; waited < waitMs && left.length > 0; waited += POLL_MS) {
      await delay(POLL_MS);
      left = left.filter(({ pid }) => lives(pid));
      // A process may fork between the walk and its end; but a walk through thousands of processes is too dear for every turn.
      if (left.length > 0 && !(again && waited % WALK_MS === 0)) continue;
      left = findTree(root());
      if (again) for (const signal of signals) send(signal, left);
    }
    if (left.length === 0) return [];
    left = findTree(root());
  }
  return left.map(({ pid, name }) => ({ pid, name }));
}

/** Ends what carries a session's marker, when nothing else is known of it any more. Resolves with how many there were. */
export async function endMarked(marker: string): Promise<number> {
  // No process has this pid, and none is its child or in its session.
  const root: TreeRoot = { pid: -1, marker, terminal: 0, alive: false };
  const found = findTree(root).length;
  await endTree(() => root);
  return found;
}

/** How many children of a process have ended and were not waited for. */
export function unreapedOf(parent: number): number {
  return processes().filter((fact) => fact.parent === parent && fact.state === 'Z').length;
}

function send(signal: NodeJS.Signals, facts: readonly ProcessFact[]): void {
  for (const { pid } of facts) {
    try {
      process.kill(pid, signal);
    } catch {
      // Already gone, or not ours to signal: the next walk tells which.
    }
  }
}

function lives(pid: number): boolean {
  const fact = parseStat(slurp(`/proc/${pid}/stat`)?.toString('latin1') ?? '');
  return fact !== undefined && fact.state !== 'Z' && fact.state !== 'X';
}

function processes(): ProcessFact[] {
  const facts: ProcessFact[] = [];
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const fact = parseStat(slurp(`/proc/${name}/stat`)?.toString('latin1') ?? '');
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
}

/** A file under /proc, or undefined when its process ended or is not ours to read. */
function slurp(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
