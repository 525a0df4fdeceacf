// The one use of an enrolment token: it turns an announced server into one with a key. Spent on staged state, so of any number of uses at once
// exactly one succeeds (G1). The answer to a bad token never says what is wrong with it; the record does.
import { digestOf } from '../identity/digest.ts';
import { fine, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { ServerId } from '../protocol/ids.ts';
import type { HostFacts } from '../protocol/nouns.ts';
import type { Change } from './change.ts';

export const enrolmentRandomBytes = 32;
/** Longest life of a token (G1). */
export const enrolmentMaxMinutes = 15;

/**
 * The token an agent enrols with (256 bits), as `enrolTokenPattern` of the protocol has it.
 * @param caDigest SHA-256 hex of the gateway's CA certificate, so that the agent knows it has met the right gateway; undefined on plain loopback
 * @throws when fewer than {@link enrolmentRandomBytes} random bytes are given (a bug of the caller).
 */
export function mintEnrolmentToken(random: Uint8Array, caDigest: string | undefined): string {
  if (random.length !== enrolmentRandomBytes) throw new Error('an enrolment token needs 32 random bytes');
  return `spe_${Buffer.from(random).toString('base64url')}_${caDigest === undefined ? 'none' : caDigest.slice(0, 32)}`;
}

/** What the state keeps of a token: SHA-256 of the whole, hex. */
export const enrolmentDigest: (token: string) => string = digestOf;

/** Errors: enrolment-token (unknown, used, expired), agent-key (the key belongs to another server). */
export const useEnrolment =
  (given: {
    readonly tokenDigest: string;
    /** Ed25519 public key of the agent, base64url of 32 bytes. */
    readonly key: string;
    readonly facts: HostFacts;
    readonly address: string;
  }): Change<{ readonly server: ServerId; readonly name: string }> =>
  ({ enrolments, servers }, now) => {
    const refused = (cause: 'unknown' | 'used' | 'expired' | 'malformed'): NewEvent => ({
      type: 'enrolment.refused',
      actor: { kind: 'stranger' },
      outcome: 'denied',
      data: { cause },
      personal: { address: given.address },
    });
    const enrolment = Object.values(enrolments).find((row) => row.tokenDigest === given.tokenDigest);
    const server = enrolment === undefined ? undefined : servers[enrolment.server];
    if (enrolment === undefined || server === undefined)
      return { events: [refused('unknown')], answer: refuse('enrolment-token') };
    // A server that has a key was enrolled with another token of its own.
    if (enrolment.usedAt !== undefined || server.key !== undefined)
      return { events: [refused('used')], answer: refuse('enrolment-token') };
    if (enrolment.expiresAt <= now) return { events: [refused('expired')], answer: refuse('enrolment-token') };
    if (Object.values(servers).some((other) => other.key === given.key))
      return { events: [refused('malformed')], answer: refuse('agent-key', 'another server has this key') };
    return {
      events: [
        {
          type: 'server.enrolled',
          actor: { kind: 'server', id: server.id },
          outcome: 'ok',
          target: server.id,
          data: { server: server.id, enrolment: enrolment.id, key: given.key, facts: given.facts },
          personal: { address: given.address },
        },
      ],
      answer: fine({ server: server.id, name: server.name }),
    };
  };
