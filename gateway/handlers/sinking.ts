// Feeds the sinks (S77, E40), each by itself: from its place, through the log in order, what fits its query, in the format it asked for, at least once. Its
// place moves only once its receiver has taken what stands before it. What is fixed at the start stays so (A4): nothing here changes a sink.
//
// A sink never holds up the log, nor another sink: it reads what is durable, at its own pace, with one delivery in memory. That it is late is an event,
// once an outage, and again one when it has caught up; an outage that only events about sinks have met is said on the board alone, so that
// no sink is fed with what feeding it makes.
//
// Known limits: a query narrows by what the names of things are when it is sent, as everywhere. A log that was rolled back (a restored backup) has
// another history: who has taken more than it holds is sent all of it again. What is purged before a sink was given it is not sent; its receiver
// sees that by the numbers.
import type { Settled } from '../audit/commit.ts';
import type { AuditQuery } from '../audit/query.ts';
import type { Delivery, Receiver, SinkCursor, SinkLine, SinkPlace } from '../audit/sink.ts';
import { sinkLine, testLine } from '../audit/sink-line.ts';
import { turnTaker } from '../audit/slices.ts';
import { backoffMs, fractionOf } from '../protocol/backoff.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { causeFrom, type SinkRow } from '../protocol/trail-nouns.ts';
import type { SinkConfig } from '../trail-config.ts';
import type { Parts } from './call.ts';
import { isOfThisLog, readableAfter } from './log-place.ts';
import { openPauses } from './pauses.ts';

/** In one delivery: lines, and characters of them. */
const mostLines = 500;
const mostCharacters = 256 * 1024;
/** What is durable within this time of each other goes together, ms. */
const gatherMs = 100;
/** The board is told of progress so often; of trouble at once, ms. It is shown over thin lines. */
const boardMs = 10_000;
/** An outage is said once so many tries in a row have failed. */
const triesBeforeLate = 3;
/** Caught up: so few records behind. */
const nearlyThere = 100;
/** A place that moved over what does not fit is written when it moved this far, and at the end. */
const writeEvery = 10_000;
/** A receiver that is working on a delivery is waited for so long at the end, ms; its place has not moved, so that it gets it again. */
const endMs = 2000;

export type SinkParts = {
  readonly config: Pick<SinkConfig, 'name' | 'kind' | 'query' | 'format'>;
  readonly fits: AuditQuery;
  readonly receiver: Receiver;
  readonly cursor: SinkCursor;
};

export interface Sinks {
  /** As of now. */
  rows(): readonly SinkRow[];
  /** Sends one line that says of itself that it is a test. Error: not-found. */
  test(name: string): Promise<Result<Delivery>>;
  close(): Promise<void>;
}

type Needs = Pick<Parts, 'log' | 'clock' | 'chance' | 'board'>;
type Sink = {
  row(): SinkRow;
  test(): Promise<Delivery>;
  close(): Promise<void>;
};

/** Begins to feed all of them. */
export function openSinks(needs: Needs, sinks: readonly SinkParts[]): Sinks {
  const opened = new Map(sinks.map((one) => [one.config.name, openSink(needs, one)] as const));
  return {
    rows: () => [...opened.values()].map((sink) => sink.row()),
    async test(name) {
      const sink = opened.get(name);
      return sink === undefined ? refuse('not-found') : fine(await sink.test());
    },
    close: async () => void (await Promise.all([...opened.values()].map((sink) => sink.close()))),
  };
}

type Failing = { tries: number; cause: string };

