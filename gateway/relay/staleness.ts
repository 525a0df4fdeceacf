// Logins that the identity provider no longer vouches for (D1, S25): their people are warned, then type nothing more until they have signed in
// again. Nothing ends for that: what runs goes on, is recorded and is shown. A plain `invalid-grant` stops input at once; a refresh whose
// end is not known, or a provider that gives no refresh token, after a quarter of an hour.
// The log knows since when (`stale` of a login), so a gateway that starts goes on counting there.

import type { Login } from '../identity/login.ts';
import type { Clock } from '../ports.ts';
import type { LoginId, PersonId } from '../protocol/ids.ts';
import type { Happening } from '../session/affected.ts';

export const graceMs = 15 * 60_000;

/** warned: input stops in a while · frozen: it has. */
export type Standing = 'fresh' | 'warned' | 'frozen';

export type Staleness = {
  of(login: LoginId): Standing;
  hear(happening: Happening): void;
  close(): void;
};

/**
 * @param logins those there are already
 * @param changed told once of each login that is warned, and once when it is frozen
 */
export function openStaleness(
  clock: Clock,
  logins: Iterable<Login>,
  changed: (login: LoginId, standing: 'warned' | 'frozen') => void,
): Staleness {
  type Row = { readonly person: PersonId; readonly standing: 'warned' | 'frozen'; readonly callOff: () => void };
  const known = new Map<LoginId, Row>();

  function freeze(login: LoginId, person: PersonId): void {
    const row = known.get(login);
    if (row?.standing === 'frozen') return;
    row?.callOff();
    known.set(login, { person, standing: 'frozen', callOff: () => undefined });
    changed(login, 'frozen');
  }
  function warn(login: LoginId, person: PersonId, leftMs = graceMs): void {
    if (known.has(login)) return;
    known.set(login, { person, standing: 'warned', callOff: clock.after(leftMs, () => freeze(login, person)) });
    changed(login, 'warned');
  }
  function forget(login: LoginId): void {
    known.get(login)?.callOff();
    known.delete(login);
  }

  for (const { id, person, stale } of logins) {
    const leftMs = stale === undefined ? graceMs : graceMs - (clock.now() - stale.since);
    if (stale?.cause === 'invalid-grant' || (stale !== undefined && leftMs <= 0)) freeze(id, person);
    else if (stale !== undefined) warn(id, person, Math.min(leftMs, graceMs));
  }

  return {
    of: (login) => known.get(login)?.standing ?? 'fresh',
    hear({ type, data }) {
      if (type === 'login.ended' || type === 'identity.refreshed') return forget(data.login);
      if (type === 'person.suspended' || type === 'person.removed')
        for (const [login, { person }] of known) if (person === data.person) forget(login);
      if (type !== 'identity.refresh-failed') return undefined;
      switch (data.cause) {
        case 'invalid-grant':
          return freeze(data.login, data.person);
        case 'unfinished':
        case 'no-refresh-token':
          return warn(data.login, data.person);
        // Whoever is disabled is put out by the end of their logins; a provider that is down says nothing about anybody.
        case 'disabled':
        case 'provider-down':
          return undefined;
        default:
          return data.cause satisfies never;
      }
    },
    close() {
      for (const { callOff } of known.values()) callOff();
      known.clear();
    },
  };
}
