// What tells others of what happens: sinks and alerts, made from config.json at the start, as the composition root makes everything else.

import { alertRow, alertRules } from './audit/alert-rules.ts';
import type { Log } from './audit/commit.ts';
import { parseQuery } from './audit/query.ts';
import type { TrailBoard } from './audit/trail-board.ts';
import type { Config } from './config.ts';
import { type Alerting, openAlerting } from './handlers/alerting.ts';
import type { Parts } from './handlers/call.ts';
import { openSinks, type SinkParts } from './handlers/sinking.ts';
import { openAlertMemory } from './outside/alert-memory-file.ts';
import type { dataFolder } from './outside/data-folder.ts';
import type { Disk } from './outside/disk.ts';
import { openReceiver } from './outside/receivers.ts';
import { openSinkCursor } from './outside/sink-cursor.ts';
import type { Chance, Clock } from './ports.ts';
import { fine, type Result, refuse } from './protocol/errors.ts';

type Ports = {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly board: TrailBoard;
};

export type OpenedSignals = {
  readonly signals: NonNullable<Parts['signals']>;
  /** Begins to watch for alerts: once those can be told who is here. */
  watch(parts: Pick<Parts, 'log' | 'clock' | 'settings' | 'enforcer'>): Alerting;
  close(): Promise<void>;
};

/** Begins to feed the sinks. Error: bad-request naming what is wrong in config.json, or in the files it names. */
export async function openSignals(
  config: Config,
  folder: ReturnType<typeof dataFolder>,
  ports: Ports,
): Promise<Result<OpenedSignals>> {
  const { disk, clock, chance } = ports;
  await disk.makeFolder(folder.sinks);
  const now = clock.now();
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const rules = alertRules(config.alerts, config.trail.workHours, here, now);
  if (!rules.ok) return rules;
  const fed: SinkParts[] = [];
  for (const sink of config.sinks) {
    if (fed.some(({ config: { name } }) => name === sink.name))
      return refuse('bad-request', `config.json: two sinks ${sink.name}`);
    const fits = parseQuery(sink.query, now);
    if (!fits.ok) return refuse('bad-request', `config.json: sink ${sink.name}: ${fits.problem.detail ?? ''}`);
    const receiver = await openReceiver(sink, ports);
    if (!receiver.ok) return receiver;
    const cursor = openSinkCursor(disk, chance, `${folder.sinks}/${sink.name}.json`);
    fed.push({ config: sink, fits: fits.value, receiver: receiver.value, cursor });
  }
  const sinks = openSinks(ports, fed);
  const memory = openAlertMemory(disk, chance, folder.alertMemory);
  return fine({
    signals: { sinks, rules: rules.value.map(alertRow) },
    watch: (parts) => openAlerting(parts, rules.value, memory),
    close: () => sinks.close(),
  });
}
