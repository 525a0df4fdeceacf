// What a manifest of a segment says, as it is signed. The shape is in protocol/trail-nouns.ts. Pure.
import type { Manifest } from '../protocol/trail-nouns.ts';
import { canonical, sha256 } from './chain.ts';

/** The statement that is signed: everything but the signature. */
export function manifestStatement(manifest: Omit<Manifest, 'signature'> & { readonly signature?: string }): string {
  const { signature: _, ...said } = manifest;
  return `sallyport-manifest-v1\0${canonical(said)}`;
}

/** Its digest, as the tombstone of a purged segment names it. */
export const manifestDigest = (manifest: Manifest): string => sha256(canonical(manifest));
