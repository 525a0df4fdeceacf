// The files of a data folder that the log proves itself with: head.json, the keys of epochs, the tree.
import type { Chance, EpochKeys, Heads, Signer, TreeStore } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { dataFolder } from './data-folder.ts';
import { causeOf, type Disk } from './disk.ts';
import { openEpochKeys } from './epoch-keys.ts';
import { openHeads } from './heads.ts';
import { openTreeFile } from './tree-file.ts';

export type TrailFiles = { readonly heads: Heads; readonly keys: EpochKeys; readonly tree: TreeStore };

/** Opens them; the audit folder is there (openJournal). Errors: epoch-key, audit-unavailable. */
export async function openTrailFiles(
  disk: Disk,
  chance: Chance,
  folder: ReturnType<typeof dataFolder>,
  signer: Signer,
): Promise<Result<TrailFiles>> {
  try {
    const keys = await openEpochKeys(disk, chance, folder, signer);
    if (!keys.ok) return keys;
    return fine({ heads: openHeads(disk, chance, folder.head), keys: keys.value, tree: await openTreeFile(disk, folder.tree) });
  } catch (error) {
    return refuse('audit-unavailable', causeOf(error));
  }
}
