// A program on a terminal of its own (D6). The only file that touches node-pty, and of it only `openpty` and the resize call: node-pty's own
// spawn loses the tail of a child that exits while paused, keeps the agent's groups and leaves the slave to root (LIBRARIES §7).
// The program starts on the slave through setsid(1) and, for another OS user or without sudo, setpriv(1). How it is attended afterwards, and by
// the image of the agent that an upgrade put in this one's place, is running-pty.ts.
// Known limit: Linux with util-linux only.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { maxCols, maxRows } from '../gateway/protocol/nouns.ts';
import { type Exit, watchChild } from './adopted.ts';
import { covered } from './descriptors.ts';
import { attend, type Pty, type PtyListener, type PtyState } from './running-pty.ts';
import { findTool, unfitProgram } from './tools.ts';
import type { KillSteps } from './tree.ts';

export type PtyRequest = {
  /** Program by absolute path, and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** The whole environment; nothing of the agent's is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The OS user to become, when it is not the agent's own. */
  readonly user?: { readonly name: string; readonly uid: number; readonly gid: number };
  /** True: nothing in the tree can gain privileges (sudo, setuid), for sessions of level `terminal`. */
  readonly noNewPrivileges: boolean;
  /** The session id all its processes are known by (tree.ts). */
  readonly marker: string;
  readonly cols: number;
  readonly rows: number;
};

/** The part of node-pty's native module used here; its typings do not describe it. */
type NativePty = {
  open(cols: number, rows: number): { master: number; slave: number; pty: string };
  resize(fd: number, cols: number, rows: number): void;
};

let native: Promise<NativePty> | undefined;

/** Loaded at the first session: an idle agent does not pay for it (GOALS §agent). */
function loadNative(): Promise<NativePty> {
  native ??= import('node-pty').then((module) => {
    const found: unknown = 'native' in module ? module.native : Reflect.get(module.default, 'native');
    return found as NativePty;
  });
  return native;
}

/** True when terminals can be opened here; throws when node-pty cannot be loaded. */
export async function loadTerminals(): Promise<boolean> {
  return typeof (await loadNative()).open === 'function';
}

/** Starts a program on a new terminal. Refuses with `spawn` when it cannot be, and says why; it does not throw for that. */
export async function openPty(request: PtyRequest, listener: PtyListener, steps?: KillSteps): Promise<Result<Pty>> {
  const command = commandOf(request);
  if (!command.ok) return command;
  const lib = await loadNative();
  const { cols, rows } = clampSize(request.cols, request.rows);
  const opened = openPair(lib, cols, rows, request.user);
  if (!opened.ok) return opened;
  const { master, slave, terminal, standard } = opened.value;
  const [program, ...args] = command.value;
  const child = await startOn(standard, program, args, request);
  closeSync(standard);
  if (child instanceof Error || child.pid === undefined) {
    for (const fd of [master, slave]) closeSync(fd);
    return refuse('spawn', `${program}: ${child instanceof Error ? child.message : 'it did not start'}`);
  }
  const told = (call: (exit: Exit) => void): void => {
    child.once('exit', (code, signal) => call(exitOf(code, signal)));
  };
  const state = { pid: child.pid, terminal, marker: request.marker, fds: { master, slave }, reaped: false };
  return { ok: true, value: attend(state, { told, reaps: true }, sizerOf(lib, master), listener, steps) };
}

/** Attends a program that an earlier image of this process started (D6). */
export async function adoptPty(state: PtyState, listener: PtyListener, steps?: KillSteps): Promise<Pty> {
  const lib = await loadNative();
  const told = (call: (exit: Exit) => void): void => watchChild(state.pid, call);
  return attend(state, { told, reaps: state.reaped }, sizerOf(lib, state.fds?.master ?? -1), listener, steps);
}

const sizerOf =
  (lib: NativePty, master: number) =>
  (cols: number, rows: number): void => {
    const size = clampSize(cols, rows);
    lib.resize(master, size.cols, size.rows);
  };

