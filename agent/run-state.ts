// What a running agent says of itself in its state folder, for `status`. A report, not state: losing it loses nothing.
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { problem } from '../gateway/protocol/errors.ts';
import { bootId } from '../gateway/protocol/ids.ts';
import { fit, parseJson } from '../gateway/protocol/json.ts';
import { count, instant } from '../gateway/protocol/nouns.ts';
import { writeWhole } from './state-file.ts';

const runState = v.strictObject({
  pid: count,
  boot: bootId,
  startedAt: instant,
  gateway: v.string(),
  server: v.string(),
  connection: v.picklist(['connected', 'waiting', 'stopped']),
  /** Since when `connection` is so. */
  since: v.optional(instant),
  attempt: v.optional(count),
  nextAttemptAt: v.optional(instant),
  /** Why the last dial failed. */
  problem: v.optional(problem),
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
  const json = text === undefined ? undefined : parseJson(text);
  const state = json?.ok === true ? fit(runState, json.value) : undefined;
  return state?.ok === true ? state.value : undefined;
}
