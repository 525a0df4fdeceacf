// How far a sink has been fed, in a small file of its own (`sinks/NAME.json`): replaced whole, durable before the next line is sent.
import * as v from 'valibot';
import type { SinkCursor } from '../audit/sink.ts';
import type { Chance } from '../ports.ts';
import { fitJson } from '../protocol/json.ts';
import { digest } from '../protocol/trail-nouns.ts';
import type { Disk } from './disk.ts';
import { readWhole, writeDurably } from './durable-file.ts';

/** −1 and no hash: before the first record. */
const place = v.strictObject({
  version: v.literal(1),
  seq: v.pipe(v.number(), v.integer(), v.minValue(-1)),
  hash: v.union([digest, v.literal('')]),
  late: v.boolean(),
});

/** A file that holds no place is as good as none: what was sent is sent again, and known again by its number. */
export function openSinkCursor(disk: Disk, chance: Chance, path: string): SinkCursor {
  return {
    async read() {
      const bytes = await readWhole(disk, path);
      if (bytes === undefined) return undefined;
      const held = fitJson(place, new TextDecoder().decode(bytes));
      return held.ok ? { seq: held.value.seq, hash: held.value.hash, late: held.value.late } : undefined;
    },
    write: ({ seq, hash, late }) =>
      writeDurably(disk, chance, path, Buffer.from(`${JSON.stringify({ version: 1, seq, hash, late })}\n`)),
  };
}
