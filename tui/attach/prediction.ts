// What a program will echo, guessed before it does (E29, LOWBAND §5.9), by mosh's rules and one more. Pure: fed with keys and their input offsets, with
// confirmed screens and with echo-acks (`typed`), it gives the screen to show. Nothing guessed leaves this machine.
//
// - Keys stand in stretches (mosh's epochs); Enter, controls, escape sequences and pastes end one. What is typed behind such a key waits until
//   its effect is known to be on the screen: typing ahead of a prompt spoils nothing.
// - Nothing of a stretch is shown until one of its echoes was seen in this very row, by a cell that changed as guessed: where hidden input is
//   asked for, nothing is shown, as nothing is echoed.
// - Rebase: every screen is a new base. Keys it shows are confirmed, whatever the acks say yet; the rest is guessed anew from it. A guess is
//   wrong when an echo-ack says that the program has had the key and the screen still does not fit; then the stretch is in doubt again.
//
// Known limits: input that goes hidden in the middle of a row, without any key of unknown effect, shows what is typed for one round trip, as with
// mosh; text is not guessed across the bottom right corner; only a wrapped row of blanks below is written to.
import type { Screen } from '../../gateway/screen/screen.ts';
import { type GuessKey, openKeyReader } from './prediction-keys.ts';
import { Stretch } from './prediction-stretch.ts';
import { glitchMs, openTrigger, type PredictMode } from './prediction-trigger.ts';

/** So long a screen may disagree with what the program is known to have had: it may be half drawn. */
export const graceMs = 50;
/** So long a guess stays where the screen has gone another way and nobody knows yet which keys it has seen. */
const staleMs = 100;
/** More keys without a confirmation are not guessed. */
const mostKeys = 256;
const mostStretches = 64;
/** Echoes that it takes, at most, to be sure of a row after guesses were wrong; so many good ones forgive one. */
const mostDoubt = 3;
const forgiveEvery = 20;

export type PredictionFigures = {
  /** Keys whose effect on a line can be known. */
  readonly keys: number;
  /** Those that were shown at once. */
  readonly shown: number;
  /** Those that were shown, at once or later, and came out otherwise. */
  readonly wrong: number;
};

export type Prediction = {
  /** Keys that were sent, the first at `offset`. Keys that are held back are not to be told: where offsets are missing, nothing is guessed. */
  readonly type: (offset: number, bytes: Uint8Array, confirmed: Screen, now: number) => void;
  /** Whatever input up to `offset` brings is in the screens seen from now on. */
  readonly ack: (offset: number) => void;
  /** The round trip, ms, when it is known. */
  readonly pace: (roundTripMs: number | undefined) => void;
  /** Takes the newest confirmed screen and gives it with what is guessed; itself, where nothing is. */
  readonly look: (confirmed: Screen, now: number) => Screen;
  /** Input between these offsets is on the screen already, all of it, and its echo will say nothing new. */
  readonly foresees: (from: number, to: number) => boolean;
  /** Guesses are worth showing at this pace. */
  readonly shows: () => boolean;
  /** There are keys whose echo was not seen: screens are wanted. */
  readonly waits: () => boolean;
  /** When to look again although nothing came; undefined = no need. */
  readonly dueAt: () => number | undefined;
  /** Forgets all keys: the line was cut, or they were thrown away. `had` = what the program is known to have had, where that is new. */
  readonly reset: (had?: number) => void;
  readonly figures: () => PredictionFigures;
};

