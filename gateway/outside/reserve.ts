// A file of nothing beside the log, given up when the disk is full, so that the last events still fit (R4): that sessions ended, and why. It holds
// bytes of chance, so that no file system keeps it as less than it is. Made again when there is room.
import type { Chance } from '../ports.ts';
import type { Disk } from './disk.ts';

export interface Reserve {
  /** Gives up its bytes; false when there are none to give. Never rejects. */
  give(): Promise<boolean>;
  /** Makes it, unless it is there or would bring the disk below `floor` free bytes. Never rejects: it is tried again. */
  make(floor: number): Promise<void>;
}

type Options = { readonly disk: Disk; readonly chance: Chance; readonly folder: string; readonly bytes: number };

const name = 'reserve';
const pieceBytes = 1024 * 1024;

export function openReserve({ disk, chance, folder, bytes }: Options): Reserve {
  const path = `${folder}/${name}`;
  const fresh = `${path}.${Buffer.from(chance.bytes(12)).toString('hex')}.tmp`;

  async function fill(): Promise<void> {
    const piece = chance.bytes(Math.min(pieceBytes, bytes));
    const file = await disk.open(fresh, 'new');
    try {
      for (let written = 0; written < bytes; written += piece.length) await file.write(piece.slice(0, bytes - written));
      await file.datasync();
    } finally {
      await file.close();
    }
    await disk.rename(fresh, path);
    await disk.syncFolder(folder);
  }

  return {
    async give() {
      try {
        if (!(await disk.list(folder)).includes(name)) return false;
        await disk.remove(path);
        await disk.syncFolder(folder);
        return true;
      } catch {
        return false;
      }
    },
    async make(floor) {
      if (bytes === 0) return;
      try {
        if ((await disk.list(folder)).includes(name) || (await disk.freeBytes(folder)) < floor + bytes) return;
        await fill();
      } catch {
        await disk.remove(fresh).catch(() => undefined);
      }
    },
  };
}
