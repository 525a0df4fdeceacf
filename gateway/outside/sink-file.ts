// Events as JSON lines at the end of a file. Taken = on the disk. The file is opened anew for each delivery, never through a link: one that was moved
// away (rotation) is begun again by the next.
//
// A kill in the middle of a write leaves a line without its end: the next delivery ends it first, and says its event again whole.
import { dirname } from 'node:path';
import type { Delivery, Receiver, SinkLine } from '../audit/sink.ts';
import { causeOf, type Disk } from './disk.ts';

const newline = 10;

export function openSinkFile(disk: Disk, path: string): Receiver {
  async function append(lines: readonly SinkLine[]): Promise<void> {
    const file = await disk.open(path, 'append');
    try {
      const size = await file.size();
      const torn = size > 0 && (await file.read(size - 1, 1))[0] !== newline;
      await file.write(Buffer.from(`${torn ? '\n' : ''}${lines.map(({ text }) => `${text}\n`).join('')}`));
      await file.datasync();
      if (size === 0) await disk.syncFolder(dirname(path));
    } finally {
      await file.close();
    }
  }
  return {
    deliver: (lines) =>
      append(lines).then(
        (): Delivery => ({ taken: true }),
        (error: unknown): Delivery => ({ taken: false, cause: causeOf(error), final: false }),
      ),
    close: async () => undefined,
  };
}
