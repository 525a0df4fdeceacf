// The whole log, recomputed (A8): every hash, every link, every personal digest, the canonical text of every line, the keys of its epochs, the
// Merkle root at every size that a signed head names, the manifests of its segments, and the digest of the saved state. Pure; one pass, streaming:
// pieces come from wherever they are (log-files.ts has them in order). Believes nothing it is not given.
//
// What it can not know: that the log is not cut at its end, where nothing signed is given that names the records behind the cut; that it is the log
// at all, where no key is given. Both are counted (`signed`, `outside`, `key`) and put in words by tell-verdict.ts.
import * as v from 'valibot';
import type { CheckpointFile } from '../ports.ts';
import { epochCertificate } from '../protocol/trail-nouns.ts';
import { genesis, hashOfText, personalDigest } from './chain.ts';
import { checkpointProblem, stateDigest } from './checkpoint-seal.ts';
import { EpochsMet } from './epochs-met.ts';
import { type HeadFile, HeadsMet } from './heads-met.ts';
import type { LogLine, LogPiece, SegmentBegins } from './log-files.ts';
import { type LineParts, type PlainRecord, plainLineOf } from './plain-line.ts';
import { manifestIn, peaksOf, SegmentsMet, tombstone } from './segments-met.ts';
import { emptyState } from './state.ts';
import { grown, leafOf, noPeaks, type Peaks } from './tree.ts';

/**
 * intact · purged: intact, and older segments are gone as recorded · altered: a record is not what was sealed, or is missing · torn: the last
 * line, which nobody was told is durable, is cut · anchor: the log is not the one that a signed head names · unreadable.
 */
export type Verdict = 'intact' | 'purged' | 'altered' | 'torn' | 'anchor' | 'unreadable';
export type Verification = {
  readonly verdict: Verdict;
  /** The first record that is not good, or is not there. */
  readonly seq?: number;
  readonly reason: string;
  /** Good records before that, those of purged segments among them. */
  readonly records: number;
  /** Records whose personal part was erased. */
  readonly erased: number;
  /** Records in purged segments: their manifests speak for them. */
  readonly purged: number;
  /** Epochs that began, the first among them. */
  readonly epochs: number;
  /** So many records are under a signature: of a head, or of the certificate of an epoch after them. */
  readonly signed: number;
  /** Heads that the log fits. */
  readonly heads: number;
  /** Those of them that do not come from beside the log. */
  readonly outside: number;
  /** Heads whose size lies inside a purged segment: signed by the right key; whether they were of this log can no longer be computed. */
  readonly unproven: number;
};
export type Expectations = {
  readonly chain?: string;
  /** The key that the first record is bound to, base64url (`keys/root.pub`). */
  readonly publicKey?: string;
  readonly heads?: readonly HeadFile[];
  readonly checkpoint?: CheckpointFile;
};

/** Nothing is wrong with the log. */
export const isWhole = (verdict: Verdict): boolean => verdict === 'intact' || verdict === 'purged';

/** 0 = intact or purged, 7 otherwise (TRUST §0). */
export const verifyExitCode = (verdict: Verdict): 0 | 7 => (isWhole(verdict) ? 0 : 7);

/** What is said of a log that could not be read. */
export const notVerified = (verdict: Verdict, reason: string): Verification => ({
  verdict,
  reason,
  records: 0,
  erased: 0,
  purged: 0,
  epochs: 0,
  signed: 0,
  heads: 0,
  outside: 0,
  unproven: 0,
});

/** Verifies pieces in order. Memory: one piece, and the heads and manifests. */
export async function verifyLines(pieces: AsyncIterable<LogPiece>, expected: Expectations = {}): Promise<Verification> {
  const check = new Check(expected);
  for await (const piece of pieces) {
    const wrong = 'first' in piece ? check.begin(piece) : check.takeAll(piece);
    if (wrong !== undefined) return wrong;
  }
  return check.finish();
}

class Check {
  #records = 0;
  #erased = 0;
  #certified = 0;
  #torn = false;
  #chain: string | undefined;
  #prev: string | undefined;
  #peaks: Peaks = noPeaks;
  readonly #expected: Expectations;
  readonly #heads: HeadsMet;
  readonly #epochs: EpochsMet;
  readonly #segments = new SegmentsMet();
  #sealed = false;
  /** Where a gateway said that it goes on from a backup. */
  #restored: number | undefined;
  #checkpointHash: string | undefined;

  constructor(expected: Expectations) {
    this.#expected = expected;
    this.#chain = expected.chain;
    this.#heads = new HeadsMet(expected.heads ?? []);
    this.#epochs = new EpochsMet(expected.publicKey);
  }

