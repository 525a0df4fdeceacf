// What the log proves about itself to those outside: heads, keys, proofs. audit/log.ts and outside/ make it.
import type { EpochCertificate, Head } from '../protocol/trail-nouns.ts';
import { keyOf } from './epoch.ts';
import type { Peaks } from './tree.ts';

export interface Trail {
  /** What the first record is bound to: the key of epoch 0, base64url. */
  readonly rootKey: string;
  /** Of all epochs after the first, in order. */
  readonly certificates: readonly EpochCertificate[];
  /** The newest signed head; undefined before the first. */
  readonly head: Head | undefined;
  /** A head signed now, of everything durable. Rejects when nothing is there, or the disk fails. */
  sign(): Promise<Head>;
  /** Signs with the key of the epoch in force. */
  signStatement(statement: string): { readonly epoch: number; readonly signature: string };
  /** That the log of `from` records is the beginning of that of `to` (hex; empty for 0). */
  consistency(from: number, to: number): Promise<readonly string[]>;
  /** That record `seq` is in the log of `size` records. */
  inclusion(seq: number, size: number): Promise<readonly string[]>;
  /** The tree when the log had `size` records: for manifests. Its root: `rootOf`. */
  peaks(size: number): Promise<Peaks>;
  /** Told of each new head. Returns how to stop. */
  onHead(listener: (head: Head) => void): () => void;
}

/** The public key of an epoch, base64url; undefined when the log has no such epoch. */
export const keyOfEpoch = (
  { rootKey, certificates }: Pick<Trail, 'rootKey' | 'certificates'>,
  epoch: number,
): string | undefined => keyOf(epoch, rootKey, certificates);
