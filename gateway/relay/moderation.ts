// Who must be present in one live session beside the one who drives (E2): while too few moderators are, keys wait, and before enough ever were,
// nothing runs. Who may moderate is decided elsewhere (rights.ts).
import type { NewEvent } from '../protocol/events.ts';
import { frozen, unfrozen } from '../session/ending.ts';
import type { Session } from '../session/session.ts';
import type { Freezes } from './freezes.ts';

export type ModerationParts = {
  readonly session: Session;
  /** Distinct people here as moderators. */
  readonly present: () => number;
  /** Names of those who could. */
  readonly eligible: () => readonly string[];
  /** Nothing runs yet. */
  readonly pending: () => boolean;
  readonly freezes: Freezes;
  readonly tell: (transition: (session: Session | undefined) => readonly NewEvent[]) => Promise<void>;
  /** So many as it needs are here, or not any more. */
  readonly moderated: (enough: boolean) => void;
};

export type Moderation = {
  readonly enough: boolean;
  /** How it stands; undefined where nobody needs to be present. Names only while somebody is missing. */
  facts(): { readonly needs: number; readonly present: number; readonly eligible: readonly string[] } | undefined;
  /** Somebody came or went. */
  weigh(): void;
};

/** Names told at once. */
const mostNames = 64;

export function openModeration(parts: ModerationParts): Moderation {
  const { session, present, eligible, freezes, tell } = parts;
  const needs = session.state === 'ended' ? 0 : (session.moderators ?? 0);
  return {
    get enough() {
      return present() >= needs;
    },
    facts() {
      if (needs === 0) return undefined;
      const here = present();
      return { needs, present: here, eligible: here < needs ? eligible().slice(0, mostNames) : [] };
    },
    weigh() {
      if (needs === 0) return;
      const enough = present() >= needs;
      if (enough === !freezes.has('moderation')) return;
      if (enough) {
        freezes.remove('moderation', 'A moderator is here; the session goes on.');
        void tell((row) => unfrozen(row, 'moderation'));
      } else {
        const names = eligible();
        const who = names.length === 0 ? 'nobody in this workspace may be one' : `one of ${names.slice(0, mostNames).join(', ')}`;
        const what = parts.pending() ? 'Nothing runs until' : 'Keys wait until';
        freezes.add('moderation', `${what} ${needs === 1 ? 'a moderator is' : `${needs} moderators are`} here: ${who}.`);
        void tell((row) => frozen(row, 'moderation'));
      }
      parts.moderated(enough);
    },
  };
}
