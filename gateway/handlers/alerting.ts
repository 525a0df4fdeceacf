// Watches the log for what the rules describe (S78): each alert is an event, durable before anybody is told, and so in every tail and sink; those who
// may read the log have a toast of it. Decides nothing, and no rule looks at what a rule raised.
//
// What it remembers is kept on disk each minute, always behind what it has raised. A start goes on from there through the log: what was raised stands
// in the log and is not raised again; what the last life came to no longer, is raised now, a hundred alerts at most (alerts-due.ts): a log that was made
// or went on elsewhere buries nobody. Without that file (the first start, or it was lost) everything is gone through once, to learn; only what is less than
// an hour old is raised.
import { type AlertRule, saidElsewhere } from '../audit/alert-rules.ts';
import {
  type AlertMemory,
  type AlertStore,
  foldAlerts,
  keepAlertMemory,
  newAlertMemory,
  type Raised,
  takeAlertMemory,
} from '../audit/alerts.ts';
import { DueAlerts } from '../audit/alerts-due.ts';
import type { Settled } from '../audit/commit.ts';
import { inSlices, turnTaker } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import { auditRow } from '../audit/tell.ts';
import { backoffMs } from '../protocol/backoff.ts';
import type { NewEvent } from '../protocol/events.ts';
import { workspace } from './administration.ts';
import type { Parts } from './call.ts';
import { callOn } from './called-on.ts';
import { callerOf, callersOf } from './caller.ts';
import { isOfThisLog, readableAfter } from './log-place.ts';
import { openPauses } from './pauses.ts';

const gatherMs = 50;
const keepMs = 60_000;
/** Of a past that is only learned from, what is older raises nothing, ms. */
const oldMs = 3_600_000;

type Needs = Pick<Parts, 'log' | 'clock' | 'settings' | 'enforcer'>;

/**
 * So many toasts a minute, and one that says there is more: whoever can raise alerts must not be able to bury somebody's screen. Nor to silence what they
 * do then: the first of each rule is told all the same.
 */
const mostToasts = 5;
const toastsMs = 60_000;

function alertEvent({ rule, count, about, address, seqs }: Raised): NewEvent {
  const { name, query, withinMs, severity } = rule;
  const concerned = about === undefined ? {} : { about };
  return {
    type: 'alert.raised',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    ...(about === undefined ? {} : { target: about }),
    data: { rule: name, query, count, withinMs, ...concerned, seqs: [...seqs], severity },
    personal: address === undefined ? {} : { address },
  };
}

export interface Alerting {
  /** Up to this record everything was looked at, and what it raises is in the log. */
  readonly seq: number;
  /** Stops; what is remembered is on disk. */
  close(): Promise<void>;
}

/** Begins to watch. */
export function openAlerting(needs: Needs, rules: readonly AlertRule[], store: AlertStore): Alerting {
  const { log, clock } = needs;
  let memory: AlertMemory = newAlertMemory();
  let stopped = false;
  const pauses = openPauses(clock);
  /** It waits for something to happen, and not for more of it. */
  let idle = false;
  /** When somebody was told lately. */
  let toasts: { readonly at: number; readonly rule: string | undefined }[] = [];
  let keptAt = clock.mono();
  let keptSeq = -1;
  let done = -1;

  const raise = (raised: readonly Raised[]): Promise<void> =>
    log.commit(() => ({ events: raised.map(alertEvent), answer: undefined }));

  async function keep(): Promise<void> {
    if (memory.seq === keptSeq) return;
    const kept = keepAlertMemory(memory);
    await store.write(kept);
    keptSeq = kept.seq;
  }

  /** Takes up what was remembered, and goes through what came after it. What stands in the log as raised is not raised again. */
  async function catchUp(): Promise<void> {
    const held = await store.read();
    const goesOn = held !== undefined && (await isOfThisLog(log, held));
    memory = goesOn ? takeAlertMemory(held) : newAlertMemory();
    keptSeq = goesOn ? memory.seq : -1;
    const due = new DueAlerts();
    const young = clock.now() - oldMs;
    await through(({ event }, raised) => {
      if (event.type === 'alert.raised') due.told(event.data);
      if (goesOn || event.at >= young) for (const one of raised) due.raise(one, memory.at);
    });
    const all = due.list();
    if (!stopped && all.length > 0) await raise(all);
  }

  /** Through everything durable that is not yet in the memory. */
  async function through(met: (settled: Settled, raised: readonly Raised[]) => void | Promise<void>): Promise<void> {
    const turns = turnTaker(() => clock.mono());
    for await (const settled of log.read(readableAfter(log, memory.seq))) {
      if (stopped) return;
      await met(settled, foldAlerts(memory, rules, auditRow(settled, log.settled)));
      const turn = turns();
      if (turn !== undefined) await turn;
    }
  }

  async function run(): Promise<void> {
    let ready = false;
    for (let tries = 0; !stopped; ) {
      try {
        if (!ready) await catchUp();
        ready = true;
        await through((_, raised) => (raised.length > 0 ? raise(raised) : undefined));
        if (clock.mono() - keptAt >= keepMs) {
          keptAt = clock.mono();
          await keep();
        }
        tries = 0;
        done = memory.seq;
        idle = memory.seq >= log.settled.seq;
        if (idle) await pauses.pause(undefined);
        idle = false;
        if (!stopped) await pauses.pause(gatherMs);
      } catch {
        // The log cannot be written: then the process ends. Or not be read: the next start says so; until then it is tried again from what is kept.
        ready = false;
        await pauses.pause(backoffMs(tries, 0.5));
        tries += 1;
      }
    }
  }

  async function tell(settled: Settled): Promise<void> {
    const { event } = settled;
    if (event.type !== 'alert.raised' || event.data.severity === 'info' || saidElsewhere.has(event.data.rule)) return;
    const now = clock.mono();
    const { rule } = event.data;
    toasts = toasts.filter(({ at }) => now - at < toastsMs);
    const isMore = toasts.length >= mostToasts && toasts.some((one) => one.rule === rule);
    if (isMore && toasts.some((one) => one.rule === undefined)) return;
    toasts.push({ at: now, rule: isMore ? undefined : rule });
    const { summary } = auditRow(settled, log.settled);
    const words = isMore ? 'there is more of it in the log' : summary.replace(/^alert /, '');
    const callers = callersOf(needs);
    const here = rows(log.settled.logins).flatMap((login) => callers.connectionsOf(login.id));
    await inSlices(
      here,
      (connection) => {
        const caller = callerOf(needs, connection);
        if (caller.ok && needs.enforcer.decide(caller.value, 'audit.read', workspace).verdict === 'allow')
          callOn(connection, 'alert', event.data.about, `ALERT ${words}`);
        return undefined;
      },
      () => clock.mono(),
    );
  }

  const stopListening = log.onSettled((group) => {
    for (const settled of group) void tell(settled);
    if (idle) pauses.wake();
  });
  const ended = run();
  return {
    get seq() {
      return done;
    },
    async close() {
      stopped = true;
      stopListening();
      pauses.end();
      await ended;
      await keep().catch(() => undefined);
    },
  };
}
