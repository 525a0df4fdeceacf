// Signed heads (TRUST §5): so many records, this root over them, the last with this hash. Which key may sign which head is told here (A13). Pure.
import type { EpochCertificate, Head, OldHead, StoredHead } from '../protocol/trail-nouns.ts';
import { epochOf, isSigned, keyOf } from './epoch.ts';

/** The statement that is signed. */
export const headStatement = (said: Omit<Head, 'signature'> | Omit<OldHead, 'signature'>): string =>
  'root' in said
    ? ['sallyport-head-v2', said.chain, said.size, said.root, said.hash, said.epoch, said.ts].join('\0')
    : ['sallyport-head-v1', said.chain, said.size, said.hash, said.ts].join('\0');

/** Whether the key (raw, base64url) signed this head; false for anything malformed. */
export const headIsSigned = (stored: StoredHead, publicKey: string): boolean =>
  isSigned(headStatement(stored), stored.signature, publicKey);

/**
 * Why no key of this log can have signed this head where it stands, or undefined: the key is that of the epoch in which its last record was
 * written (A13). `certificates` = all epochs after the first, in order, verified before.
 */
export function headKeyProblem(
  stored: StoredHead,
  rootKey: string,
  certificates: readonly EpochCertificate[],
): string | undefined {
  const epoch = epochOf(stored.size - 1, certificates);
  const said = 'root' in stored ? stored.epoch : 0;
  if (said !== epoch) return `the head is of epoch ${said}, its last record of epoch ${epoch}`;
  const key = keyOf(epoch, rootKey, certificates);
  return key !== undefined && headIsSigned(stored, key) ? undefined : 'the head beside the log is not signed by this gateway';
}
