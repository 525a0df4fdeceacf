// Somebody who is not asking just now, as they would ask: for what is said about other people's access.
import { rows } from '../audit/state.ts';
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
  const login = newest.get(person.id);
  const device = login && log.settled.devices[login.device];
  if (login !== undefined && device !== undefined) return { person, login, device, address: login.address };
  return { person, login: unprovenLogin({ person: person.id, address: '' }), device: unprovenDevice(person.id), address: '' };
}