  #ends(verdict: Verdict, reason: string, seq?: number): Verification {
    return {
      verdict,
      ...(seq === undefined ? {} : { seq }),
      reason,
      records: this.#records,
      erased: this.#erased,
      purged: this.#segments.purged,
      epochs: this.#epochs.count,
      signed: Math.max(this.#certified, this.#heads.signed),
      heads: this.#heads.met,
      outside: this.#heads.outside,
      unproven: this.#heads.unproven,
    };
  }
  #altered = (reason: string, seq = this.#records): Verification => this.#ends('altered', reason, seq);

  #anchor(reason: string, seq: number): Verification {
    const restored = this.#restored === undefined ? '' : `; from record ${this.#restored} on the log goes on from a backup`;
    return this.#ends('anchor', `${reason}${restored}`, seq);
  }

  begin({ first, manifest: content, present }: SegmentBegins): Verification | undefined {
    // What is cut stands before more of the log: it was whole once.
    if (this.#torn) return this.#altered('its line is cut');
    const unfinished = this.#segments.unfinished;
    if (unfinished !== undefined) return this.#altered(`it is missing: its segment went up to record ${unfinished.last}`);
    if (content === undefined) return undefined;
    const said = manifestIn(content, first);
    if (typeof said === 'string') return this.#altered(said, first);
    if (said.first !== this.#records)
      return this.#altered(first > this.#records ? 'it is missing' : `a segment begins again at record ${first}`);
    if (said.prev !== this.#prevOf(said.chain, said.prev))
      return this.#altered('the manifest of its segment does not follow the record before it');
    if (present) {
      this.#segments.begin(said);
      return undefined;
    }
    // A log is purged from its beginning. Behind a gap in the middle nothing would hold what is before it: the manifest brings its own tree.
    if (this.#records !== this.#segments.purged) return this.#altered('its segment is missing, and older ones are there');
    this.#segments.gone(said);
    for (const certificate of said.epochs) {
      const wrong =
        certificate.size < said.first || certificate.size > said.last
          ? 'the manifest of its segment names an epoch that began elsewhere'
          : this.#epochs.begin(said.chain, certificate);
      if (wrong !== undefined) return this.#altered(wrong);
      this.#certified = certificate.size;
    }
    // Heads of sizes inside it: signed in their epoch; of its last record: by its tree too.
    for (let size = this.#heads.size; size !== undefined && size <= said.last; size = this.#heads.size) {
      const { epoch, publicKey } = this.#epochs.at(size - 1);
      const wrong = this.#heads.meet({ chain: said.chain, hash: '', epoch, key: publicKey, peaks: undefined });
      if (wrong !== undefined) return this.#ends('anchor', wrong, size - 1);
    }
    this.#records = said.last + 1;
    this.#prev = said.hash;
    this.#peaks = peaksOf(said);
    if (this.#expected.checkpoint?.seq === said.last) this.#checkpointHash = said.hash;
    return this.#meetHeads();
  }

  /** What `prev` of the next record is. Undefined = nobody said which key it begins with: whatever it says. */
  #prevOf(chain: string, claimed?: string): string | undefined {
    this.#chain ??= chain;
    const { publicKey } = this.#expected;
    return this.#prev ?? (publicKey === undefined ? claimed : genesis(chain, publicKey));
  }

  takeAll(lines: readonly LogLine[]): Verification | undefined {
    for (const { bytes, complete } of lines) {
      if (this.#torn) {
        // After a cut line nothing follows, except what a power cut leaves: more of nothing.
        if (complete && !holdsNothing(bytes)) return this.#altered('its line is cut');
        continue;
      }
      const parts = complete ? plainLineOf(bytes) : undefined;
      if (parts === undefined || (typeof parts === 'string' && holdsNothing(bytes))) {
        this.#torn = true;
        continue;
      }
      const wrong = typeof parts === 'string' ? this.#altered(parts) : this.#take(parts);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #take(parts: LineParts): Verification | undefined {
    const { record } = parts;
    const wrong = this.#chained(parts) ?? this.#personal(parts) ?? this.#epoch(record);
    if (wrong !== undefined) return this.#altered(wrong);
    this.#noteSeal(record);
    this.#segments.take(parts.recordText, record.ts);
    this.#prev = record.hash;
    this.#peaks = grown(this.#peaks, leafOf(record.hash));
    // The record is good in itself; what follows may not fit it.
    const other = this.#segments.ends(record.seq, record.hash, this.#peaks);
    if (other !== undefined) return this.#altered(other);
    this.#records += 1;
    return this.#meetHeads();
  }

  #meetHeads(): Verification | undefined {
    const size = this.#records;
    if (this.#heads.size !== size) return undefined;
    const { epoch, publicKey } = this.#epochs.at(size - 1);
    const wrong = this.#heads.meet({
      chain: this.#chain ?? '',
      hash: this.#prev ?? '',
      epoch,
      key: publicKey,
      peaks: this.#peaks,
    });
    if (wrong === undefined) return undefined;
    this.#records -= 1;
    return this.#anchor(wrong, size - 1);
  }

  #chained({ record, recordText }: LineParts): string | undefined {
    if (record.seq !== this.#records) return record.seq > this.#records ? 'it is missing' : `it is numbered ${record.seq}`;
    if (record.chain !== (this.#chain ?? record.chain)) return 'it belongs to another chain';
    const prev = this.#prevOf(record.chain, record.prev);
    if (record.prev !== prev) return record.seq === 0 ? 'it is not bound to this key' : 'it does not follow the record before it';
    return hashOfText(recordText, record.hash) === record.hash ? undefined : 'it does not have its hash';
  }

  #personal({ record, personal }: LineParts): string | undefined {
    if (personal === undefined) {
      if (record.personal !== undefined) this.#erased += 1;
      return undefined;
    }
    return personalDigest(personal.salt, personal.dataText) === record.personal
      ? undefined
      : 'its personal part does not have its digest';
  }

  /** An epoch begins with its certificate and with nothing else (A13). */
  #epoch(record: PlainRecord): string | undefined {
    if (record.type === 'epoch.began') {
      const certificate = v.safeParse(epochCertificate, record.data);
      if (!certificate.success) return 'its certificate is not shaped like one';
      const { size, hash, epoch, publicKey } = certificate.output;
      if (size !== record.seq || hash !== record.prev) return 'the records before it are not those that its certificate closes';
      const wrong = this.#epochs.begin(record.chain, certificate.output);
      if (wrong !== undefined) return wrong;
      this.#segments.epochBegan(epoch, publicKey);
      this.#certified = size;
    }
    const { epoch } = this.#epochs.now;
    return record.epoch === epoch ? undefined : `it says epoch ${record.epoch}, epoch ${epoch} is in force`;
  }

  #noteSeal(record: PlainRecord): void {
    if (record.type === 'segment.purged') {
      const stone = v.safeParse(tombstone, record.data);
      if (stone.success) this.#segments.bury(stone.output);
    }
    if (record.type === 'gateway.restored') this.#restored ??= record.seq;
    const { checkpoint } = this.#expected;
    if (checkpoint === undefined) return;
    if (record.seq === checkpoint.seq) this.#checkpointHash = record.hash;
    if (record.type === 'state.sealed' && record.data['seq'] === checkpoint.seq && record.data['digest'] === checkpoint.digest)
      this.#sealed = true;
  }

  finish(): Verification {
    const unaccounted = this.#segments.finish(this.#chain ?? '', this.#epochs);
    if (unaccounted !== undefined) return this.#ends('altered', unaccounted.reason, unaccounted.seq);
    const beyond = this.#beyond();
    if (beyond !== undefined) return this.#anchor(beyond, this.#records);
    const unfinished = this.#segments.unfinished;
    if (unfinished !== undefined) return this.#altered(`it is missing: its segment went up to record ${unfinished.last}`);
    const unreached = this.#segments.unreached(this.#epochs.count);
    if (unreached !== undefined)
      return this.#altered(`it is missing: a manifest is signed in epoch ${unreached}, the log ends before`);
    if (this.#torn) return this.#ends('torn', 'the last line has no end; nobody was told that it is durable', this.#records);
    const state = this.#stateProblem();
    if (state !== undefined) return this.#ends('altered', `the saved state: ${state}`);
    const { purged } = this.#segments;
    return purged === 0
      ? this.#ends('intact', 'every record has its hash and follows the one before it')
      : this.#ends(
          'purged',
          `${purged} records were purged, as their manifests and the log say; every other has its hash and follows the one before it`,
        );
  }

  /** What a head that names more than there is says. */
  #beyond(): string | undefined {
    const given = this.#heads.first;
    if (given === undefined) return undefined;
    const { head, from } = given;
    if (head.size === 0) return `the head (${from}) names no record`;
    if (this.#chain !== undefined && head.chain !== this.#chain) return `the signed head (${from}) is of another chain`;
    return `the signed head (${from}) names record ${head.size - 1}, the log ends before`;
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

/** Zeros where a line was going to be: what a power cut leaves. No line of ours holds one. */
const holdsNothing = (bytes: Uint8Array | string): boolean =>
  typeof bytes === 'string' ? bytes.includes('\0') : bytes.includes(0);
