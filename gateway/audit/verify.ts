// The whole log, recomputed (A8): every hash, every link, every personal digest, the canonical text of every line, the head's signature and the
// digest of the saved state. Pure: lines come from wherever they are. Believes nothing it is not given.
import * as v from 'valibot';
import type { CheckpointFile, Head } from '../ports.ts';
import { maxJsonDepth } from '../protocol/json.ts';
import { canonical, genesis, hashOfText, personalDigest } from './chain.ts';
import { checkpointProblem, stateDigest } from './checkpoint-seal.ts';
import { headIsSigned } from './head.ts';
import { emptyState } from './state.ts';

/** One line of the log without its newline. `complete` = it had one. */
export type LogLine = { readonly bytes: Uint8Array | string; readonly complete: boolean };

/** intact · altered: a record is not what was sealed · torn: the last line is cut · anchor: the log is not the one its head or state names · unreadable. */
export type Verdict = 'intact' | 'altered' | 'torn' | 'anchor' | 'unreadable';
export type Verification = {
  readonly verdict: Verdict;
  /** The first record that is not good, or is not there. */
  readonly seq?: number;
  readonly reason: string;
  /** Good records before that. */
  readonly records: number;
  /** Records whose personal part was erased. */
  readonly erased: number;
};
export type Expectations = {
  readonly chain?: string;
  /** The gateway's key, base64url: the first record is bound to it and the head signed by it. */
  readonly publicKey?: string;
  readonly head?: Head;
  readonly checkpoint?: CheckpointFile;
};

/** 0 = intact, 7 otherwise (DESIGN §4). */
export const verifyExitCode = (verdict: Verdict): number => (verdict === 'intact' ? 0 : 7);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Verifies lines in order, in batches. Memory: one batch. */
export async function verifyLines(
  batches: AsyncIterable<readonly LogLine[]>,
  expected: Expectations = {},
): Promise<Verification> {
  const check = new Check(expected);
  const unsigned = check.headProblem();
  if (unsigned !== undefined) return check.ends('anchor', unsigned);
  for await (const lines of batches)
    for (const line of lines) {
      if (!line.complete) return check.ends('torn', 'the last line has no end', check.records);
      const reason = check.take(line.bytes);
      if (reason !== undefined) return check.ends(check.anchored ? 'anchor' : 'altered', reason, check.records);
    }
  return check.finish();
}

class Check {
  records = 0;
  erased = 0;
  /** The problem found is one with the head, not with a record in itself. */
  anchored = false;
  readonly #expected: Expectations;
  #chain: string | undefined;
  #prev: string | undefined;
  #sealed = false;
  #checkpointHash: string | undefined;

  constructor(expected: Expectations) {
    this.#expected = expected;
    this.#chain = expected.chain;
  }

  ends(verdict: Verdict, reason: string, seq?: number): Verification {
    return { verdict, ...(seq === undefined ? {} : { seq }), reason, records: this.records, erased: this.erased };
  }

  headProblem(): string | undefined {
    const { head, publicKey } = this.#expected;
    if (head === undefined || publicKey === undefined) return undefined;
    return headIsSigned(head, publicKey) ? undefined : 'the head is not signed by this gateway';
  }

  /** What is wrong with the next line, or undefined. */
  take(bytes: Uint8Array | string): string | undefined {
    let text: string;
    try {
      text = typeof bytes === 'string' ? bytes : utf8.decode(bytes);
    } catch {
      return 'it is not UTF-8';
    }
    const line = readCanonical(text);
    if (typeof line === 'string') return line;
    const parts = partsOf(line, text);
    if (typeof parts === 'string') return parts;
    const wrong = this.#chained(parts) ?? this.#personal(parts);
    if (wrong !== undefined) return wrong;
    this.#prev = parts.record.hash;
    this.#noteSeal(parts.record);
    const { head } = this.#expected;
    if (head !== undefined && head.size === this.records + 1 && head.hash !== parts.record.hash) {
      this.anchored = true;
      return 'it is not the record that the signed head names';
    }
    this.records += 1;
    return undefined;
  }

  #chained({ record, recordText }: LineParts): string | undefined {
    if (record.seq !== this.records) return `it is numbered ${record.seq}`;
    this.#chain ??= record.chain;
    if (record.chain !== this.#chain) return 'it belongs to another chain';
    const { publicKey } = this.#expected;
    const prev = this.#prev ?? (publicKey === undefined ? record.prev : genesis(record.chain, publicKey));
    if (record.prev !== prev) return 'it does not follow the record before it';
    return hashOfText(recordText, record.hash) === record.hash ? undefined : 'it does not have its hash';
  }

