// What the ids in an event are called, as the state has them now. Foreign text: made safe where it is shown (TRUST X1).
import type { State } from './state.ts';

/** How a thing is called that is no longer there, and a person who was erased. */
export const removedName = (id: string): string => `removed-${id.slice(-6)}`;

/** Names by id, as the state has them now. */
export function namesIn(state: State) {
  /** Whoever was removed keeps their name, for whoever looks for what they did, until they are erased. */
  const person = (id: string): string => state.people[id]?.name ?? state.departed?.[id] ?? removedName(id);
  const server = (id: string): string => state.servers[id]?.name ?? removedName(id);
  const group = (id: string): string => state.groups[id]?.name ?? removedName(id);
  const shell = (id: string): string => {
    const session = state.sessions[id];
    return session === undefined ? 'a shell' : `the shell of ${person(session.person)} on ${server(session.server)}`;
  };
  const sessionOf = (recording: string): string => {
    const session = state.recordings[recording]?.session;
    return session === undefined ? 'a recording' : `the recording of ${shell(session)}`;
  };
  const any = (id: string): string => {
    switch (id.slice(0, 4)) {
      case 'usr_':
        return person(id);
      case 'srv_':
        return server(id);
      case 'grp_':
        return group(id);
      case 'ses_':
        return shell(id);
      case 'rec_':
        return sessionOf(id);
      case 'dev_':
        return state.devices[id]?.machine || 'a device';
      case 'lgn_':
        return 'a sign-in';
      case 'req_': {
        const request = state.requests[id];
        return request === undefined ? 'a request' : `a request of ${person(request.person)}`;
      }
      case 'gra_': {
        const grant = state.grants[id];
        return grant === undefined ? 'a grant' : `a grant of ${person(grant.person)}`;
      }
      case 'adr_':
        return state.addresses[id]?.cidr ?? 'an address rule';
      case 'cam_':
        return state.campaigns[id]?.name ?? 'an access review';
      case 'brk_': {
        const entrance = state.entrances[id];
        return entrance === undefined ? 'a break-glass entrance' : `the break-glass of ${person(entrance.person)}`;
      }
      default:
        return id;
    }
  };
  const participant = (session: string, id: string): string => {
    const seat = state.sessions[session]?.participants.find((other) => other.id === id);
    return seat === undefined ? 'a participant' : person(seat.person);
  };
  return { person, server, group, shell, sessionOf, any, participant };
}
export type Names = ReturnType<typeof namesIn>;
