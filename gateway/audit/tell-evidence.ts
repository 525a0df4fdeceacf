// What a verification of evidence says to people: one sentence, what it is of, and what it could not know. Pure.
import type { StoredHead } from '../protocol/trail-nouns.ts';
import type { EvidenceVerification } from './evidence.ts';

/**
 * The document of `audit verify --json` on evidence. `verdict`: intact (exit 0), altered, torn, anchor (exit 7). `line`: the first bad one, from 1; `seq` or
 * `chunk`: what stands there. `key`: given, or only from the file itself. `notes`: what this verdict does not prove.
 */
export type EvidenceDocument = Omit<EvidenceVerification, 'verdict'> & {
  readonly verdict: EvidenceVerification['verdict'] | 'anchor';
  readonly kind: 'evidence';
  readonly key: 'given' | 'file';
  readonly notes: readonly string[];
};

/** @param kept heads that an anchor or a witness kept; those of the sizes that the file speaks of must be of this log. */
export function evidenceDocument(
  found: EvidenceVerification,
  key: 'given' | 'file',
  kept: readonly StoredHead[] = [],
): EvidenceDocument {
  const { about } = found;
  if (found.verdict !== 'intact' || about === undefined) return { kind: 'evidence', ...found, key, notes: [] };
  const known = new Map([about.head, ...about.anchors].map(({ size, root }) => [size, root]));
  const compared = kept.filter((head) => 'root' in head && head.chain === about.chain && known.has(head.size));
  const other = compared.find((head) => 'root' in head && known.get(head.size) !== head.root);
  if (other !== undefined)
    return {
      kind: 'evidence',
      ...found,
      verdict: 'anchor',
      reason: `a head of ${other.size} records that was kept outside is of another log`,
      line: 1,
      key,
      notes: [],
    };
  return { kind: 'evidence', ...found, key, notes: notesOn(found, key, kept.length, compared.length) };
}

function notesOn({ about, recording }: EvidenceVerification, key: 'given' | 'file', kept: number, compared: number): string[] {
  const notes: string[] = [];
  if (key === 'file')
    notes.push(
      `The key came out of the file itself (${about?.rootKey ?? ''}): compare it with the one that was noted when the workspace was made, or give that: --key ROOTKEY.`,
    );
  const anchors = about?.anchors ?? [];
  if (compared > 0) notes.push(`Kept outside and of this log: ${count(compared, 'head')}.`);
  else if (kept > 0) notes.push('None of the heads given is of a size that this file speaks of: nothing was compared.');
  else if (anchors.length > 0)
    notes.push(
      `The gateway says that ${anchors.map(({ name, size }) => `${name} holds the first ${size} records`).join(' and ')}: ask there, and give what is held: --head FILE.`,
    );
  else
    notes.push(
      'Nothing outside vouches for it: whoever held the keys of the gateway then could have written another log (no anchors).',
    );
  if (recording !== undefined && !recording.whole)
    notes.push('The recording is what there was so far: the record of its end is not in the file.');
  return notes;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** The verdict in one line. */
export function evidenceSentence({
  verdict,
  reason,
  line,
  seq,
  chunk,
  records,
  erased,
  recording,
  chunks,
}: EvidenceDocument): string {
  if (verdict !== 'intact') {
    const what = seq === undefined ? (chunk === undefined ? '' : `, chunk ${chunk} of the recording`) : `, record ${seq}`;
    return `${verdict}${line === undefined ? '' : ` at line ${line}${what}`}: ${reason}`;
  }
  return [
    `intact: ${count(records, 'record')}`,
    ...(erased > 0 ? [`${erased} of them without their personal part, which was erased`] : []),
    ...(recording === undefined
      ? []
      : [`a recording of ${count(recording.bytes, 'byte')} in ${count(chunks, 'chunk')}${recording.whole ? '' : ' so far'}`]),
  ].join(', ');
}

/** What the file says it is; only for one whose first line is good. */
export function evidenceSays({ about }: EvidenceDocument): string | undefined {
  if (about === undefined) return undefined;
  const { asked, by, madeAt, head, product } = about;
  const of =
    'session' in asked
      ? `session ${asked.session}${asked.live ? ', which was live' : ''}`
      : asked.query === ''
        ? 'the whole log'
        : asked.query;
  return `${of}; made ${new Date(madeAt).toISOString()} for ${by.name} by ${product}, from a log of ${head.size} records`;
}
