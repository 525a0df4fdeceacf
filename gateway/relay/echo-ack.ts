// When a client may be told that its keys are echoed (F4, LOWBAND §5.9): input counts from the moment its pty has had it for 50 ms and whatever
// was printed by then is on its way to that client. A client that predicts can drop those keys without a timer of its own. The word rides with the
// next frame of output; alone it goes only when none came for a while.
import type { Clock } from '../ports.ts';

/** A program that echoes has done so by then. */
export const echoMs = 50;
/** So long the word waits for a frame to ride with. */
export const aloneMs = 250;
/** A paste waits for its window: its confirmations do not wait for company. */
const pasteBytes = 1024;
/** Marks closer together than this are one. */
const markMs = 10;

export type EchoAck = {
  /** The pty has input up to `offset`. */
  applied(offset: number): void;
  /** A frame of output was just sent. */
  framed(): void;
  close(): void;
};

export type EchoAckParts = {
  readonly clock: Clock;
  /** Output that there is. */
  readonly position: () => number;
  /** Output that was sent. */
  readonly shown: () => number;
  /** A frame will leave soon that the word may ride with. */
  readonly expected: () => boolean;
  readonly say: (offset: number) => void;
};

export function openEchoAck({ clock, position, shown, expected, say }: EchoAckParts): EchoAck {
  let young: { readonly since: number; due: number; offset: number }[] = [];
  /** Had for long enough; told when output up to `until` was sent. */
  let ripe: { readonly offset: number; readonly until: number }[] = [];
  let noted = 0;
  let told = 0;
  let callOffRipening: (() => void) | undefined;
  let callOffAlone: (() => void) | undefined;

  const tell = (offset: number): void => {
    callOffAlone?.();
    callOffAlone = undefined;
    told = offset;
    say(offset);
  };
  /** The furthest that may be told now. */
  const ready = (): number => {
    const upTo = shown();
    let offset = told;
    while (ripe[0] !== undefined && ripe[0].until <= upTo) offset = Math.max(offset, ripe.shift()?.offset ?? 0);
    if (offset > told) ripe.unshift({ offset, until: 0 });
    return offset;
  };
  const settle = (riding: boolean): void => {
    const offset = ready();
    if (offset <= told) return;
    if (riding || offset - told >= pasteBytes) {
      ripe = ripe.filter((mark) => mark.offset > offset);
      return tell(offset);
    }
    callOffAlone ??= clock.after(aloneMs, () => {
      callOffAlone = undefined;
      if (!expected()) settle(true);
    });
  };
  const ripen = (): void => {
    callOffRipening = undefined;
    const now = clock.mono();
    const until = position();
    while (young[0] !== undefined && young[0].due <= now) ripe.push({ offset: young.shift()?.offset ?? 0, until });
    // What is held back for long is told in one word.
    if (ripe.length > 64) ripe = ripe.slice(-32);
    settle(false);
    plan();
  };
  const plan = (): void => {
    const [first] = young;
    if (first !== undefined) callOffRipening ??= clock.after(Math.max(1, first.due - clock.mono()), ripen);
  };

  return {
    applied(offset) {
      // Said before: whoever sends it again did not hear it, or wants to know where it stands.
      if (offset <= noted) {
        if (offset <= told || young.length === 0) say(offset);
        return;
      }
      noted = offset;
      const now = clock.mono();
      const last = young.at(-1);
      if (last !== undefined && now - last.since < markMs) {
        last.offset = offset;
        last.due = now + echoMs;
      } else young.push({ since: now, due: now + echoMs, offset });
      plan();
    },
    framed: () => settle(true),
    close() {
      callOffRipening?.();
      callOffAlone?.();
      young = [];
      ripe = [];
    },
  };
}
