// What became of a line that policies advised against (S43), as an event. The line itself is in no event: it stands in the recording, at that position.
import type { NewEvent } from '../protocol/events.ts';
import type { LoginId, ParticipantId, PersonId } from '../protocol/ids.ts';
import type { Session } from './session.ts';

export type Advised = {
  readonly participant: ParticipantId;
  readonly person: PersonId;
  readonly login: LoginId;
  readonly policies: readonly string[];
  readonly answer: 'went-on' | 'dropped';
  /** Output bytes when it was answered. */
  readonly position: number;
};

/** Nothing for a session that is over. */
export function advised(
  session: Session | undefined,
  { participant, person, login, policies, answer, position }: Advised,
): readonly NewEvent[] {
  if (session === undefined || session.state === 'ended') return [];
  return [
    {
      type: 'command.advised',
      actor: { kind: 'person', id: person, login },
      outcome: answer === 'went-on' ? 'ok' : 'denied',
      target: session.server,
      session: session.id,
      data: { session: session.id, participant, policies: [...policies], answer, by: person, position },
      personal: {},
    },
  ];
}
