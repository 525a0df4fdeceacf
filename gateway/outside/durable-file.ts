// One way to replace a small file (R7): a new file under a name nobody can guess, synced, renamed over the old one, folder synced. A reader
// and a power cut see the old content or the new, never a mixture.
import { dirname } from 'node:path';
import type { Chance } from '../ports.ts';
import { type Disk, errno } from './disk.ts';

/** Durable when it resolves; when it rejects the old content is still there. `keep` = path under which the old content stays too. */
export async function writeDurably(disk: Disk, chance: Chance, path: string, bytes: Uint8Array, keep?: string): Promise<void> {
  const fresh = await writeBeside(disk, chance, path, bytes);
  try {
    if (keep !== undefined) {
      const old = await readWhole(disk, path);
      if (old !== undefined) await disk.rename(await writeBeside(disk, chance, keep, old), keep);
    }
    await disk.rename(fresh, path);
  } catch (error) {
    await disk.remove(fresh).catch(() => undefined);
    throw error;
  }
  await disk.syncFolder(dirname(path));
}

async function writeBeside(disk: Disk, chance: Chance, path: string, bytes: Uint8Array): Promise<string> {
  const fresh = `${path}.${Buffer.from(chance.bytes(12)).toString('hex')}.tmp`;
  const file = await disk.open(fresh, 'new');
  try {
    await file.write(bytes);
    await file.datasync();
  } catch (error) {
    await disk.remove(fresh).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  return fresh;
}

/** A whole small file, or undefined if there is none. */
export async function readWhole(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  let file: Awaited<ReturnType<Disk['open']>>;
  try {
    file = await disk.open(path, 'read');
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

/** Removes what a killed writer of this path left behind. */
export async function sweepTemporary(disk: Disk, folder: string): Promise<void> {
  for (const name of await disk.list(folder))
    if (/\.[0-9a-f]{24}\.tmp$/.test(name)) await disk.remove(`${folder}/${name}`).catch(() => undefined);
}
