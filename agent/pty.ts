// A program on a terminal of its own (D6). The only file that touches node-pty, and of it only `openpty` and the resize call: node-pty's own
// spawn loses the tail of a child that exits while paused, keeps the agent's groups and leaves the slave to root (LIBRARIES §7).
// The program starts on the slave through setsid(1) and, for another OS user or without sudo, setpriv(1); the agent holds the slave
// until the master is drained, so no byte is lost; exit code and signal come from the child itself.
// Known limit: Linux with util-linux only.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, chmodSync, chownSync, closeSync, constants, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { maxCols, maxRows } from '../gateway/protocol/nouns.ts';
import { endTree, findTree, type KillSteps, type Survivor, type TreeRoot } from './tree.ts';
import { writeTty } from './tty-input.ts';
import { readTty } from './tty-output.ts';

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

export type PtyListener = {
  /** Output in order. May call pause(). The bytes are only lent: copy what is kept. */
  readonly data: (bytes: Uint8Array) => void;
  /** So many typed bytes were handed to the kernel. */
  readonly typed: (count: number) => void;
};

/** How the program ended. A signal has code 128 + its number, as shells say it. */
export type PtyEnding = {
  readonly code: number;
  readonly signal?: string;
  /** Processes it left behind that outlived SIGKILL, and how many were killed for outliving it. */
  readonly survivors: readonly Survivor[];
  readonly leftBehind: number;
};

export type Pty = {
  readonly pid: number;
  pause(): void;
  resume(): void;
  /** Queues typed bytes whole, or refuses them (false) when too much is pending or the program has ended. Never waits. */
  write(bytes: Uint8Array): boolean;
  /** Typed bytes the kernel has not taken yet. */
  pendingInput(): number;
  /** Clamped to 1–500 × 1–200 cells; nothing after the end. */
  resize(cols: number, rows: number): void;
  /** Ends every process of the session (tree.ts); resolves when they are gone or given up. */
  kill(): Promise<void>;
  /** Settles when the program ended *and* every byte it wrote was delivered, however long the reader paused. */
  readonly ended: Promise<PtyEnding>;
};

/** The part of node-pty's native module used here; its typings do not describe it. */
type NativePty = {
  open(cols: number, rows: number): { master: number; slave: number; pty: string };
  resize(fd: number, cols: number, rows: number): void;
};

/** What a process that outlives the shell may still say before it is killed with the rest, in ms. */
const AFTERWORD_MS = 50;

let native: Promise<NativePty> | undefined;

/** Loaded at the first session: an idle agent does not pay for it (GOALS §agent). */
function loadNative(): Promise<NativePty> {
  native ??= import('node-pty').then((module) => {
    const found: unknown = 'native' in module ? module.native : Reflect.get(module.default, 'native');
    return found as NativePty;
  });
  return native;
}

/** Starts a program on a new terminal. Refuses with `spawn` when it cannot be, and says why; it does not throw for that. */
export async function openPty(request: PtyRequest, listener: PtyListener, steps?: KillSteps): Promise<Result<Pty>> {
  const command = commandOf(request);
  if (!command.ok) return command;
  const lib = await loadNative();
  const { cols, rows } = clampSize(request.cols, request.rows);
  const opened = openPair(lib, cols, rows, request.user);
  if (!opened.ok) return opened;
  const { master, slave, terminal } = opened.value;
  const [program, ...args] = command.value;
  const child = await startOn(slave, program, args, request);
  if (child instanceof Error || child.pid === undefined) {
    for (const fd of [master, slave]) closeSync(fd);
    return refuse('spawn', `${program}: ${child instanceof Error ? child.message : 'it did not start'}`);
  }
  return {
    ok: true,
    value: attend(lib, { child, pid: child.pid, master, slave, terminal, marker: request.marker }, listener, steps),
  };
}

type Running = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly master: number;
  readonly slave: number;
  readonly terminal: number;
  readonly marker: string;
};

