// No core file of this process, whatever the limit it was started with (A42): its memory holds keys and seeds. By util-linux's `prlimit`, which Debian always
// has; elsewhere, or where it fails, whoever starts the gateway sets the limit (`LimitCORE=0`), and is told so.
import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import { promisify } from 'node:util';

/** True once no core file can be written. */
export async function forbidCoreDumps(): Promise<boolean> {
  if (await coreIsOff()) return true;
  await promisify(execFile)('prlimit', ['--pid', String(process.pid), '--core=0:0']).catch(() => undefined);
  return coreIsOff();
}

async function coreIsOff(): Promise<boolean> {
  const limits = await fs.readFile('/proc/self/limits', 'utf8').catch(() => '');
  return /^Max core file size\s+0\s+0\s/m.test(limits);
}
