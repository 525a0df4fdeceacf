// The secrets that the vault keeps and a person could type: read as text, and only where they are one. Looked up again when the vault changed.
import type { Vault } from '../ports.ts';

/** A known secret is at least so long: shorter ones are also words. */
const leastCharacters = 8;

/** The secrets as they are now. */
export function knownSecrets(vault: Pick<Vault, 'names' | 'get'>): () => ReadonlySet<string> {
  let names: readonly string[] = [];
  let known: ReadonlySet<string> = new Set();
  return () => {
    const now = vault.names();
    if (now.length === names.length && now.every((name, i) => name === names[i])) return known;
    names = now;
    known = new Set(now.flatMap((name) => textOf(vault.get(name))));
    return known;
  };
}

function textOf(secret: Uint8Array | undefined): readonly string[] {
  if (secret === undefined || secret.length > 1000) return [];
  const text = Buffer.from(secret).toString('utf8');
  return text.length >= leastCharacters && /^[\x21-\x7e]+$/.test(text) ? [text] : [];
}
