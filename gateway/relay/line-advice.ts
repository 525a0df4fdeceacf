// Advice on lines typed in a live shell (S43): where a policy about `command.type` stands, each Enter of the driver waits until the screen shows the
// line it would enter, and where a policy advises against that line, the Enter and all that was sent after it wait for the driver's answer.
// Advice, and never more: what is read is a picture. A script, an editor or any full-screen program, an alias, a macro, a line that was sent on with
// a backslash, what is typed with echo off (nothing of it is on the screen, and nothing is read), a program that draws late: all pass it by.
// TRUST §3 says why; whoever must not run something gets no shell (C1).
// Where no policy speaks of `command.type`, nothing comes here (law 6).
import type { Clock } from '../ports.ts';
import { followBrackets } from '../protocol/brackets.ts';
import { isAlternate, type Screen } from '../screen/screen.ts';
import { beforeCursor, shownLines } from '../screen/shown-line.ts';
import type { Seat } from './seat.ts';

/** What becomes of a held line: whether one was, and the offset its Enter has. */
export type Settled = { readonly held: boolean; readonly offset: number };
export type LineAnswer = 'went-on' | 'dropped';

/** A screen that says nothing for so long has drawn what it was given; one that goes on talking is read all the same after so long, ms. */
const quietMs = 40;
const mostMs = 500;
const lookMs = 10;
/** Characters of what was typed that are looked for on the screen. */
const tailCharacters = 64;

/** Line feed, carriage return, and what readline enters a line with to fetch the next one (Ctrl-O). */
const enters: ReadonlySet<number> = new Set([0x0a, 0x0d, 0x0f]);

export type LineAdviceParts<Said> = {
  readonly clock: Pick<Clock, 'mono' | 'after'>;
  /** Whether any policy advises at all. */
  readonly on: () => boolean;
  /** Its program begins now: what it draws first is a prompt. */
  readonly fresh: boolean;
  readonly screen: () => Screen;
  readonly appliedUpTo: (ordinal: number) => number;
  readonly judge: (seat: Seat, line: string) => Said | undefined;
  /** On to the agent. */
  readonly send: (seat: Seat, offset: number, bytes: Uint8Array) => void;
  /** What was taken from there on is not sent: its numbers come again. */
  readonly giveBack: (ordinal: number, offset: number) => void;
  readonly ask: (seat: Seat, said: Said) => void;
  /** Resolves when it is in the log (law 1). */
  readonly record: (seat: Seat, said: Said, answer: LineAnswer) => Promise<void>;
};

export type LineAdvice = {
  /** Something waits here: what comes after it must come here too. */
  readonly busy: boolean;
  /** A line is held until the driver answers: no key overtakes it. */
  readonly asking: boolean;
  /** Input that follows what was taken before. */
  take(seat: Seat, offset: number, bytes: Uint8Array): void;
  /** Input went past here: no policy advised. */
  passed(): void;
  /** The pty has more input; the screen has more output. */
  moved(what: 'applied' | 'output'): void;
  answer(seat: Seat, answer: 'go' | 'drop'): Promise<Settled>;
  /** A key is overtaking: nothing goes until it is known what it did. */
  pause(): void;
  /** `taken`: what waited here is forgotten, its numbers were given back. */
  goOn(taken: boolean): void;
  /** Nothing can be sent, or who sent it left: what waits is given back, a line that was asked about is dropped. */
  clear(): void;
};

type Run = { readonly seat: Seat; readonly offset: number; readonly bytes: Uint8Array };

