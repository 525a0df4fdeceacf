// One gateway a folder (A31). The lock is the kernel's, on an open file: it goes with the process, however that ends, so a file left behind
// neither protects nor blocks. Plain descriptors, because a FileHandle that nobody names any more is closed by the garbage collector, and the
// lock would go with it. Known limit: network file systems may not keep it.

import { close as closeFile, constants, open as openFile } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Result, refuse } from '../protocol/errors.ts';

// The package has no types of its own; this is the one place that names them.
const { tryLock, unlock } = createRequire(import.meta.url)('fs-native-extensions') as {
  readonly tryLock: (descriptor: number) => boolean;
  readonly unlock: (descriptor: number) => void;
};

const open = promisify(openFile);
const close = promisify(closeFile);

const lockName = 'gateway.lock';

export type FolderLock = { release(): Promise<void> };

/** Takes the folder. Error: `locked`. */
export async function lockFolder(folder: string): Promise<Result<FolderLock>> {
  const path = `${folder}/${lockName}`;
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  // Twice: a reader that asks whether a gateway runs holds the lock for a moment.
  if (!tryLock(file)) {
    await wait(50);
    if (!tryLock(file)) {
      await close(file);
      return refuse('locked', folder);
    }
  }
  return {
    ok: true,
    value: {
      release: async () => {
        unlock(file);
        await close(file);
      },
    },
  };
}

/** Whether a gateway holds the folder right now. Changes nothing; false when there is no lock file or it may not be opened. */
export async function isFolderLocked(folder: string): Promise<boolean> {
  let file: number;
  try {
    file = await open(`${folder}/${lockName}`, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    return false;
  }
  try {
    const free = tryLock(file);
    if (free) unlock(file);
    return !free;
  } finally {
    await close(file);
  }
}