  #personal({ record, personal }: LineParts): string | undefined {
    if (personal === undefined) {
      if (record.personal !== undefined) this.erased += 1;
      return undefined;
    }
    return personalDigest(personal.salt, personal.dataText) === record.personal
      ? undefined
      : 'its personal part does not have its digest';
  }

  #noteSeal(record: PlainRecord): void {
    const { checkpoint } = this.#expected;
    if (checkpoint === undefined) return;
    if (record.seq === checkpoint.seq) this.#checkpointHash = record.hash;
    if (record.type === 'state.sealed' && record.data['seq'] === checkpoint.seq && record.data['digest'] === checkpoint.digest)
      this.#sealed = true;
  }

  finish(): Verification {
    const { head } = this.#expected;
    if (head !== undefined && head.size > this.records)
      return this.ends('anchor', `the signed head names record ${head.size - 1}, the log ends before`, this.records);
    if (head !== undefined && this.#chain !== undefined && head.chain !== this.#chain)
      return this.ends('anchor', 'the signed head is of another chain');
    const state = this.#stateProblem();
    if (state !== undefined) return this.ends('altered', `the saved state: ${state}`);
    return this.ends('intact', 'every record has its hash and follows the one before it');
  }

  #stateProblem(): string | undefined {
    const { checkpoint } = this.#expected;
    if (checkpoint === undefined) return undefined;
    const inItself = checkpointProblem(checkpoint);
    if (inItself !== undefined) return inItself;
    if (checkpoint.seq === -1)
      return checkpoint.digest === stateDigest(emptyState()) ? undefined : 'it claims to be empty and is not';
    if (this.#checkpointHash === undefined) return `it is of record ${checkpoint.seq}, which the log does not have`;
    if (this.#checkpointHash !== checkpoint.hash) return `it is of another record ${checkpoint.seq}`;
    return this.#sealed ? undefined : 'the log does not carry its digest';
  }
}

// Only what the chain rests on is read here; that data fits its type is the business of the fold.
const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const plainLine = v.strictObject({
  record: v.looseObject({
    seq: v.number(),
    chain: v.string(),
    type: v.string(),
    data: v.record(v.string(), v.unknown()),
    personal: v.optional(hex),
    prev: hex,
    hash: hex,
  }),
  personal: v.optional(v.strictObject({ salt: v.string(), data: v.record(v.string(), v.unknown()) })),
});
type PlainRecord = v.InferOutput<typeof plainLine>['record'];
type LineParts = {
  readonly record: PlainRecord;
  readonly recordText: string;
  readonly personal: { readonly salt: string; readonly dataText: string } | undefined;
};

/** The value of a canonical JSON text, or what is wrong with the text. */
function readCanonical(text: string): object | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'it is not a record';
  if (!isOrderly(value, 0)) return 'it holds a key, number or depth that no record has';
  // Text that comes back as it went in has no spaces, no key twice, and numbers and strings in their one form.
  if (JSON.stringify(value) === text && !/\\ud[89a-f]/i.test(text)) return value;
  // Names that look like numbers come back in another order, and an escaped backslash may stand before "ud8": look closely.
  try {
    if (canonical(value) === text) return value;
  } catch {
    // falls through: it holds what has no canonical form
  }
  return 'its text is not in canonical form';
}

/** Whole numbers, keys in order, no `__proto__`, bounded depth. */
function isOrderly(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth > maxJsonDepth) return false;
  if (Array.isArray(value)) return value.every((member) => isOrderly(member, depth + 1));
  let before: string | undefined;
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__' || !isOrderly(member, depth + 1)) return false;
    if (before !== undefined && key <= before && !/^\d+$/.test(before)) return false;
    before = key;
  }
  return true;
}

/** The texts inside a canonical line that hashes are taken over: slices of it, because it is canonical. */
function partsOf(line: object, text: string): LineParts | string {
  const parsed = v.safeParse(plainLine, line);
  if (!parsed.success) return 'it is not shaped like a record';
  const { record, personal } = parsed.output;
  if (personal === undefined) return { record, recordText: text.slice('{"record":'.length, -1), personal: undefined };
  const shape = '{"personal":';
  const plain = JSON.stringify(personal);
  // Of a canonical text the parts are canonical too; only names that look like numbers come out of JSON.stringify in another order.
  const personalText = text.startsWith(`${plain},"record":`, shape.length) ? plain : canonical(personal);
  const afterData = `,"salt":${JSON.stringify(personal.salt)}}`;
  return {
    record,
    recordText: text.slice(shape.length + personalText.length + ',"record":'.length, -1),
    personal: { salt: personal.salt, dataText: personalText.slice('{"data":'.length, -afterData.length) },
  };
}
