// head.json: the newest signed head, beside the log. Replaced durably each time.
import * as v from 'valibot';
import type { Chance, Heads } from '../ports.ts';
import { type StoredHead, storedHead } from '../protocol/trail-nouns.ts';
import type { Disk } from './disk.ts';
import { readWhole, writeDurably } from './durable-file.ts';

/** The head in a file, or undefined without one. @throws when the file holds something else. */
export async function readHead(disk: Disk, path: string): Promise<StoredHead | undefined> {
  const bytes = await readWhole(disk, path);
  return bytes === undefined ? undefined : v.parse(storedHead, JSON.parse(Buffer.from(bytes).toString()));
}

/** What a power cut or a bad sector leaves is no JSON. JSON that is no head was written by somebody. @throws for the latter. */
function headIn(bytes: Uint8Array): StoredHead | 'unreadable' {
  let said: unknown;
  try {
    said = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return 'unreadable';
  }
  return v.parse(storedHead, said);
}

export const openHeads = (disk: Disk, chance: Chance, path: string): Heads => ({
  read: async () => {
    const bytes = await readWhole(disk, path);
    return bytes === undefined ? undefined : headIn(bytes);
  },
  write: (head) => writeDurably(disk, chance, path, Buffer.from(`${JSON.stringify(head)}\n`)),
});
