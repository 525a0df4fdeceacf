// Those who are not signed in: what they may cost, and what is recorded of them. Refusals are counted, one record per peer and minute, so
// that nobody outside can fill the disk (TRUST §0); who is wrong too often, or starts too often, waits (T20).
import { isDeviceKey } from '../identity/device-key.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { besideLog } from './beside-log.ts';
import type { Parts } from './call.ts';

const windowMs = 60_000;
/** Wrong proofs, tokens and handles of one peer in a minute. */
export const mostWrong = 20;
/** Sign-ins one peer may begin in a minute. */
const mostStarts = 60;
/** Peers and causes kept count of at once; beyond that they are counted together. */
const mostCounted = 2_000;
const everybodyElse = 'others';

interface Strangers {
  /** Counts a refusal for the record. */
  refused(address: string, cause: string): void;
  /** Counts something wrong that could be a guess, for the record and against the peer. */
  wrong(address: string, cause: string): void;
  /** Whoever was wrong too often waits before anything is looked at; undefined = nothing stands against the peer. Errors: busy, with how long. */
  blocked(address: string): Result<never> | undefined;
  /** Counts a sign-in begun, in any way. `room`: whether there is still some for it. Errors: busy, bad-request. */
  mayBegin(address: string, deviceKey: string, room?: () => boolean): Result<undefined>;
  /** Records what is still uncounted. */
  close(): Promise<void>;
}

/** The one keeper of strangers beside a log. */
export const strangersOf = besideLog(openStrangers);

type Tally = { readonly address: string; readonly cause: string; count: number };
type Peer = { since: number; wrong: number; starts: number };

function openStrangers({ log, clock }: Pick<Parts, 'log' | 'clock'>): Strangers {
  let tallies = new Map<string, Tally>();
  let callOff: (() => void) | undefined;
  const peers = new Map<string, Peer>();

  async function record(): Promise<void> {
    callOff?.();
    callOff = undefined;
    const told = [...tallies.values()];
    tallies = new Map();
    if (told.length === 0) return;
    await log
      .commit(() => ({
        events: told.map(({ address, cause, count }) => ({
          type: 'stranger.refused',
          actor: { kind: 'stranger' },
          outcome: 'denied',
          data: { cause, count },
          personal: { address },
        })),
        answer: undefined,
      }))
      // The log cannot be written: then the process ends, and nobody was let in.
      .catch(() => undefined);
  }

  function refused(address: string, cause: string): void {
    const many = tallies.size >= mostCounted;
    const named = { address: many ? everybodyElse : address.slice(0, 64), cause: many ? everybodyElse : cause.slice(0, 64) };
    const key = `${named.address}\0${named.cause}`;
    const tally = tallies.get(key);
    if (tally === undefined) tallies.set(key, { ...named, count: 1 });
    else tally.count += 1;
    callOff ??= clock.after(windowMs, () => void record());
  }

  function peerOf(address: string): Peer {
    const now = clock.mono();
    let peer = peers.get(address);
    if (peer === undefined || now - peer.since >= windowMs) {
      peer = { since: now, wrong: 0, starts: 0 };
      peers.delete(address);
      peers.set(address, peer);
      // Oldest first; a forgotten peer starts anew, which costs us nothing but another guess at 256 bits.
      for (const oldest of peers.keys()) {
        if (peers.size <= mostCounted) break;
        peers.delete(oldest);
      }
    }
    return peer;
  }

  function wrong(address: string, cause: string): void {
    peerOf(address).wrong += 1;
    refused(address, cause);
  }

  function blocked(address: string): Result<never> | undefined {
    const peer = peerOf(address);
    if (peer.wrong < mostWrong) return undefined;
    return refuse('busy', undefined, { retryAfterMs: Math.max(1, peer.since + windowMs - clock.mono()) });
  }

  return {
    refused,
    wrong,
    blocked,
    mayBegin(address, deviceKey, room = () => true) {
      const wait = blocked(address);
      if (wait !== undefined) return wait;
      if (!isDeviceKey(deviceKey)) {
        wrong(address, 'device key');
        return refuse('bad-request', 'deviceKey: an Ed25519 public key, base64url of 32 bytes');
      }
      const peer = peerOf(address);
      peer.starts += 1;
      if (peer.starts <= mostStarts && room()) return fine(undefined);
      refused(address, 'too many sign-ins');
      return refuse('busy', 'too many sign-ins wait from this address');
    },
    close: record,
  };
}
