// The keys of a log, as its epochs begin: which one was in force at which record (TRUST §5, forward security). Pure.
import type { EpochCertificate } from '../protocol/trail-nouns.ts';
import { nextEpoch } from './epoch.ts';

/** `publicKey` undefined = nobody said it: the key that the first record is bound to, in a copy that came without it. */
export type EpochMet = { readonly epoch: number; readonly publicKey: string | undefined; readonly since: number };

export class EpochsMet {
  readonly #met: EpochMet[];

  constructor(rootKey: string | undefined) {
    this.#met = [{ epoch: 0, publicKey: rootKey, since: 0 }];
  }

  get count(): number {
    return this.#met.length;
  }
  /** The epoch in force. */
  get now(): EpochMet {
    return this.#met.at(-1) ?? { epoch: 0, publicKey: undefined, since: 0 };
  }
  /** The epoch that a record was written in, as far as the log went by. */
  at(seq: number): EpochMet {
    return this.#met.findLast(({ since }) => since <= seq) ?? this.now;
  }
  /** An epoch by its number. */
  numbered(epoch: number): EpochMet | undefined {
    return this.#met[epoch];
  }

  /** The next epoch begins; or why it does not. */
  begin(chain: string, certificate: EpochCertificate): string | undefined {
    const { epoch, publicKey, since } = this.now;
    if (certificate.epoch !== epoch + 1) return `it begins epoch ${certificate.epoch}, epoch ${epoch} is in force`;
    if (certificate.size <= since) return `it begins epoch ${certificate.epoch} before epoch ${epoch} began`;
    if (publicKey !== undefined && nextEpoch({ epoch, publicKey }, chain, certificate) === undefined)
      return `the key of epoch ${certificate.epoch} is not certified by that of epoch ${epoch}`;
    this.#met.push({ epoch: certificate.epoch, publicKey: certificate.publicKey, since: certificate.size });
    return undefined;
  }
}
