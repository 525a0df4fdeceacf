// Where a script's tail goes on: the number of the last record it printed, in a file of its own. It is stored after the record was printed, so whatever
// ends the tail, a record may come twice and none is missed; who counts by `seq` has each exactly once. Not synced: a power cut may bring back an older one.
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fitJson } from '../../gateway/protocol/json.ts';
import { count } from '../../gateway/protocol/nouns.ts';

const cursorFile = v.strictObject({ seq: v.pipe(v.number(), v.integer(), v.minValue(-1)), query: v.string() });

export type TailCursor = {
  /** The last record printed; −1 = none. */
  readonly seq: number;
  store(seq: number): Promise<void>;
};

/** The cursor of a file; −1 where there is none yet. Errors: `usage` (another query's, or not a cursor). */
export async function openCursor(path: string, query: string): Promise<Result<TailCursor>> {
  let seq = -1;
  try {
    const read = fitJson(cursorFile, await readFile(path, 'utf8'));
    if (!read.ok) return refuse('usage', `${path} is not the cursor of a tail`);
    if (read.value.query !== query) return refuse('usage', `${path} is the cursor of another query: ${read.value.query}`);
    seq = read.value.seq;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) return refuse('usage', `${path} cannot be read`);
  }
  return {
    ok: true,
    value: {
      seq,
      async store(at) {
        const passing = `${path}.${randomBytes(6).toString('hex')}.tmp`;
        try {
          await writeFile(passing, `${JSON.stringify({ seq: at, query })}\n`, { mode: 0o600, flag: 'wx' });
          await rename(passing, path);
        } catch (cause) {
          await rm(passing, { force: true });
          throw cause;
        }
      },
    },
  };
}

/** A whole number of a flag. */
export function wholeNumber(flag: string, given: string | undefined): Result<number | undefined> {
  if (given === undefined) return { ok: true, value: undefined };
  return /^\d{1,15}$/.test(given) && v.is(count, Number(given))
    ? { ok: true, value: Number(given) }
    : refuse('usage', `${flag} is a whole number`);
}
