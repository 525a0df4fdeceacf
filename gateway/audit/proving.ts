// What a witness is answered (A11): the newest head, the keys that lead to it, and that what the witness holds is its beginning.

import type { Trail } from './trail.ts';
import type { ProofAsked, ProofTold } from './witnessing.ts';

/** So many certificates fit into one message beside all else; who has not seen more epochs than that asks again (witnessing.ts). */
export const certificatesAtOnce = 400;

/**
 * The newest head, signed now where the newest is older than what is held. A log that is shorter than `size` says so by its head: nothing is proven
 * then. Rejects when nothing can be signed.
 */
export async function proofOf(trail: Trail, { size, epoch }: ProofAsked): Promise<ProofTold> {
  const newest = trail.head;
  const head = newest === undefined || newest.size < size ? await trail.sign() : newest;
  const certificates = trail.certificates.filter((one) => one.epoch > epoch && one.epoch <= head.epoch);
  return {
    head,
    rootKey: trail.rootKey,
    certificates: certificates.slice(0, certificatesAtOnce),
    proof: size === 0 || size > head.size ? [] : await trail.consistency(size, head.size),
  };
}
