// head.json: the newest signed head, beside the log. Replaced durably each time.
import * as v from 'valibot';
import { headFile, headStatement } from '../audit/head.ts';
import type { Chance, Clock, Head, Heads, Signer } from '../ports.ts';
import type { Disk } from './disk.ts';
import { readWhole, writeDurably } from './durable-file.ts';

/** The head in a file, or undefined without one. @throws when the file holds something else. */
export async function readHead(disk: Disk, path: string): Promise<Head | undefined> {
  const bytes = await readWhole(disk, path);
  return bytes === undefined ? undefined : v.parse(headFile, JSON.parse(Buffer.from(bytes).toString()));
}

export function openHeads(disk: Disk, chance: Chance, clock: Clock, signer: Signer, path: string): Heads {
  return {
    read: () => readHead(disk, path),
    write: async (record) => {
      const head = { chain: record.chain, size: record.seq + 1, hash: record.hash, ts: clock.now() };
      const signed: Head = { ...head, signature: signer.sign(headStatement(head)) };
      await writeDurably(disk, chance, path, Buffer.from(`${JSON.stringify(signed)}\n`));
    },
  };
}