export function openLineAdvice<Said>(parts: LineAdviceParts<Said>): LineAdvice {
  const { clock, screen } = parts;
  let queue: Run[] = [];
  let asking: { readonly run: Run; readonly said: Said } | undefined;
  let settling = false;
  let paused = false;
  let callOff: (() => void) | undefined;
  let outputs = 0;
  let outputAt = clock.mono();
  let appliedAt = clock.mono();
  /** Output that had come when input was last sent. */
  let outputsAtSend = 0;
  /** An Enter went (or the program began), and nothing after it. */
  let entered = parts.fresh;
  let prompt = '';
  let brackets = followBrackets();
  /** Line ends within pastes of the line. */
  let pasted = 0;
  /** What was typed since the last Enter, its end; undefined = with keys that edit. */
  let typed: string | undefined;

  const sent = (): void => {
    outputsAtSend = outputs;
    appliedAt = clock.mono();
  };
  const quiet = (): boolean => outputs > outputsAtSend && clock.mono() - Math.max(outputAt, appliedAt) >= quietMs;
  const long = (): boolean => clock.mono() - appliedAt >= mostMs;
  /** The program has drawn what it got before `run`. */
  const drawn = (run: Run): boolean => {
    if (parts.appliedUpTo(run.seat.ordinal) < run.offset) return false;
    if (entered || typed === undefined) return quiet() || long();
    if (typed === '') return clock.mono() - Math.max(outputAt, appliedAt) >= quietMs || long();
    const wanted = typed.trim();
    return shownLines(screen(), '').some((line) => line.includes(wanted)) || long();
  };
  const wait = (): void => {
    callOff ??= clock.after(lookMs, () => {
      callOff = undefined;
      pump();
    });
  };
  const send = (run: Run, length: number): void => {
    const rest = run.bytes.subarray(length);
    queue = rest.length === 0 ? queue.slice(1) : [{ ...run, offset: run.offset + length, bytes: rest }, ...queue.slice(1)];
    sent();
    parts.send(run.seat, run.offset, run.bytes.subarray(0, length));
  };
  /** The first Enter in it that is no part of a paste; -1 = none. What stands before it is noted. */
  const enterIn = (bytes: Uint8Array): number => {
    for (const [at, byte] of bytes.entries()) {
      const isEnter = enters.has(byte);
      if (isEnter && !(brackets.open && screen().modes.bracketedPaste)) return at;
      if (isEnter) pasted += 1;
      brackets.gave(bytes.subarray(at, at + 1));
      if (byte < 0x20 || byte > 0x7e) typed = undefined;
      else if (typed !== undefined) typed = (typed + String.fromCharCode(byte)).slice(-tailCharacters);
    }
    return -1;
  };
  const enter = (run: Run): void => {
    entered = true;
    pasted = 0;
    typed = '';
    send(run, 1);
  };
  function pump(): void {
    while (!paused && asking === undefined && !settling) {
      const [run] = queue;
      if (run === undefined) return;
      if (!parts.on() || isAlternate(screen())) {
        entered = false;
        typed = undefined;
        send(run, run.bytes.length);
        continue;
      }
      if (entered) {
        if (!drawn(run)) return wait();
        const before = beforeCursor(screen());
        if (before.trim() !== '') prompt = before;
        entered = false;
      }
      const at = enterIn(run.bytes);
      if (at !== 0) {
        send(run, at < 0 ? run.bytes.length : at);
        continue;
      }
      if (!drawn(run)) return wait();
      const said = judged(run.seat);
      if (said === undefined) {
        enter(run);
        continue;
      }
      asking = { run, said };
      parts.ask(run.seat, said);
    }
  }
  function judged(seat: Seat): Said | undefined {
    for (const line of shownLines(screen(), prompt, pasted)) {
      const said = parts.judge(seat, line);
      if (said !== undefined) return said;
    }
    return undefined;
  }
  /** What waits is not sent any more. */
  const giveBack = (): void => {
    const [run] = queue;
    queue = [];
    typed = undefined;
    brackets = followBrackets();
    if (run !== undefined) parts.giveBack(run.seat.ordinal, run.offset);
  };

  return {
    get busy() {
      return queue.length > 0;
    },
    get asking() {
      return asking !== undefined;
    },
    take(seat, offset, bytes) {
      queue.push({ seat, offset, bytes });
      pump();
    },
    passed() {
      entered = false;
      typed = undefined;
    },
    moved(what) {
      if (what === 'applied') appliedAt = clock.mono();
      else {
        outputs += 1;
        outputAt = clock.mono();
      }
      if (queue.length > 0) pump();
    },
    async answer(seat, answer) {
      const held = asking;
      const none = { held: false, offset: parts.appliedUpTo(seat.ordinal) };
      if (held === undefined || held.run.seat !== seat || settling) return none;
      settling = true;
      await parts.record(seat, held.said, answer === 'go' ? 'went-on' : 'dropped');
      settling = false;
      // Meanwhile it may have been given back: then it comes again, and is asked about again.
      if (asking !== held) return none;
      asking = undefined;
      if (answer === 'go') enter(held.run);
      else giveBack();
      pump();
      return { held: true, offset: held.run.offset };
    },
    pause() {
      paused = true;
    },
    goOn(taken) {
      paused = false;
      if (taken) {
        queue = [];
        typed = undefined;
        pasted = 0;
        brackets = followBrackets();
      }
      pump();
    },
    clear() {
      callOff?.();
      callOff = undefined;
      const held = asking;
      asking = undefined;
      if (held !== undefined && !settling) void parts.record(held.run.seat, held.said, 'dropped');
      giveBack();
    },
  };
}
