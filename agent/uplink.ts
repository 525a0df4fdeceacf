// What this agent knows of its own line: from when the gateway says that output has arrived. On a thin one output is worth deflating, and little of it
// is kept under way, so that an echo is never behind a flood; on a good one nothing is done to it. Pure; times in ms, monotonic.
//
// Known limits: output is the only thing measured; a gateway that is slow to acknowledge looks like a slow line, until output flows again.

/** A greeting answered sooner is a good line until it shows otherwise; one that is not, a thin one: the first flood must not find out. */
const nearMs = 30;
/** An acknowledgement this much later than the quickest lately: what was sent stands in a queue. */
const queuedMs = 150;
/** Bytes a second on the wire from which on deflating is not worth its time. */
const goodRate = 1_000_000;
/** Least that may be under way on a thin line. */
const leastUnderWay = 16 * 1024;
/** A rate is that of at least so long: acknowledgements that were held up come together, and say nothing by themselves. */
const sampleMs = 50;
/** Nothing acknowledged for so long, and more is sent all the same. */
export const patienceMs = 2_000;
/** The quickest acknowledgement is of the last one or two of these. */
const memoryMs = 30_000;
/** Runs that are followed at once; between them, sent ones are not. */
const mostFollowed = 256;

type Run = { readonly channel: number; readonly end: number; readonly total: number; readonly at: number };

export type Uplink = {
  readonly thin: boolean;
  /** Output before `end` of a channel was sent, as so many bytes on the wire. */
  sent(channel: number, end: number, wireBytes: number, now: number): void;
  /** The gateway has the channel's output before `received`. */
  arrived(channel: number, received: number, now: number): void;
  /** A question was answered after so long: what a busy gateway made of the greeting is put right. */
  answered(tookMs: number): void;
  /** Enough is under way. */
  full(now: number): boolean;
};

/** @param greetingMs how long the gateway took to answer hello */
export function openUplink(greetingMs: number, now: number): Uplink {
  let thin = greetingMs > nearMs;
  /** It has been seen to be slow, and not yet to be good. */
  let slow = false;
  let followed: Run[] = [];
  let total = 0;
  let reached = 0;
  let reachedAt = now;
  let rate = 0;
  /** Where the sample of the rate that is being taken began. */
  let sample = { total: 0, at: now };
  let quickest = { now: greetingMs, before: greetingMs, since: now };

  const judge = (late: number): void => {
    if (rate >= goodRate && late < queuedMs) slow = thin = false;
    else if (rate < goodRate && late > queuedMs) slow = thin = true;
  };
  return {
    get thin() {
      return thin;
    },
    sent(channel, end, wireBytes, at) {
      if (total === reached) {
        reachedAt = at;
        sample = { total, at };
      }
      total += wireBytes;
      if (followed.length < mostFollowed) followed.push({ channel, end, total, at });
    },
    arrived(channel, received, at) {
      // The line keeps order: what was sent before it has arrived, too.
      const index = followed.findLastIndex((run) => run.channel === channel && run.end <= received);
      const run = followed[index];
      if (run === undefined) return;
      followed = followed.slice(index + 1);
      const took = at - run.at;
      if (at - quickest.since > memoryMs) quickest = { now: took, before: quickest.now, since: at };
      else quickest = { ...quickest, now: Math.min(quickest.now, took) };
      reached = run.total;
      reachedAt = at;
      const spent = at - sample.at;
      if (spent >= sampleMs) {
        rate = ((reached - sample.total) * 1000) / spent;
        sample = { total: reached, at };
      }
      judge(took - Math.min(quickest.now, quickest.before));
    },
    answered(tookMs) {
      if (!slow && tookMs <= nearMs) thin = false;
    },
    full: (at) => thin && total - reached > Math.max(leastUnderWay, rate) && at - reachedAt < patienceMs,
  };
}
