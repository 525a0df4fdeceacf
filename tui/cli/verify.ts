// A copy of the log, verified here and offline with the gateway's own pure verifier: one file of lines, or a folder of them in the order of
// their names. The copy is checked against itself; head, key and saved state are the gateway's to check (`sallyport-gateway verify`).
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogLine, type Verification, verifyLines } from '../../gateway/audit/verify.ts';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';

/** A line longer than this is none of ours. */
const mostLineBytes = 4 * 1024 * 1024;

/** Errors: `not-found` where there is no log. */
export async function verifyCopy(path: string): Promise<Result<Verification>> {
  const files = await logFiles(path);
  if (files.length === 0) return refuse('not-found', `${path} holds no log`);
  return { ok: true, value: await verifyLines(linesOf(files)) };
}

async function logFiles(path: string): Promise<readonly string[]> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return [];
  if (!facts.isDirectory()) return [path];
  for (const folder of [path, join(path, 'audit'), join(path, 'log')]) {
    const names = await readdir(folder).catch(() => []);
    const found = names.filter((name) => /^\d+-.*\.jsonl$/.test(name)).sort();
    if (found.length > 0) return found.map((name) => join(folder, name));
  }
  return [];
}

async function* linesOf(files: readonly string[]): AsyncGenerator<readonly LogLine[]> {
  for (const file of files) {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
      const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const lines: LogLine[] = [];
      let at = 0;
      for (let end = bytes.indexOf(0x0a, at); end >= 0; end = bytes.indexOf(0x0a, at)) {
        lines.push({ bytes: bytes.subarray(at, end), complete: true });
        at = end + 1;
      }
      rest = bytes.subarray(at);
      yield lines;
      if (rest.length > mostLineBytes) break;
    }
    if (rest.length > 0) yield [{ bytes: rest, complete: false }];
  }
}
