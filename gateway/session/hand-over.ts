// The keyboard goes to somebody else, as events: pure. Who has it is state (`keyboard`); who sits there is told by joining and leaving.
import type { Actor, NewEvent } from '../protocol/events.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Session } from './session.ts';

export type HandOver = {
  readonly actor: Actor;
  readonly by: PersonId;
  readonly to: PersonId;
  readonly how: 'given' | 'taken';
  readonly request: string | undefined;
};

/** Nothing when the session is over. */
export function handed(session: Session | undefined, { actor, by, to, how, request }: HandOver): readonly NewEvent[] {
  if (session === undefined || session.state === 'ended') return [];
  return [
    {
      type: 'session.handed',
      actor,
      outcome: 'ok',
      target: session.server,
      session: session.id,
      ...(request === undefined ? {} : { request }),
      data: { session: session.id, to, by, how },
      personal: {},
    },
  ];
}