function attend(lib: NativePty, run: Running, listener: PtyListener, steps: KillSteps | undefined): Pty {
  const { child, pid, master, slave, terminal, marker } = run;
  let alive = true;
  /** While the slave is held nobody else can have its number. Afterwards the next session may: then it says nothing. */
  let holding = true;
  const root = (): TreeRoot => ({ pid, marker, terminal: holding ? terminal : 0, alive });
  let killing: Promise<Survivor[]> | undefined;
  const endAll = (): Promise<Survivor[]> => {
    killing ??= endTree(root, steps).finally(() => {
      killing = undefined;
    });
    return killing;
  };
  const input = writeTty(master, listener.typed);
  const output = readTty(master, (bytes) => {
    input.poke();
    listener.data(bytes);
  });

  const ended = new Promise<PtyEnding>((resolve) => {
    child.once('exit', (code, signal) => {
      alive = false;
      input.close();
      void finish().then((rest) => resolve({ ...endingOf(code, signal), ...rest }));
    });
  });
  const finish = async (): Promise<{ survivors: Survivor[]; leftBehind: number }> => {
    output.collect();
    const left = findTree(root());
    let survivors: Survivor[] = [];
    if (left.length > 0) {
      await delay(AFTERWORD_MS);
      survivors = await endAll();
    }
    holding = false;
    closeSync(slave);
    output.close();
    await output.flushed;
    return { survivors, leftBehind: left.length };
  };

  return {
    pid,
    pause: output.pause,
    resume: output.resume,
    write: (bytes) => alive && input.write(bytes),
    pendingInput: input.pending,
    resize(cols, rows) {
      if (!alive) return;
      const size = clampSize(cols, rows);
      lib.resize(master, size.cols, size.rows);
    },
    async kill() {
      if (alive) await endAll();
    },
    ended,
  };
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
): Result<{ master: number; slave: number; terminal: number }> {
  let pair: { master: number; slave: number; pty: string } | undefined;
  try {
    pair = lib.open(cols, rows);
    // Opened again by name: with close-on-exec, and blocking as programs expect it.
    const slave = openSync(pair.pty, constants.O_RDWR | constants.O_NOCTTY);
    // st_rdev has the very layout of the field tty_nr in /proc/PID/stat.
    const facts = statSync(pair.pty);
    if (user !== undefined) {
      chownSync(pair.pty, user.uid, facts.gid);
      chmodSync(pair.pty, 0o620);
    }
    closeSync(pair.slave);
    return { ok: true, value: { master: pair.master, slave, terminal: facts.rdev } };
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

/**
 * Starts the program with the slave as 0, 1 and 2. node-pty opens masters without close-on-exec, so a second shell would inherit the
 * first one's terminal: every descriptor of the agent that a child would get is covered with /dev/null in that child.
 */
function spawnOn(slave: number, program: string, args: readonly string[], request: PtyRequest): ChildProcess {
  const nothing = openSync('/dev/null', 'r+');
  const stdio: ('ignore' | number)[] = [slave, slave, slave];
  for (const fd of inheritable()) stdio[fd] = nothing;
  try {
    return spawn(program, args, { cwd: request.cwd, env: request.env, stdio: Array.from(stdio, (entry) => entry ?? 'ignore') });
  } finally {
    closeSync(nothing);
  }
}

/** Open descriptors above 2 that lack close-on-exec. */
function inheritable(): number[] {
  const closeOnExec = 0o2000000;
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((fd) => {
      if (fd <= 2) return false;
      try {
        const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
        return (Number.parseInt(flags, 8) & closeOnExec) === 0;
      } catch {
        return false; // Closed since the folder was read: it was the folder itself.
      }
    });
}

/** Tells the line discipline that characters have several bytes, so that erasing in a cooked line takes a whole one. Best effort. */
async function acceptUtf8(slave: number): Promise<void> {
  const child = spawn(findTool('stty') ?? 'stty', ['iutf8'], { stdio: [slave, 'ignore', 'ignore'] });
  await new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}

function endingOf(code: number | null, signal: NodeJS.Signals | null): { code: number; signal?: string } {
  return signal === null ? { code: code ?? 0 } : { code: 128 + (osConstants.signals[signal] ?? 0), signal };
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

function unfitProgram(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return `${path} is not a program`;
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return `${path} cannot be run`;
  }
}

function unfitFolder(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : `${path} is not a folder`;
  } catch {
    return `there is no folder ${path}`;
  }
}

function findTool(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
    .map((folder) => `${folder}/${name}`)
    .find((path) => unfitProgram(path) === undefined);
}
