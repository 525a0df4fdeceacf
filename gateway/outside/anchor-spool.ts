// Heads that wait for anchors, and what each anchor took last: in memory, and in the data folder so that neither a stop nor a crash loses one. A head that was
// delivered just before a crash is delivered again. Beyond a week of minutes every second of those that wait is left out, but never the
// oldest or the newest: a head vouches for everything before it.
import * as v from 'valibot';
import type { Taken } from '../audit/anchor.ts';
import type { Chance } from '../ports.ts';
import { fitJson } from '../protocol/json.ts';
import { count, instant } from '../protocol/nouns.ts';
import { digest, type Head, head as headSchema } from '../protocol/trail-nouns.ts';
import type { Disk, DiskFile } from './disk.ts';
import { readWhole, writeDurably } from './durable-file.ts';

/** Heads kept at most: a week, one a minute. */
const spoolMost = 7 * 24 * 60;
/** The file is written anew when so many of its lines are of no use any more. */
const spareLines = 256;

const takenSchema = v.record(
  v.string(),
  v.strictObject({ size: count, root: digest, at: instant, late: v.optional(v.boolean()) }),
);
/** `late`: that it is behind was told. */
export type Noted = Taken & { readonly late?: boolean | undefined };

export interface AnchorSpool {
  /** Oldest first. */
  readonly heads: readonly Head[];
  readonly taken: Readonly<Record<string, Noted>>;
  /** Resolves when it is durable; rejects when the disk fails, and keeps it in memory all the same. */
  add(head: Head): Promise<void>;
  /** What an anchor took; heads that all of `names` have are forgotten. Rejects as `add` does. */
  note(name: string, noted: Noted, names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What stands in the folder; nothing is changed. */
export async function readSpool(disk: Disk, folder: string): Promise<Pick<AnchorSpool, 'heads' | 'taken'>> {
  return { heads: await readHeads(disk, `${folder}/waiting.jsonl`), taken: await readTaken(disk, `${folder}/taken.json`) };
}

/** @param folder made if it is not there. What stands there and cannot be read counts as not there: the anchors themselves say what they hold. */
export async function openAnchorSpool(disk: Disk, chance: Chance, folder: string, most = spoolMost): Promise<AnchorSpool> {
  const waitingPath = `${folder}/waiting.jsonl`;
  const takenPath = `${folder}/taken.json`;
  await disk.makeFolder(folder);
  let { heads, taken } = await readSpool(disk, folder);
  let file: DiskFile | undefined;
  /** Lines in the file; more than it holds so far makes it written anew. */
  let lines = Number.POSITIVE_INFINITY;
  let turn: Promise<unknown> = Promise.resolve();

  const lineOf = (head: Head): string => `${JSON.stringify(head)}\n`;
  async function rewrite(): Promise<void> {
    await file?.close();
    file = undefined;
    const kept = heads;
    await writeDurably(disk, chance, waitingPath, Buffer.from(kept.map(lineOf).join('')));
    file = await disk.open(waitingPath, 'append');
    lines = kept.length;
  }
  async function append(head: Head): Promise<void> {
    if (file === undefined || lines > heads.length + spareLines) return rewrite();
    try {
      await file.write(Buffer.from(lineOf(head)));
      await file.datasync();
      lines += 1;
    } catch (error) {
      // What is in the file now is not known.
      lines = Number.POSITIVE_INFINITY;
      throw error;
    }
  }
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };

  return {
    get heads() {
      return heads;
    },
    get taken() {
      return taken;
    },
    add(head) {
      heads = [...heads, head];
      if (heads.length > most) {
        heads = heads.filter((_, at) => at % 2 === 0 || at === heads.length - 1);
        return inTurn(rewrite);
      }
      return inTurn(() => append(head));
    },
    note(name, noted, names) {
      taken = { ...taken, [name]: noted };
      const least = Math.min(...names.map((one) => taken[one]?.size ?? 0));
      heads = heads.filter(({ size }) => size > least);
      return inTurn(async () => {
        await writeDurably(disk, chance, takenPath, Buffer.from(`${JSON.stringify(taken)}\n`));
        if (lines > heads.length + spareLines) await rewrite();
      });
    },
    async close() {
      await turn;
      await file?.close();
      file = undefined;
    },
  };
}

async function readHeads(disk: Disk, path: string): Promise<readonly Head[]> {
  const text = Buffer.from((await readWhole(disk, path)) ?? []).toString();
  return text.split('\n').flatMap((line) => {
    const fitted = fitJson(headSchema, line);
    return fitted.ok ? [fitted.value] : [];
  });
}

async function readTaken(disk: Disk, path: string): Promise<Readonly<Record<string, Noted>>> {
  const fitted = fitJson(takenSchema, Buffer.from((await readWhole(disk, path)) ?? []).toString());
  return fitted.ok ? fitted.value : {};
}
