// Coming into a live session, as the log sees it: in one group whoever is put out of the seat leaves and the new one joins, and only then does
// anybody sit (law 1).
import type { Log } from '../audit/commit.ts';
import type { Caller } from '../policy/decision.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { ParticipantId, SessionId } from '../protocol/ids.ts';
import type { ParticipantRole } from '../protocol/nouns.ts';
import { left } from '../session/ending.ts';
import type { Session } from '../session/session.ts';
import { joined } from '../session/start.ts';

export type Joining = {
  readonly session: SessionId;
  readonly caller: Caller;
  readonly address: string;
  readonly participant: ParticipantId;
  readonly role: ParticipantRole;
  readonly policies: readonly string[];
  /** The request that asks for it. */
  readonly request?: string | undefined;
  /** Who sits there, and makes room. */
  readonly instead?: ParticipantId | undefined;
};

/** The ordinal, once it is in the log; undefined = the session is over, or the person is gone. Throws what the log throws. */
export async function join(
  log: Log,
  tell: (transition: (row: Session | undefined) => readonly NewEvent[]) => Promise<void>,
  { session, caller, address, participant, role, policies, request, instead }: Joining,
): Promise<{ readonly ordinal: number } | undefined> {
  // Refused because the disk was slow, it may come to stand in the log all the same (A41): then whoever sits nowhere leaves at once.
  let said = false;
  let refused = false;
  let stands = false;
  const leave = (): void => {
    if (!refused || !stands) return;
    stop();
    void tell((row) => left(row, participant, 'disconnected'));
  };
  const stop = log.onSettled((group) => {
    stands ||= group.some(({ event }) => event.type === 'session.joined' && event.data.participant === participant);
    leave();
  });
  const joining = log.commit((state) => {
    // Between the decision and here the person or the sign-in may have gone: then nobody comes in (T1).
    const gone = state.people[caller.person.id]?.status !== 'active' || state.logins[caller.login.id] === undefined;
    if (gone) return { events: [], answer: undefined };
    const row = state.sessions[session];
    const done = joined(row, {
      actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
      address,
      request,
      participant,
      person: caller.person.id,
      login: caller.login.id,
      role,
      policies,
    });
    if (done === undefined) return { events: [], answer: undefined };
    said = true;
    return { events: [...(instead === undefined ? [] : left(row, instead, 'taken-over')), ...done.events], answer: done };
  });
  try {
    const done = await joining;
    stop();
    return done;
  } catch (error) {
    refused = true;
    if (said) leave();
    else stop();
    throw error;
  }
}
