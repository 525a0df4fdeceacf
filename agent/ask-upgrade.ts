// Asks the running agent of a state folder to become the program that is installed now, and waits for its answer in its own report.
// The knock is SIGURG because it does nothing to a process that does not listen: in the moment between two images a SIGUSR2 would end it, and all
// its sessions with it.
import { setTimeout as delay } from 'node:timers/promises';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { type RunState, readRunState, stillRuns } from './run-state.ts';

export const UPGRADE_SIGNAL = 'SIGURG';

export type Upgrade = { readonly pid: number; readonly from: string; readonly to: string; readonly sessions: number };

/** Longer than the agent takes to find out that it cannot (upgrade.ts). */
const ANSWER_MS = 60_000;
const LOOK_MS = 25;

/** Errors: not-found (none runs), agent-refused (and why: it goes on as it is), denied (another user's), offline (it ended over it), timeout. */
export async function askUpgrade(state: string): Promise<Result<Upgrade>> {
  const before = await readRunState(state);
  if (before === undefined || !(await stillRuns(before))) return refuse('not-found', `no agent runs from ${state}`);
  const { pid, upgrade } = before;
  if (upgrade === undefined)
    return refuse('agent-refused', `process ${pid} runs a version that cannot be replaced while it runs; start it anew`);
  try {
    process.kill(pid, UPGRADE_SIGNAL);
  } catch {
    return refuse('denied', `process ${pid} belongs to another user`);
  }
  for (const until = performance.now() + ANSWER_MS; performance.now() < until; await delay(LOOK_MS)) {
    const now = await readRunState(state);
    if (now?.upgrade !== undefined && now.pid === pid && now.upgrade.answered > upgrade.answered) return answerOf(before, now);
    if (!(await stillRuns(before))) return refuse('offline', `process ${pid} ended while it was asked, and its sessions with it`);
  }
  return refuse('timeout', `process ${pid} did not answer in ${ANSWER_MS / 1000} s`);
}

function answerOf(before: RunState, now: RunState): Result<Upgrade> {
  const { refused } = now.upgrade ?? {};
  if (refused !== undefined) return refuse(refused.code, refused.detail);
  return {
    ok: true,
    value: { pid: now.pid, from: before.version ?? 'unknown', to: now.version ?? 'unknown', sessions: now.sessions.length },
  };
}