function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  return signal === null ? { code: code ?? 0 } : { code: 128 + (osConstants.signals[signal] ?? 0), signal };
}

/** Sizes outside 1–500 × 1–200, fractions and NaN come out as the nearest size a terminal may have. */
export function clampSize(cols: number, rows: number): { cols: number; rows: number } {
  const clamp = (value: number, most: number): number =>
    Number.isNaN(value) ? 1 : Math.min(Math.max(Math.trunc(value), 1), most);
  return { cols: clamp(cols, maxCols), rows: clamp(rows, maxRows) };
}

function openPair(
  lib: NativePty,
  cols: number,
  rows: number,
  user: PtyRequest['user'],
): Result<{ master: number; slave: number; terminal: number; standard: number }> {
  let pair: { master: number; slave: number; pty: string } | undefined;
  try {
    pair = lib.open(cols, rows);
    // What the program gets: opened again by name, because programs expect it to block. The agent holds the other one, which an upgrade keeps.
    const standard = openSync(pair.pty, constants.O_RDWR | constants.O_NOCTTY);
    // st_rdev has the very layout of the field tty_nr in /proc/PID/stat.
    const facts = statSync(pair.pty);
    if (user !== undefined) {
      chownSync(pair.pty, user.uid, facts.gid);
      chmodSync(pair.pty, 0o620);
    }
    return { ok: true, value: { master: pair.master, slave: pair.slave, terminal: facts.rdev, standard } };
  } catch (error) {
    if (pair !== undefined) for (const fd of [pair.master, pair.slave]) closeSync(fd);
    return refuse('spawn', `no terminal could be opened: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The started program, or why it could not be (no descriptors, no processes left): spawn tells that in three ways. */
async function startOn(
  slave: number,
  program: string,
  args: readonly string[],
  request: PtyRequest,
): Promise<ChildProcess | Error> {
  try {
    await acceptUtf8(slave);
    const child = spawnOn(slave, program, args, request);
    return child.pid === undefined ? await new Promise<Error>((resolve) => child.once('error', resolve)) : child;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Starts the program with the slave as 0, 1 and 2, and nothing else of the agent's: a second shell would inherit the first one's terminal. */
function spawnOn(slave: number, program: string, args: readonly string[], request: PtyRequest): ChildProcess {
  const nothing = openSync('/dev/null', 'r+');
  try {
    return spawn(program, args, { cwd: request.cwd, env: request.env, stdio: covered([slave, slave, slave], nothing) });
  } finally {
    closeSync(nothing);
  }
}

/** Tells the line discipline that characters have several bytes, so that erasing in a cooked line takes a whole one. Best effort. */
async function acceptUtf8(slave: number): Promise<void> {
  const child = spawn(findTool('stty') ?? 'stty', ['iutf8'], { stdio: [slave, 'ignore', 'ignore'] });
  await new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}

/** setsid and, where privileges change, setpriv before the program; or why it cannot be started. */
function commandOf(request: PtyRequest): Result<[string, ...string[]]> {
  const [program] = request.argv;
  const unfit = unfitProgram(program) ?? unfitFolder(request.cwd);
  if (unfit !== undefined) return refuse('spawn', unfit);
  const setsid = findTool('setsid');
  const setpriv = findTool('setpriv');
  if (setsid === undefined || setpriv === undefined)
    return refuse('spawn', 'setsid and setpriv (util-linux) are needed on this server');
  const rights: string[] = [];
  if (request.user !== undefined) rights.push(`--reuid=${request.user.uid}`, `--regid=${request.user.gid}`, '--init-groups');
  if (request.noNewPrivileges) rights.push('--no-new-privs');
  const demoted = rights.length === 0 ? [] : [setpriv, ...rights, '--'];
  return { ok: true, value: [setsid, '--ctty', '--wait', ...demoted, ...request.argv] };
}

function unfitFolder(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : `${path} is not a folder`;
  } catch {
    return `there is no folder ${path}`;
  }
}
