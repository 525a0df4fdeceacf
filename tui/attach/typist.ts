// A person's keys on their way to the gateway: what they paste goes no faster than the line carries it, and a key that interrupts goes before it
// (LOWBAND §5, FEATURES 4b). What was overtaken is told and asked about, never typed unasked and never lost in silence.

import type { Press } from '../keys/press.ts';
import type { Link } from '../link/link.ts';
import { lifeNow } from '../link/waking.ts';
import { openInputPace } from './input-pace.ts';
import type { Keys } from './keys.ts';
import { openPasteReader } from './pasted.ts';
import type { Questions } from './questions.ts';
import type { Seat } from './seat.ts';

export type TypistParts = {
  readonly keys: Keys;
  readonly link: Pick<Link, 'request'>;
  readonly questions: Pick<Questions, 'choice'>;
  readonly seat: () => Pick<Seat, 'channel' | 'type'>;
  /** Keys may go now. */
  readonly open: () => boolean;
  /** Sends what may go now, and whatever belongs to that. */
  readonly pump: () => void;
  /** What follows is numbered from there. */
  readonly renumbered: (offset: number) => void;
};

export type Typist = {
  /** What a terminal gave for the session. */
  readonly type: (bytes: Uint8Array) => void;
  /** Sends what may go now and the line has room for. False = the line is gone. */
  readonly send: () => boolean;
  /** Input up to there is at the pty. */
  readonly confirm: (offset: number) => void;
  /** On another connection: what the line carries is found out anew. */
  readonly seated: (offset: number) => void;
  /** Policies advise against the line that stands there (S43): it goes on, or is dropped with all that was typed after it, as the person says. */
  readonly advised: (against: string) => Promise<void>;
  /** Bytes that the person presses while they are asked: what is no answer may go on to the program. */
  readonly pressing: (bytes: Uint8Array) => void;
};

export function openTypist({ keys, link, questions, seat, open, pump, renumbered }: TypistParts): Typist {
  const read = openPasteReader();
  const pace = openInputPace(0);
  let pressed: Uint8Array = new Uint8Array(0);
  /** Advice was answered, and what became of the line is not known yet: a key that follows waits in its place. */
  let answering = false;

  const askArrival = async (): Promise<void> => {
    const at = seat();
    await link.request('session.arrived', { channel: at.channel }, Number.POSITIVE_INFINITY);
    if (seat() !== at) return;
    pace.answered(performance.now());
    pump();
  };
  const interrupt = async (key: number): Promise<void> => {
    const at = seat();
    keys.ask();
    const answer = await link.request('session.interrupt', { channel: at.channel, key }, Number.POSITIVE_INFINITY);
    // The line was cut meanwhile: what is not confirmed waits for a decision.
    if (seat() !== at) return;
    if (!answer.ok && (answer.problem.code === 'offline' || answer.problem.code === 'unreachable')) return keys.doubt();
    if (!answer.ok || !answer.value.taken) {
      keys.goOn();
      return pump();
    }
    const left = keys.overtaken(answer.value.offset, answer.value.unread, performance.now());
    pace.rewind(answer.value.offset);
    renumbered(answer.value.offset);
    pump();
    if (left > 0) await askRest(left);
    return undefined;
  };
  const askRest = async (left: number): Promise<void> => {
    const bytes = left === 1 ? 'byte' : 'bytes';
    const words = `interrupted: ${left} ${bytes} of your paste were not read · Enter sends them, Esc discards them`;
    // Whoever types on is done with it: nothing of the rest may follow what they type.
    const answers: Readonly<Record<Press, 'send' | 'discard' | 'on'>> = {
      enter: 'send',
      esc: 'discard',
      'ctrl+c': 'discard',
      '*': 'on',
    };
    const answer = await questions.choice(words, answers, 'urgent');
    const rest = keys.takeAside();
    if (answer === 'send') keys.type(rest, open(), lifeNow(), true);
    else if (answer === 'on') keys.type(pressed, open(), lifeNow());
    if (answer !== undefined) pump();
  };

  const advised = async (against: string): Promise<void> => {
    const words = `${against} · y goes on (recorded) · n drops it: nothing is sent, the line stays`;
    const answers = { y: 'go', Y: 'go', n: 'drop', N: 'drop', esc: 'drop', 'ctrl+c': 'drop' } as const;
    const answer = await questions.choice(words, answers, 'urgent');
    if (answer === undefined) return;
    const at = seat();
    keys.ask();
    answering = true;
    const done = await link.request('session.advised', { channel: at.channel, answer }, Number.POSITIVE_INFINITY);
    answering = false;
    if (seat() !== at) return;
    if (!done.ok && (done.problem.code === 'offline' || done.problem.code === 'unreachable')) return keys.doubt();
    if (done.ok && done.value.held && answer === 'drop') {
      keys.overtaken(done.value.offset, 0, performance.now());
      keys.takeAside();
      pace.rewind(done.value.offset);
      renumbered(done.value.offset);
    } else keys.goOn();
    pump();
  };

  return {
    advised,
    type(bytes) {
      for (const run of read(bytes)) {
        keys.type(run.bytes, open(), lifeNow(), run.pasted);
        if (run.mayInterrupt && open() && !answering && keys.behindPaste()) void interrupt(run.bytes[0] ?? 0);
      }
    },
    send() {
      if (pace.begins(keys.unsent(), performance.now())) void askArrival();
      for (let piece = keys.next(pace.limit()); piece !== undefined; piece = keys.next(pace.limit())) {
        if (!seat().type(piece.offset, piece.bytes)) return false;
        if (pace.sent(piece.offset + piece.bytes.length, keys.unsent(), performance.now())) void askArrival();
      }
      return true;
    },
    confirm(offset) {
      keys.confirm(offset, lifeNow());
      pace.confirmed(offset);
    },
    seated: (offset) => pace.restart(offset),
    pressing(bytes) {
      pressed = bytes;
    },
  };
}
