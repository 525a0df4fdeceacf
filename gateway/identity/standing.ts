// Whether a login still stands: asked afresh for every request, of rows just read (S19, S25).
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Device, Login } from './login.ts';
import type { Person } from './person.ts';

export type Standing = { readonly person: Person; readonly login: Login; readonly device: Device };

/** Why a login is over by time alone. */
export type Lapse = 'expired' | 'idle';

/**
 * @param idleFor ms since the login was last used, by the monotonic clock
 * @param outlived the login's life is over by the monotonic clock, whatever the wall clock says (R11)
 */
export function lapseOf(login: Login, now: Instant, idleFor: number, outlived: boolean): Lapse | undefined {
  if (outlived || now >= login.expiresAt) return 'expired';
  return idleFor >= login.idleMs ? 'idle' : undefined;
}

/** Errors: not-signed-in, suspended, login-expired, device. */
export function standing(
  login: Login | undefined,
  person: Person | undefined,
  device: Device | undefined,
  lapse: Lapse | undefined,
): Result<Standing> {
  if (login === undefined || person === undefined || person.id !== login.person) return refuse('not-signed-in');
  if (person.status === 'suspended') return refuse('suspended');
  if (person.status !== 'active') return refuse('not-signed-in');
  if (lapse !== undefined) return refuse('login-expired', lapse === 'idle' ? 'it was not used for too long' : undefined);
  if (device === undefined || device.id !== login.device || device.person !== person.id) return refuse('device');
  return fine({ person, login, device });
}
