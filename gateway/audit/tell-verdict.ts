// What a verification says to people: one sentence, and what it could not know. Pure; both programs that verify print this.
import { isWhole, type Verification } from './verify.ts';

/** given · beside: found with the log, on the same machine · none. */
export type KeyFrom = 'given' | 'beside' | 'none';

/**
 * The document of `verify --json`. `verdict`: intact, purged (exit 0), altered, torn, anchor, unreadable (exit 7). `seq`: the first bad or
 * missing record; `reason`: why, in plain words. `records`: good ones before it, `purged` of them in segments that are gone as recorded,
 * `erased` without their personal part. `epochs` began; `signed` records are under a signature; `heads` fitted, `outside` of them from outside,
 * `unproven` of them inside purged segments. `key`: where the key came from. `notes`: what this verdict does not prove.
 */
export type VerdictDocument = Verification & { readonly key: KeyFrom; readonly notes: readonly string[] };

export const verdictDocument = (found: Verification, key: KeyFrom): VerdictDocument => ({
  ...found,
  key,
  notes: notesOn(found, key),
});

const records = (n: number): string => (n === 1 ? '1 record' : `${n} records`);

/** One line: the verdict, how many records, and the first bad one. */
export function verdictLine({ verdict, seq, reason, records: good, purged, erased }: Verification): string {
  if (!isWhole(verdict)) return `${verdict}${seq === undefined ? '' : ` at record ${seq}`}: ${reason}`;
  const asides = [
    ...(purged > 0 ? [`${purged} of them purged as recorded`] : []),
    ...(erased > 0 ? [`${erased} of them without their personal part, which was erased`] : []),
  ];
  return [`${verdict}: ${records(good)}`, ...asides].join(', ');
}

function notesOn({ verdict, records: good, signed, outside, unproven }: Verification, key: KeyFrom): readonly string[] {
  if (!isWhole(verdict)) return [];
  const notes: string[] = [];
  if (key === 'beside')
    notes.push('The key came from the same machine as the log. The one noted at init shows that it is the same log: --key KEY.');
  if (key === 'none') notes.push('No key was given: whether this gateway wrote it was not looked at (--key KEY).');
  if (outside === 0)
    notes.push(
      'Nothing outside was asked: whether its end was cut and written anew only an anchor or a witness knows (--head FILE).',
    );
  if (signed < good) notes.push(`The last ${records(good - signed)} are not under a signature yet.`);
  if (unproven > 0) notes.push(`${unproven} heads are of sizes inside purged segments: only their signatures were checked.`);
  return notes;
}
