// Whether what was remembered of a log is of this one: a restored backup, or a log rolled back, has another history from some record on.
import type { Log } from '../audit/commit.ts';

/** Whether record `seq` has this hash here. One that was purged cannot be asked, and is believed. */
export async function isOfThisLog(log: Log, { seq, hash }: { readonly seq: number; readonly hash: string }): Promise<boolean> {
  if (seq > log.settled.seq) return false;
  if (seq <= (log.settled.purged ?? -1)) return true;
  for await (const { record } of log.read(seq - 1)) return record.seq !== seq || record.hash === hash;
  return true;
}

/** What was purged is not there to be read: after this record the log goes on. */
export const readableAfter = (log: Log, seq: number): number => Math.max(seq, log.settled.purged ?? -1);
