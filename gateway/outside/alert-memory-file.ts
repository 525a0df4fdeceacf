// What the alerts remember (alerts.json), replaced whole. A file that cannot be read is as good as none: the log is gone through again.
import * as v from 'valibot';
import { type AlertStore, keptAlertMemory } from '../audit/alerts.ts';
import type { Chance } from '../ports.ts';
import type { Disk } from './disk.ts';
import { readWhole, writeDurably } from './durable-file.ts';

export function openAlertMemory(disk: Disk, chance: Chance, path: string): AlertStore {
  return {
    async read() {
      const bytes = await readWhole(disk, path);
      if (bytes === undefined) return undefined;
      try {
        // Our own file, and larger than what the parser of foreign JSON takes; the schema below knows every key.
        const held = v.safeParse(keptAlertMemory, JSON.parse(new TextDecoder().decode(bytes)));
        return held.success ? held.output : undefined;
      } catch {
        return undefined;
      }
    },
    write: (memory) => writeDurably(disk, chance, path, Buffer.from(JSON.stringify(memory))),
  };
}
