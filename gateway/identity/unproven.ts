// Somebody without a sign-in that is still there, as decisions see them: a login and a device that prove nothing, and open nothing.
import { type DeviceId, idRandomBytes, type LoginId, mintId, type PersonId } from '../protocol/ids.ts';
import type { Device, Login } from './login.ts';

const zeros = new Uint8Array(idRandomBytes);
export const noLogin: LoginId = mintId('lgn', zeros);

export const unprovenDevice = (person: PersonId): Device => ({
  id: mintId('dev', zeros),
  person,
  key: '',
  machine: '',
  registeredAt: 0,
  trustedAt: undefined,
});

/** `address`: where they are, or were last seen; `''` = unknown. */
export const unprovenLogin = (of: {
  readonly person: PersonId;
  readonly id?: LoginId;
  readonly device?: DeviceId | undefined;
  readonly address: string;
}): Login => ({
  id: of.id ?? noLogin,
  person: of.person,
  device: of.device ?? unprovenDevice(of.person).id,
  tokenDigest: '',
  startedAt: 0,
  expiresAt: 0,
  idleMs: 0,
  proofs: [],
  refresh: undefined,
  address: of.address,
});
