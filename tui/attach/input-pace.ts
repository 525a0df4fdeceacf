// How much of a paste may be on its way before the line is known to have carried what went before: what the line holds, and one piece more, so that a
// key that follows is never far behind (LOWBAND §5.8). What a gateway confirms as typed says nothing of the line: it waits for the program and rides
// with pictures. So the gateway is asked now and then how far input has come (`session.arrived`), only while much is under way. Pure; times in ms.

import { pieceBytes } from './keys.ts';

const leastBytes = 2 * pieceBytes;
const firstBytes = 4 * pieceBytes;
const mostBytes = 256 * 1024;
/** An answer later than the quickest by this much or less is no queue. */
const jitterMs = 15;
const sampleCount = 8;

export type InputPace = {
  /** Input may be sent up to there. */
  readonly limit: () => number;
  /** `more` bytes wait. True = ask now, before they go: how long the line takes while it is empty. */
  readonly begins: (more: number, now: number) => boolean;
  /** Input up to `offset` was sent, `more` bytes wait. True = ask now how far it has come. */
  readonly sent: (offset: number, more: number, now: number) => boolean;
  /** The oldest question was answered. */
  readonly answered: (now: number) => void;
  /** Input up to there is with the program, whatever was answered. */
  readonly confirmed: (offset: number) => void;
  /** Numbers beyond `offset` come again, on the same line. */
  readonly rewind: (offset: number) => void;
  /** Another connection: nothing is under way, nothing is known of it. */
  readonly restart: (offset: number) => void;
  /** Bytes that may be under way. */
  readonly window: () => number;
};

/** Asked when everything up to `upTo` had been sent. */
type Question = { readonly upTo: number; readonly at: number };
/** Input up to `upTo` was known to have come at `at`. */
type Arrival = { readonly upTo: number; readonly at: number };

export function openInputPace(offset: number): InputPace {
  let window = firstBytes;
  let arrived = offset;
  let sentTo = offset;
  let quickestMs = Number.POSITIVE_INFINITY;
  let questions: Question[] = [];
  /** Since the line was last idle: the newest, and one that is at least a trip older. */
  let arrivals: Arrival[] = [];
  /** Bytes a ms. */
  let rates: number[] = [];

  return {
    limit: () => arrived + window,
    window: () => window,
    begins(more, now) {
      if (quickestMs !== Number.POSITIVE_INFINITY || questions.length > 0 || more <= pieceBytes) return false;
      questions.push({ upTo: sentTo, at: now });
      return true;
    },
    sent(upTo, more, now) {
      if (arrived >= sentTo) arrivals = [{ upTo: arrived, at: now }];
      sentTo = Math.max(sentTo, upTo);
      const asked = questions.at(-1)?.upTo ?? arrived;
      const due = sentTo - asked >= Math.max(pieceBytes, window / 4);
      const stuck = questions.length === 0 && more > 0 && sentTo >= arrived + window;
      if (!due && !stuck) return false;
      questions.push({ upTo: sentTo, at: now });
      return true;
    },
    answered(now) {
      const [question, ...later] = questions;
      if (question === undefined) return;
      questions = later;
      const tripMs = Math.max(0.1, now - question.at);
      quickestMs = Math.min(quickestMs, tripMs);
      const more = Math.max(0, question.upTo - arrived);
      arrived = Math.max(arrived, question.upTo);
      // Over a trip at least: answers that waited for us come together, and say nothing of the line by themselves.
      while ((arrivals[1]?.at ?? now) <= now - quickestMs) arrivals.shift();
      const [before] = arrivals;
      if (before !== undefined && arrived > before.upTo && now > before.at)
        rates = [...rates.slice(1 - sampleCount), (arrived - before.upTo) / Math.max(now - before.at, quickestMs)];
      arrivals.push({ upTo: arrived, at: now });
      const rate = Math.max(0, ...rates);
      const queueMs = tripMs - quickestMs;
      const pieceMs = rate === 0 ? Number.POSITIVE_INFINITY : pieceBytes / rate;
      if (queueMs <= Math.max(jitterMs, pieceMs / 2)) window = Math.min(mostBytes, window + more);
      else if (queueMs > Math.max(jitterMs, 1.25 * pieceMs))
        window = Math.round(Math.min(mostBytes, Math.max(leastBytes, rate * quickestMs + pieceBytes)));
    },
    confirmed(upTo) {
      arrived = Math.max(arrived, upTo);
    },
    rewind(to) {
      arrived = to;
      sentTo = to;
      questions = questions.map((one) => ({ ...one, upTo: Math.min(one.upTo, to) }));
      arrivals = [];
    },
    restart(from) {
      window = firstBytes;
      arrived = from;
      sentTo = from;
      quickestMs = Number.POSITIVE_INFINITY;
      questions = [];
      arrivals = [];
      rates = [];
    },
  };
}
