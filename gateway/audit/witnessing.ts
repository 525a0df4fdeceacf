// What a witness makes of a head it is shown (A11, TRUST §5): whether the log it speaks of goes on from the one remembered. Whoever holds the
// gateway's host may hold every key of today; they cannot make a witness forget. Pure: where the memory is kept is the business of the programs.
//
// At first sight nothing is there to compare with: chain and root key are pinned then, and the keys of all epochs walked from it.
import * as v from 'valibot';
import { type EpochCertificate, type Head, head, publicKey } from '../protocol/trail-nouns.ts';
import { type EpochKey, nextEpoch } from './epoch.ts';
import { headIsSigned } from './head.ts';
import { consistencyHolds } from './tree.ts';

/** The signed head a witness holds, with the key of its epoch, and the root key it pinned at first sight. */
export const remembered = v.strictObject({ ...head.entries, rootKey: publicKey, key: publicKey });
export type Remembered = v.InferOutput<typeof remembered>;

/** What is asked for: that the log of `size` records (0 = nothing is held) is the beginning, and certificates of the epochs after `epoch`. */
export type ProofAsked = { readonly size: number; readonly epoch: number };
export type ProofTold = {
  readonly head: Head;
  readonly rootKey: string;
  readonly certificates: readonly EpochCertificate[];
  readonly proof: readonly string[];
};

/** How far the keys have been walked: more certificates are needed than one answer holds. */
export type Walk = {
  readonly chain: string;
  readonly rootKey: string;
  readonly key: EpochKey;
  /** The next epoch began with this record or later. */
  readonly from: number;
};

export type Witnessing =
  | { readonly verdict: 'accepted'; readonly held: Remembered }
  /** Ask again, for the certificates after `walk.key.epoch`, and judge with this. */
  | { readonly verdict: 'further'; readonly walk: Walk }
  /** It is not the log that is remembered. */
  | { readonly verdict: 'conflict'; readonly why: string }
  /** Nothing is remembered yet, and what is shown does not hold in itself. */
  | { readonly verdict: 'malformed'; readonly why: string };

/** What to ask for next. */
export const proofAsked = (held: Remembered | undefined, walk?: Walk): ProofAsked => ({
  size: held?.size ?? 0,
  epoch: walk?.key.epoch ?? held?.epoch ?? 0,
});

/**
 * Judges what the gateway answered to {@link proofAsked} of the same `held` and `walk`. Accepts exactly what goes on from `held`: same chain and
 * root key, every epoch's key certified by the one before at a record that fits, signed by the key of the epoch its last record was written in
 * (A13), not shorter, and proven to begin with what is held (A28). Anything else contradicts what is remembered.
 */
export function judgeHead(held: Remembered | undefined, told: ProofTold, walk?: Walk): Witnessing {
  const { head: shown, rootKey, certificates, proof } = told;
  const wrong = (why: string): Witnessing => ({ verdict: held === undefined ? 'malformed' : 'conflict', why });
  const pinned = walk ?? held;
  if (pinned !== undefined && pinned.chain !== shown.chain) return wrong('it is of another chain');
  if (pinned !== undefined && pinned.rootKey !== rootKey) return wrong('it rests on another root key');
  if (shown.size === 0) return wrong('it is of an empty log');
  if (held !== undefined && shown.size < held.size) return wrong(`it has ${shown.size} records, ${held.size} were there`);

  let { key, from }: Omit<Walk, 'chain' | 'rootKey'> =
    walk ??
    (held === undefined
      ? { key: { epoch: 0, publicKey: rootKey }, from: 1 }
      : { key: { epoch: held.epoch, publicKey: held.key }, from: held.size });
  if (shown.epoch < key.epoch) return wrong(`its newest record is of epoch ${shown.epoch}, epoch ${key.epoch} had begun`);
  for (const certificate of certificates) {
    if (certificate.epoch > shown.epoch) return wrong('it comes with keys of epochs that were not there');
    const next = nextEpoch(key, shown.chain, certificate);
    if (next === undefined) return wrong(`the key of epoch ${key.epoch + 1} is not certified by the one before`);
    if (certificate.size < from || certificate.size >= shown.size)
      return wrong(`epoch ${next.epoch} cannot have begun at record ${certificate.size}`);
    if (certificate.size === held?.size && certificate.hash !== held.hash)
      return wrong(`epoch ${next.epoch} follows another record ${held.size - 1}`);
    key = next;
    from = certificate.size + 1;
  }
  if (key.epoch < shown.epoch) {
    if (certificates.length === 0) return wrong(`the key of epoch ${key.epoch + 1} is not certified`);
    return { verdict: 'further', walk: { chain: shown.chain, rootKey, key, from } };
  }
  if (!headIsSigned(shown, key.publicKey)) return wrong(`it is not signed with the key of epoch ${key.epoch}`);
  if (held !== undefined) {
    if (!consistencyHolds(held, shown, proof)) return wrong(`it does not begin with the ${held.size} records that were there`);
    if (shown.size === held.size && (shown.hash !== held.hash || shown.epoch !== held.epoch))
      return wrong(`its record ${held.size - 1} is another`);
  }
  return { verdict: 'accepted', held: { ...shown, rootKey, key: key.publicKey } };
}
