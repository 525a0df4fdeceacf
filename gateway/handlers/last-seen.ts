// Somebody who is not asking just now, as they would ask: for what is said about other people's access.
import { rows } from '../audit/state.ts';
import { never } from '../identity/happening.ts';
import type { Person } from '../identity/person.ts';
import type { Caller } from '../policy/decision.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import type { Parts } from './call.ts';

/** With their newest sign-in, or from a new device and no address when there is none. */
export function lastSeen({ log, clock, chance }: Pick<Parts, 'log' | 'clock' | 'chance'>, person: Person): Caller {
  const login = rows(log.settled.logins)
    .filter((row) => row.person === person.id)
    .toSorted((a, b) => b.startedAt - a.startedAt)[0];
  const device = login && log.settled.devices[login.device];
  if (login !== undefined && device !== undefined) return { person, login, device, address: login.address };
  const now = clock.now();
  const deviceId = mintId('dev', chance.bytes(idRandomBytes));
  return {
    person,
    device: { id: deviceId, person: person.id, key: '', machine: '', registeredAt: now, trustedAt: undefined },
    login: {
      id: mintId('lgn', chance.bytes(idRandomBytes)),
      person: person.id,
      device: deviceId,
      tokenDigest: '',
      startedAt: now,
      expiresAt: never,
      idleMs: 0,
      proofs: [],
      refresh: undefined,
      address: '',
    },
    address: '',
  };
}
