// The agent is replaced by the program that is installed now, as the same process (D6, E7): `execve` keeps the pid, so its children stay its children
// and whoever watches over it (systemd) sees nothing; it keeps the descriptors that lack close-on-exec, which are the terminals and standard input, and
// all that is said of them comes along through the latter (hand-over.ts). What was not read from a terminal stays in the kernel.
//
// Nothing is given up before the new program has said that it starts and can read what it will be handed. From the first byte written down to the
// execve everything is one synchronous step. A failed execve itself ends this process (Node before 26 aborts), so the very Node and program are probed.
// Known limits: between the execve and the first lines of the new program SIGTERM, SIGINT and SIGHUP have their default effect, and end it; and
// programs that crossed an upgrade cannot be reaped (adopted.ts).
import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import * as v from 'valibot';
import { type Problem, problem, problemSentence, type Result, refuse } from '../gateway/protocol/errors.ts';
import { fit, parseJson } from '../gateway/protocol/json.ts';
import { covered } from './descriptors.ts';
import { type HandOver, handOverFormat, idleInput, layOut, probeAnswer } from './hand-over.ts';
import { unreapedOf } from './tree.ts';

/** How this agent was started: the file that Node was given, and the words after it. */
export type Installed = { readonly launcher: string; readonly words: readonly string[] };

/** Says to a new image that it is one. */
export const TAKEN_OVER = '--taken-over';

type Successor = { readonly node: string; readonly version: string };

const refusedProbe = v.looseObject({ problem });
const PROBE_MS = 20_000;

/** What of the running agent an upgrade works on. */
export type Upgraded = {
  readonly state: string;
  readonly installed: Installed;
  /** Opens no more sessions and writes no more files; true when what was under way is done, false when that took too long. */
  hold(): Promise<boolean>;
  handOver(): HandOver;
  /** Why it must not be after all: the agent was told to stop meanwhile. */
  objection(): Result<undefined>;
  readonly note: (event: string, facts: Readonly<Record<string, string | number>>) => void;
};

/** Comes back only with the reason why there was no upgrade; then the caller goes on as before. */
export async function upgrade(agent: Upgraded): Promise<Problem> {
  const successor = await probe(agent.installed, agent.state);
  if (!successor.ok) return successor.problem;
  if (!(await agent.hold())) return refuse('agent-refused', 'a session was being opened all the while; ask again').problem;
  // Node reaps all programs that ended together, then tells of one after the other: in the middle of that (this very call may come from the end of the
  // probe) an exit code would be lost. Not in a turn of its own.
  await new Promise<void>((resolve) => setImmediate(resolve));
  const objection = agent.objection();
  if (!objection.ok) return objection.problem;
  const { node, version } = successor.value;
  const { launcher, words } = agent.installed;
  const { execve } = process;
  if (execve === undefined) return refuse('agent-refused', `Node ${process.versions.node} cannot replace a program`).problem;
  const handed = agent.handOver();
  agent.note('upgrading', { to: version, sessions: handed.sessions.length });
  const laid = layOut(agent.state, handed);
  if (!laid.ok) return laid.problem;
  const become = [node, ...process.execArgv, launcher, ...words, TAKEN_OVER];
  const live = handed.sessions.some(({ pty }) => pty !== undefined);
  const reaping = live || unreapedOf(process.pid) === 0 ? [] : reaper();
  try {
    const [program = node, ...args] = [...reaping, ...become];
    return execve.call(process, program, [program, ...args]);
  } catch (error) {
    idleInput();
    return refuse('bug', `execve: ${error instanceof Error ? error.message : String(error)}`).problem;
  }
}

/** Starts the installed program as far as its own word that it can go on from here. `agent-refused` with what is wrong with it. */
export async function probe({ launcher }: Installed, state: string): Promise<Result<Successor>> {
  const wrong = (why: string): Result<never> => refuse('agent-refused', `the installed program cannot take over: ${why}`);
  const said = await run(nodeFor(), [...process.execArgv, launcher, 'probe', '--state', state, '--json']);
  const json = parseJson(said.out.trim());
  const answer = json.ok ? fit(probeAnswer, json.value) : json;
  if (said.code !== 0 || !answer.ok) {
    const refused = json.ok ? fit(refusedProbe, json.value) : json;
    if (refused.ok) return wrong(problemSentence(refused.value.problem));
    return wrong(
      said.trouble ?? reasonIn(said.err) ?? (said.code === 0 ? 'it is no agent of this kind' : `it ended with ${said.code}`),
    );
  }
  const { reads, version, node } = answer.value;
  if (!reads.includes(handOverFormat))
    return wrong(
      `version ${version} reads hand-overs of format ${reads.join(', ') || 'none'}, and this one is ${handOverFormat}`,
    );
  try {
    accessSync(node, constants.X_OK);
  } catch {
    return wrong(`its Node, ${node}, cannot be run`);
  }
  return { ok: true, value: { node, version } };
}

/** The Node of this process while it is still there, else whichever the launcher would be started by. */
function nodeFor(): string {
  try {
    accessSync(process.execPath, constants.X_OK);
    return process.execPath;
  } catch {
    return 'node';
  }
}

/**
 * A shell that waits for everything it is the parent of, then becomes what follows: it takes the dead of earlier upgrades out of the process table.
 * Never while a program lives, whose exit code it would take with it.
 */
function reaper(): string[] {
  try {
    accessSync('/bin/sh', constants.X_OK);
    return ['/bin/sh', '-c', ': & wait; exec "$@"', 'sh'];
  } catch {
    return [];
  }
}

type Said = { readonly code: number | null; readonly out: string; readonly err: string; readonly trouble?: string };

function run(program: string, args: readonly string[]): Promise<Said> {
  const nothing = openSync('/dev/null', 'r+');
  return new Promise<Said>((resolve) => {
    // Held by the other program, a terminal would outlive its session.
    const child = spawn(program, args, { stdio: covered(['ignore', 'pipe', 'pipe'], nothing) });
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (out = (out + text).slice(0, 64 * 1024)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(0, 64 * 1024)));
    const late = setTimeout(() => child.kill('SIGKILL'), PROBE_MS);
    child.once('error', (error) => resolve({ code: null, out, err, trouble: error.message }));
    child.once('close', (code, signal) => {
      clearTimeout(late);
      resolve({ code, out, err, ...(signal === null ? {} : { trouble: `it did not answer in ${PROBE_MS / 1000} s` }) });
    });
  }).finally(() => closeSync(nothing));
}

/** The line of a Node report that says what is wrong. */
function reasonIn(err: string): string | undefined {
  const lines = err.split('\n').map((line) => line.trim());
  return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== ''))?.slice(0, 300);
}
