// One gateway a folder (A31). The lock is the kernel's, on an open file: it goes with the process, however that ends, so a file left behind
// neither protects nor blocks. Known limit: network file systems may not keep it.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { type Result, refuse } from '../protocol/errors.ts';

// The package has no types of its own; this is the one place that names them.
const { tryLock, unlock } = createRequire(import.meta.url)('fs-native-extensions') as {
  readonly tryLock: (descriptor: number) => boolean;
  readonly unlock: (descriptor: number) => void;
};

const lockName = 'gateway.lock';

export type FolderLock = { release(): Promise<void> };

/** Takes the folder. Error: `locked`. */
export async function lockFolder(folder: string): Promise<Result<FolderLock>> {
  const path = `${folder}/${lockName}`;
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  // Twice: a reader that asks whether a gateway runs holds the lock for a moment.
  if (!tryLock(file.fd)) {
    await wait(50);
    if (!tryLock(file.fd)) {
      await file.close();
      return refuse('locked', folder);
    }
  }
  return {
    ok: true,
    value: {
      release: async () => {
        unlock(file.fd);
        await file.close();
      },
    },
  };
}

/** Whether a gateway holds the folder right now. Changes nothing; false when there is no lock file or it may not be opened. */
export async function isFolderLocked(folder: string): Promise<boolean> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(`${folder}/${lockName}`, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    return false;
  }
  try {
    const free = tryLock(file.fd);
    if (free) unlock(file.fd);
    return !free;
  } finally {
    await file.close();
  }
}
