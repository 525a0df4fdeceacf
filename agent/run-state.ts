// What a running agent says of itself in its state folder: for `status`, and for the next process to know what a killed one left behind.
// A report, not state: losing it loses no session.
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { problem } from '../gateway/protocol/errors.ts';
import { bootId, sessionId } from '../gateway/protocol/ids.ts';
import { fitJson } from '../gateway/protocol/json.ts';
import { count, instant } from '../gateway/protocol/nouns.ts';
import { writeWhole } from './state-file.ts';

const runState = v.strictObject({
  pid: count,
  /** When that process began, in clock ticks since the machine did: a pid alone may be somebody else's by now. */
  startTicks: count,
  boot: bootId,
  startedAt: instant,
  gateway: v.string(),
  server: v.string(),
  connection: v.picklist(['connected', 'waiting', 'stopped']),
  /** Since when `connection` is so. */
  since: v.optional(instant),
  attempt: v.optional(count),
  nextAttemptAt: v.optional(instant),
  /** Sessions it holds: what they leave behind if it is killed, its successor ends (R9). */
  sessions: v.array(sessionId),
  /** Why the last dial failed. */
  problem: v.optional(problem),
  version: v.optional(v.string()),
  /** It takes knocks (ask-upgrade.ts): how many upgrades it came through, how many knocks it has answered, and why not, if the last one led to none. */
  upgrade: v.optional(v.strictObject({ count, answered: count, refused: v.optional(problem) })),
});
export type RunState = v.InferOutput<typeof runState>;

const FILE = 'run.json';

export async function writeRunState(folder: string, state: RunState): Promise<void> {
  // A full disk must not stop an agent that has sessions to carry.
  await writeWhole(`${folder}/${FILE}`, `${JSON.stringify(state)}\n`, false).catch(() => {});
}

/** The last report, or undefined when there is none to be read. */
export async function readRunState(folder: string): Promise<RunState | undefined> {
  const text = await readFile(`${folder}/${FILE}`, 'utf8').catch(() => undefined);
  const state = text === undefined ? undefined : fitJson(runState, text);
  return state?.ok === true ? state.value : undefined;
}

/** When a process began, in clock ticks since the machine did; undefined when it is gone. */
export async function startTicksOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

/** True while the very process that wrote a report lives. */
export async function stillRuns(state: RunState): Promise<boolean> {
  return state.connection !== 'stopped' && (await startTicksOf(state.pid)) === state.startTicks;
}
