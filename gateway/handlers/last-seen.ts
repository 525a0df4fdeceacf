// Somebody who is not asking just now, as they would ask: for what is said about other people's access.
import { rows, type State } from '../audit/state.ts';
import type { Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import { unprovenDevice, unprovenLogin } from '../identity/unproven.ts';
import type { Caller } from '../policy/decision.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Parts } from './call.ts';

/** The newest sign-in of everybody who has one. */
export function newestLogins(logins: readonly Login[]): ReadonlyMap<PersonId, Login> {
  const newest = new Map<PersonId, Login>();
  for (const login of logins) {
    const had = newest.get(login.person);
    if (had === undefined || login.startedAt > had.startedAt) newest.set(login.person, login);
  }
  return newest;
}

/** With their newest sign-in, or from a new device and no address when there is none. Who asks about many makes the index once. */
export function lastSeen(
  { log }: Pick<Parts, 'log'>,
  person: Person,
  newest: ReadonlyMap<PersonId, Login> = newestLogins(rows(log.settled.logins)),
): Caller {
  return seenAt(log.settled, person, newest.get(person.id), '');
}

/**
 * Whoever made a request or approved it and is not there to ask: as they were last seen, and without a sign-in where they proved a factor last. Good
 * for nothing that opens anything.
 */
export function standInFor(state: State, person: Person): Caller {
  const [place = ''] = person.addresses ?? [];
  return seenAt(state, person, newestLogins(rows(state.logins)).get(person.id), place.replace(/\/64$/, ''));
}

/** @param elsewhere where somebody without a sign-in is taken to be */
function seenAt(state: State, person: Person, login: Login | undefined, elsewhere: string): Caller {
  const device = login && state.devices[login.device];
  if (login !== undefined && device !== undefined) return { person, login, device, address: login.address };
  const unproven = unprovenLogin({ person: person.id, address: elsewhere });
  return { person, login: unproven, device: unprovenDevice(person.id), address: elsewhere };
}
