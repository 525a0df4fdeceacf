// What a running agent looks like from outside: its own report, and what the kernel says of its process.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { problemSentence } from '../gateway/protocol/errors.ts';
import { type RunState, readRunState, stillRuns } from './run-state.ts';

export type AgentStatus = {
  readonly running: boolean;
  readonly report?: RunState;
  readonly memory?: AgentMemory;
  /** Programs of sessions that crossed an upgrade and ended since: in the process table until the agent ends, or is upgraded with no session open (adopted.ts). */
  readonly unreaped?: number;
};

/** In bytes. `settled`: the process used no processor time while it was watched, so this is what it holds at rest. */
export type AgentMemory = { readonly vmRss: number; readonly rssAnon: number; readonly settled: boolean };

/** How long the process is watched to tell whether it rests. */
const WATCH_MS = 500;

export async function readStatus(state: string): Promise<AgentStatus> {
  const report = await readRunState(state);
  if (report === undefined) return { running: false };
  const memory = (await stillRuns(report)) ? await readMemory(report.pid) : undefined;
  if (memory === undefined) return { running: false, report };
  const crossed = (report.upgrade?.count ?? 0) > 0;
  return { running: true, report, memory, ...(crossed ? { unreaped: (await import('./tree.ts')).unreapedOf(report.pid) } : {}) };
}

/** Resident memory of a process from /proc, or undefined when there is none. */
export async function readMemory(pid: number): Promise<AgentMemory | undefined> {
  const before = await processorTicks(pid);
  await delay(WATCH_MS);
  const after = await processorTicks(pid);
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  if (before === undefined || after === undefined || status === '') return undefined;
  return { vmRss: kilobytes('VmRSS'), rssAnon: kilobytes('RssAnon'), settled: after === before };
}

async function processorTicks(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
const time = (at: number | undefined): string => (at === undefined ? 'unknown' : new Date(at).toISOString());

/** The lines a person reads. */
export function statusLines({ running, report, memory, unreaped = 0 }: AgentStatus): string[] {
  if (report === undefined) return ['agent       has not run from this state folder yet'];
  const lines = [`server      ${report.server}`, `gateway     ${report.gateway}`];
  if (!running) return [...lines, 'agent       not running'];
  lines.push(`agent       running, process ${report.pid}, since ${time(report.startedAt)}`);
  lines.push(
    report.connection === 'connected'
      ? `connection  connected since ${time(report.since)}`
      : `connection  waiting after attempt ${report.attempt ?? 0}; next at ${time(report.nextAttemptAt)}`,
  );
  lines.push(`sessions    ${report.sessions.length}`);
  const { version = 'unknown', upgrade } = report;
  if (upgrade !== undefined)
    lines.push(`version     ${version}${upgrade.count === 0 ? '' : `, upgrades since its start: ${upgrade.count}`}`);
  if (unreaped > 0)
    lines.push(
      `zombies     ${unreaped}: programs that crossed an upgrade and ended since; they go when the agent does, or is upgraded with no session open`,
    );
  if (report.problem !== undefined) lines.push(`            ${problemSentence(report.problem)}`);
  if (memory !== undefined) {
    const how = memory.settled ? 'settled' : 'not settled: it was working while it was measured';
    lines.push(`memory      VmRSS ${megabytes(memory.vmRss)}, RssAnon ${megabytes(memory.rssAnon)} (${how})`);
  }
  return lines;
}