function openSink({ log, clock, chance, board }: Needs, { config, fits, receiver, cursor }: SinkParts): Sink {
  const { name, kind, query, format } = config;
  /** Before the first record; `hash` is of nobody. */
  const beginning: SinkPlace = { seq: -1, hash: '', late: false };
  let place = beginning;
  let written = beginning;
  let failing: Failing | undefined;
  let most = mostLines;
  let stopped = false;
  const pauses = openPauses(clock);
  /** One delivery at a time. */
  let turn: Promise<unknown> = Promise.resolve();

  const row = (): SinkRow => ({
    name,
    kind,
    query,
    format,
    state: place.late ? 'late' : 'ok',
    cursor: Math.max(0, place.seq),
    behind: Math.max(0, log.settled.seq - place.seq),
    ...(failing === undefined ? {} : { cause: failing.cause }),
  });
  let toldAt = Number.NEGATIVE_INFINITY;
  let tellLater: (() => void) | undefined;
  const tellNow = (): void => {
    tellLater?.();
    tellLater = undefined;
    toldAt = clock.mono();
    board.sink(row());
  };
  const tell = (): void => {
    const waitMs = toldAt + boardMs - clock.mono();
    if (waitMs <= 0) tellNow();
    else tellLater ??= clock.after(waitMs, tellNow);
  };
  const deliver = (lines: readonly SinkLine[]): Promise<Delivery> => {
    const delivered = turn.then(() => receiver.deliver(lines));
    turn = delivered;
    return delivered;
  };

  async function write(next: SinkPlace): Promise<void> {
    place = next;
    await cursor.write(next);
    written = next;
  }
  /** What it says of itself; a log that takes nothing ends the process. */
  const say = (event: Extract<NewEvent, { type: 'sink.late' | 'sink.restored' }>): Promise<void> =>
    log.commit(() => ({ events: [event], answer: undefined })).catch(() => undefined);
  const gateway = { actor: { kind: 'gateway' }, personal: {} } as const;

  async function failed(cause: string, final: boolean, worthSaying: boolean): Promise<void> {
    failing = { tries: (failing?.tries ?? 0) + 1, cause: causeFrom(cause) };
    if (!place.late && worthSaying && (final || failing.tries >= triesBeforeLate)) {
      await write({ ...place, late: true }).catch(() => undefined);
      const behind = Math.max(0, log.settled.seq - place.seq);
      await say({ ...gateway, type: 'sink.late', outcome: 'failed', data: { sink: name, behind, cause: failing.cause } });
    }
    tellNow();
  }

  async function caughtUp(): Promise<void> {
    if (!place.late || failing !== undefined || log.settled.seq - place.seq > nearlyThere) return;
    await write({ ...place, late: false });
    await say({ ...gateway, type: 'sink.restored', outcome: 'ok', data: { sink: name, cursor: Math.max(0, place.seq) } });
    tellNow();
  }

  const waitFor = (attempt: number): number => backoffMs(attempt, fractionOf(chance.bytes(4)));
  /** Until its receiver has taken them, or it is stopped. False: that took more than one try. */
  async function deliverAll(lines: readonly SinkLine[], then: SinkPlace): Promise<boolean> {
    let smooth = true;
    const about = lines.some(({ type }) => !type.startsWith('sink.'));
    for (let left = lines; left.length > 0 && !stopped; ) {
      const part = left.slice(0, most);
      const delivery = await deliver(part);
      if (delivery.taken) {
        left = left.slice(part.length);
        const mended = failing !== undefined;
        failing = undefined;
        if (mended) tellNow();
        most = Math.min(mostLines, most * 2);
        const last = part.at(-1);
        // The rest may be taken in another life: each step is remembered.
        if (left.length > 0 && last !== undefined && !stopped) await write({ ...place, seq: last.seq, hash: last.hash });
        continue;
      }
      if (delivery.tooMuch === true && part.length > 1) {
        most = Math.ceil(part.length / 2);
        continue;
      }
      smooth = false;
      await failed(delivery.cause, delivery.final || delivery.tooMuch === true, about);
      const tries = failing?.tries ?? 1;
      await pauses.pause(delivery.retryAfterMs ?? waitFor(delivery.final ? 16 : tries - 1));
    }
    if (!stopped) {
      await write({ ...then, late: place.late });
      tell();
    }
    return smooth;
  }

  /** Once through what is durable now. */
  async function pass(): Promise<void> {
    let lines: SinkLine[] = [];
    let characters = 0;
    const turns = turnTaker(() => clock.mono());
    let last = place;
    for await (const settled of log.read(readableAfter(log, place.seq))) {
      if (stopped) return;
      const line = sinkLine(settled, log.settled, format, fits);
      if (line !== undefined) {
        lines.push(line);
        characters += line.text.length;
      }
      last = placeOf(settled, place.late);
      if (lines.length >= mostLines || characters >= mostCharacters) {
        // After an outage the log is opened anew: somebody may have been erased from it meanwhile.
        if (!(await deliverAll(lines, last))) return;
        lines = [];
        characters = 0;
      }
      const turn = turns();
      if (turn !== undefined) await turn;
    }
    if (lines.length > 0) await deliverAll(lines, last);
    else if (last.seq - written.seq >= writeEvery) await write({ ...last, late: place.late });
    else place = { ...last, late: place.late };
    tell();
  }

  /** Its place, unless that is of another history than this log's. */
  async function take(): Promise<void> {
    const held = await cursor.read();
    if (held === undefined || !(await isOfThisLog(log, held))) return;
    place = held;
    written = held;
  }

  async function run(): Promise<void> {
    for (let ready = false; !stopped; ) {
      try {
        if (!ready) await take();
        ready = true;
        await pass();
        await caughtUp();
        if (!stopped && place.seq >= log.settled.seq) await news();
        if (!stopped) await pauses.pause(gatherMs);
      } catch (error) {
        // The log cannot be read, or its place not be written: that is said, and tried again.
        await failed(error instanceof Error ? error.message : String(error), false, true);
        await pauses.pause(waitFor((failing?.tries ?? 1) - 1));
      }
    }
  }
  let heard: (() => void) | undefined;
  const stopListening = log.onSettled(() => heard?.());
  const news = (): Promise<void> =>
    new Promise((resolve) => {
      heard = () => {
        heard = undefined;
        resolve();
      };
      if (stopped || place.seq < log.settled.seq) heard();
    });

  tellNow();
  const ended = run();
  return {
    row,
    test: () => deliver([testLine(name, format, clock.now())]),
    async close() {
      stopped = true;
      stopListening();
      tellLater?.();
      heard?.();
      pauses.end();
      const last = async (): Promise<void> => {
        await ended;
        if (place.seq > written.seq) await write(place).catch(() => undefined);
      };
      await new Promise<void>((resolve) => {
        const callOff = clock.after(endMs, resolve);
        void last().then(() => {
          callOff();
          resolve();
        });
      });
      await receiver.close();
    },
  };
}

const placeOf = ({ record }: Settled, late: boolean): SinkPlace => ({ seq: record.seq, hash: record.hash, late });
