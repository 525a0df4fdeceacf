// Why one live session takes no keys: nothing, or several reasons at once. Everybody in it is told the first, and hears when the last is gone.
import type { FreezeCause } from '../protocol/nouns.ts';
import type { Session } from '../session/session.ts';
import type { Notice } from './seat.ts';

export type FreezesParts = {
  readonly session: Session;
  readonly nameOf: (person: NonNullable<Session['person']>) => string;
  readonly everybody: (notice: Notice, text: string) => void;
  /** Nothing runs yet: then it is not frozen, it waits. */
  readonly pending: () => boolean;
  /** Keys pass again. */
  readonly thawed: () => void;
  readonly changed: () => void;
};

export type Freezes = {
  readonly any: boolean;
  has(cause: FreezeCause): boolean;
  /** What somebody who comes in now is told. */
  readonly told: { readonly notice: Notice; readonly text: string } | undefined;
  add(cause: FreezeCause, text: string): void;
  /** `text`: said when nothing else freezes it. */
  remove(cause: FreezeCause, text: string): void;
};

/** What everybody in a session reads that somebody froze. */
export const heldText = (by: string, why: string): string =>
  `Frozen by ${by}${why === '' ? '' : `: ${why}`}. Keys wait; output goes on.`;

export function openFreezes({ session, nameOf, everybody, pending, thawed, changed }: FreezesParts): Freezes {
  const texts = new Map<FreezeCause, string>();
  // What a person froze stays so when a gateway starts again; everything else is found out anew.
  for (const { cause, by, why } of session.state === 'ended' ? [] : (session.freezes ?? []))
    if (cause === 'held') texts.set(cause, heldText(by === undefined ? 'somebody' : nameOf(by), why ?? ''));
  const noticeOf = (cause: FreezeCause): Notice => (cause === 'moderation' && pending() ? 'pending' : 'frozen');

  return {
    get any() {
      return texts.size > 0;
    },
    has: (cause) => texts.has(cause),
    get told() {
      const [first] = texts;
      return first === undefined ? undefined : { notice: noticeOf(first[0]), text: first[1] };
    },
    add(cause, text) {
      texts.set(cause, text);
      everybody(noticeOf(cause), text);
      changed();
    },
    remove(cause, text) {
      if (!texts.delete(cause)) return;
      const [still] = texts.values();
      if (still === undefined) everybody('resumed', text);
      else everybody('frozen', still);
      thawed();
      changed();
    },
  };
}
