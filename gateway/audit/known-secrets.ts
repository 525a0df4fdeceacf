// The secrets that the vault keeps and a person could type: read as text, and only where they are one. Looked up again when the vault changed.
import type { Vault } from '../ports.ts';

/** A known secret is at least so long: shorter ones are also words. */
const leastCharacters = 8;

/** The secrets as they are now. */
export function knownSecrets(vault: Pick<Vault, 'names' | 'get' | 'mark'>): () => ReadonlySet<string> {
  const held = new Map<string, { readonly mark: string | undefined; readonly texts: readonly string[] }>();
  let known: ReadonlySet<string> = new Set();
  return () => {
    const names = vault.names();
    let changed = false;
    for (const name of names) {
      const mark = vault.mark?.(name);
      const had = held.get(name);
      if (had !== undefined && had.mark === mark) continue;
      held.set(name, { mark, texts: textOf(vault.get(name)) });
      changed = true;
    }
    if (held.size > names.length) {
      const there = new Set(names);
      for (const name of held.keys()) if (!there.has(name)) held.delete(name);
      changed = true;
    }
    if (changed) known = new Set([...held.values()].flatMap(({ texts }) => texts));
    return known;
  };
}

function textOf(secret: Uint8Array | undefined): readonly string[] {
  if (secret === undefined || secret.length > 1000) return [];
  const text = Buffer.from(secret).toString('utf8');
  return text.length >= leastCharacters && /^[\x21-\x7e]+$/.test(text) ? [text] : [];
}
