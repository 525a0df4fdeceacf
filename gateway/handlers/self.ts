// Who somebody is, as the gateway sees their connection.
import { rows, type State } from '../audit/state.ts';
import { isFamiliar } from '../identity/place.ts';
import type { Caller } from '../policy/decision.ts';
import type { Instant, Self } from '../protocol/nouns.ts';
import { programVersion } from '../protocol/version.ts';

/** Newest proofs told, at most. */
const mostProofs = 32;

export function selfOf(state: State, caller: Caller, gatewayName: string, now: Instant): Self {
  const { person, login, device } = caller;
  return {
    person: person.id,
    name: person.name,
    ...(person.email === undefined ? {} : { email: person.email }),
    role: person.role,
    groups: rows(state.groups)
      .filter((group) => group.members.includes(person.id))
      .map((group) => group.name)
      .toSorted(),
    login: login.id,
    device: device.id,
    deviceKnown: device.trustedAt !== undefined,
    factor: person.factor === undefined ? 'none' : 'totp',
    loginExpiresAt: login.expiresAt,
    gatewayName,
    gatewayVersion: programVersion,
    proofs: login.proofs
      .filter((proof) => proof.at <= now && now < proof.until)
      .slice(-mostProofs)
      .map(({ action, target, until, servers }) => ({
        action,
        ...(target === undefined ? {} : { target }),
        until,
        ...(servers === undefined ? {} : { servers }),
      })),
    addressKnown: isFamiliar(person, login),
    ...(person.factor === undefined ? {} : { recoveryCodes: person.factor.recoveryDigests.length }),
    ...(login.breakGlass === undefined ? {} : { breakGlass: { until: login.expiresAt } }),
  };
}