export function openPrediction(start: number, mode: PredictMode): Prediction {
  const trigger = openTrigger(mode);
  let reader = openKeyReader();
  let stretches: Stretch[] = [new Stretch()];
  let acked = start;
  let end = start;
  let roundTrip: number | undefined;
  let cols = 0;
  let rows = 0;
  let doubt = 0;
  let good = 0;
  let dueAt: number | undefined;
  /** Keys that are drawn over the screen now, in order. */
  let over: ReadonlySet<GuessKey> = new Set();
  const once = new WeakSet<GuessKey>();
  const figures = { keys: 0, shown: 0, wrong: 0 };

  const newest = (): Stretch => stretches.at(-1) ?? restart();
  const oldest = (): Stretch => stretches[0] ?? restart();
  const restart = (): Stretch => {
    const only = new Stretch();
    stretches = [only];
    return only;
  };
  const close = (at: number): void => {
    if (stretches.length >= mostStretches) restart();
    const last = newest();
    const before = stretches.at(-2);
    // Several in a row: the last of them counts.
    if (last.keys.length === 0 && before !== undefined) before.closedAt = at;
    else {
      last.closedAt = at;
      stretches.push(new Stretch());
    }
  };
  const settled = ({ cursor, modes }: Screen): boolean => cursor.visible && !modes.synchronized;
  const knownIn = ({ keys }: Stretch): number => {
    let count = 0;
    while ((keys[count]?.end ?? Number.POSITIVE_INFINITY) <= acked) count += 1;
    return count;
  };
  const confirm = (stretch: Stretch, keys: readonly GuessKey[], now: number): void => {
    if (!stretch.sure) return;
    for (const key of keys) {
      trigger.confirmed(now - key.at, now);
      good += 1;
      if (good % forgiveEvery === 0) doubt = Math.max(0, doubt - 1);
    }
  };
  const mistaken = (stretch: Stretch, known: number): void => {
    const wrong = stretch.keys.slice(stretch.shown, known).filter((key) => once.has(key)).length;
    figures.wrong += wrong;
    if (wrong > 0) doubt = Math.min(mostDoubt, doubt + 1);
  };

  /** What the program has dealt with behind a key of unknown effect is over; the next stretch begins where the cursor is now. */
  const shift = (): void => {
    for (let first = oldest(); first.closedAt !== undefined && first.closedAt <= acked; first = oldest()) stretches.shift();
  };
  const judge = (first: Stretch, screen: Screen, now: number): void => {
    const known = knownIn(first);
    if (!first.anchored) first.anchor(screen);
    const fresh = first.match(screen, known, doubt + 1, now);
    if (fresh !== undefined) {
      confirm(first, fresh, now);
      // Some that did something else may be gone by now.
      first.trim(knownIn(first), screen);
    } else if (!first.sure) {
      first.keys = first.keys.slice(known);
      first.anchor(screen);
    } else if (known > 0 && first.closedAt === undefined && now - (first.unfitSince ?? now) >= graceMs) {
      mistaken(first, known);
      first.doubt();
      first.keys = first.keys.slice(known);
      first.anchor(screen);
    }
  };
  /** The newest stretch, while what stands before it is still under way: its line is where the cursor is, until it goes elsewhere. */
  const tryOut = (last: Stretch, screen: Screen, now: number): void => {
    if (last.keys.length === 0) return;
    if (!last.anchored || last.match(screen, 0, doubt + 1, now) === undefined) {
      last.doubt();
      last.anchor(screen);
    }
  };
  const observe = (screen: Screen, now: number): void => {
    if (screen.cols !== cols || screen.rows !== rows) {
      for (const stretch of stretches) stretch.lose();
      ({ cols, rows } = screen);
    }
    shift();
    if (!settled(screen)) return;
    if (oldest().keys.length > 0) judge(oldest(), screen, now);
    if (stretches.length > 1) tryOut(newest(), screen, now);
  };
  const draw = (screen: Screen, now: number): Screen => {
    const first = oldest();
    const waiting = first.sure ? first.waiting : undefined;
    trigger.update(now, roundTrip, waiting?.at);
    const stale = first.unfitSince === undefined ? undefined : first.unfitSince + staleMs;
    const due = [
      first.unfitSince !== undefined && knownIn(first) > 0 ? first.unfitSince + graceMs : undefined,
      stale,
      waiting === undefined ? undefined : waiting.at + glitchMs,
    ].filter((at) => at !== undefined && at > now);
    dueAt = due.length === 0 ? undefined : Math.min(...due.map(Number));
    const drawn =
      waiting === undefined || !trigger.shows() || (stale !== undefined && now >= stale)
        ? undefined
        : first.over(screen, trigger.flags());
    over = new Set(drawn?.keys);
    // Shown once is shown: what becomes of it counts, also where it is hidden meanwhile.
    for (const key of over) once.add(key);
    return drawn?.screen ?? screen;
  };

  return {
    type: (offset, bytes, screen, now) => {
      // Keys from before that nobody told of: only when they are dealt with is the screen a base for guesses.
      if (offset !== end && offset > acked) close(offset);
      end = offset + bytes.length;
      observe(screen, now);
      const before = figures.keys;
      for (const key of reader.feed(offset, bytes, now)) {
        if (key.kind === 'barrier' || newest().keys.length >= mostKeys) {
          close(key.end);
          continue;
        }
        figures.keys += 1;
        const last = newest();
        if (last.keys.length === 0) {
          if (settled(screen)) last.begin(screen);
          else last.lose();
        } else if (last.unfitSince !== undefined) last.doubt();
        last.keys.push(key);
      }
      const typed = figures.keys - before;
      if (typed === 0 || stretches.length > 1) return;
      draw(screen, now);
      figures.shown += [...over].filter((key) => key.end > offset).length;
    },
    ack: (offset) => {
      acked = Math.max(acked, offset);
    },
    pace: (roundTripMs) => {
      roundTrip = roundTripMs ?? roundTrip;
    },
    look: (screen, now) => {
      observe(screen, now);
      return draw(screen, now);
    },
    foresees: (from, to) => {
      const [first, ...rest] = over;
      if (first === undefined || first.kind !== 'print' || first.end - Buffer.byteLength(first.text) > from) return false;
      return [first, ...rest].some(({ end: behind }) => behind === to);
    },
    shows: trigger.shows,
    waits: () => stretches.some(({ keys }) => keys.length > 0),
    dueAt: () => dueAt,
    reset: (had = acked) => {
      restart();
      reader = openKeyReader();
      acked = had;
      end = had;
      over = new Set();
      dueAt = undefined;
    },
    figures: () => ({ ...figures }),
  };
}
