// An evidence file, recomputed line by line (M10): whoever has it needs no account, no network and none of our data. Each line stands or falls by
// itself, so the first that is not what was given is named. Pure; lines come from wherever they are, memory is one line.
//
// What it cannot say: whether the gateway gave all that fits what was asked. That is its word, signed (AUDITOR.md).
import { createHash, hash as digestOf } from 'node:crypto';
import * as v from 'valibot';
import type { CastFrame } from '../ports.ts';
import type { EpochCertificate, Head } from '../protocol/trail-nouns.ts';
import { type ChunkHeader, rootOf as castRootOf, chunkHash, openChunk, readHeader } from '../session/cast-chunk.ts';
import { canonical, hashOfText, personalDigest } from './chain.ts';
import { type EpochKey, isSigned, nextEpoch } from './epoch.ts';
import {
  aboutStatement,
  type EvidenceAbout,
  type EvidenceLine,
  endStatement,
  evidenceLine,
  exactBase64,
} from './evidence-lines.ts';
import { headIsSigned } from './head.ts';
import type { LogLine } from './log-files.ts';
import { readCanonical } from './plain-line.ts';
import { consistencyHolds, inclusionHolds } from './tree.ts';

/** No line of ours is longer: a chunk is at most 16 MiB, sealed. */
export const mostEvidenceLine = 24 * 1024 * 1024;

export type EvidenceVerification = {
  /** intact · altered: a line is not what was given · torn: the file is cut. */
  readonly verdict: 'intact' | 'altered' | 'torn';
  readonly reason: string;
  /** The first bad line, counted from 1; which record or chunk stands there, as far as it can be read. */
  readonly line?: number;
  readonly seq?: number;
  readonly chunk?: number;
  /** Good records and chunks before that. */
  readonly records: number;
  readonly chunks: number;
  /** Records whose personal part was erased. */
  readonly erased: number;
  /** What the file says of itself; absent when its first line is not good. */
  readonly about?: EvidenceAbout;
  /** `whole`: up to the root that `recording.closed` names; otherwise what was there so far. */
  readonly recording?: { readonly id: string; readonly bytes: number; readonly whole: boolean };
};

/** A good line, as far as somebody wants more than the verdict. */
export type EvidenceItem =
  | { readonly kind: 'record'; readonly seq: number; readonly type: string }
  | { readonly kind: 'recording'; readonly id: string; readonly key: Uint8Array }
  | { readonly kind: 'chunk'; readonly header: ChunkHeader; readonly frames: readonly CastFrame[] };

export type EvidenceExpectations = {
  /** What the first record is bound to, from outside. Without it the file is only checked against itself. */
  readonly rootKey?: string;
  /** Told of each good line. `line` counts from 1. */
  readonly onItem?: (item: EvidenceItem, line: number) => void;
};

/** Verifies lines in order, in batches. */
export async function verifyEvidence(
  batches: AsyncIterable<readonly LogLine[]>,
  expected: EvidenceExpectations = {},
): Promise<EvidenceVerification> {
  const check = new EvidenceCheck(expected);
  for await (const lines of batches)
    for (const { bytes, complete } of lines) {
      if (!complete) return check.ends('torn', 'the line has no end', check.lines + 1);
      const reason = check.take(bytes);
      if (reason !== undefined) return check.ends('altered', reason, check.lines + 1);
    }
  return check.finish();
}

/** Whether a file that begins so means to be evidence, also where a bit of it is flipped; says nothing of its truth. */
export const isEvidence = (beginning: string): boolean =>
  !/^\{"(record|personal)"/.test(beginning) && /"(anchors|asked)":/.test(beginning);

type Line<K extends EvidenceLine['kind']> = Extract<EvidenceLine, { readonly kind: K }>;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class EvidenceCheck {
  lines = 0;
  readonly #expected: EvidenceExpectations;
  readonly #body = createHash('sha256');
  #about: EvidenceAbout | undefined;
  /** By epoch: its key, and the first record of it. */
  #keys: EpochKey[] = [];
  #from: number[] = [];
  #records = 0;
  #erased = 0;
  #lastSeq = -1;
  /** What records said of recordings. */
  readonly #opened = new Map<string, string>();
  readonly #closed = new Map<string, { readonly root: unknown; readonly chunks: unknown }>();
  #recording: { readonly id: string; readonly key: Uint8Array; hash: string; chunks: number; bytes: number } | undefined;
  #over = false;
  #at: { readonly seq?: number; readonly chunk?: number } = {};

  constructor(expected: EvidenceExpectations) {
    this.#expected = expected;
  }

  ends(verdict: EvidenceVerification['verdict'], reason: string, line?: number): EvidenceVerification {
    const recording = this.#recording;
    return {
      verdict,
      reason,
      ...(line === undefined ? {} : { line }),
      ...this.#at,
      records: this.#records,
      chunks: recording?.chunks ?? 0,
      erased: this.#erased,
      ...(this.#about === undefined ? {} : { about: this.#about }),
      ...(recording === undefined
        ? {}
        : {
            recording: {
              id: recording.id,
              bytes: recording.bytes,
              whole: this.#closed.get(recording.id)?.root === recording.hash,
            },
          }),
    };
  }

  finish(): EvidenceVerification {
    if (!this.#over) return this.ends('torn', 'the file ends before its last line', this.lines + 1);
    return this.ends('intact', 'every line is what was given');
  }

  /** What is wrong with the next line, or undefined. */
  take(bytes: Uint8Array | string): string | undefined {
    this.#at = {};
    if (this.#over) return 'something stands after the end';
    if (bytes.length > mostEvidenceLine) return 'it is longer than any line of ours';
    let text: string;
    try {
      text = typeof bytes === 'string' ? bytes : utf8.decode(bytes);
    } catch {
      return 'it is not UTF-8';
    }
    const value = readCanonical(text, 1);
    if (typeof value === 'string') return value;
    const parsed = v.safeParse(evidenceLine, value);
    if (!parsed.success) return 'it is no line of an evidence file';
    const line = parsed.output;
    if (line.kind === 'record') this.#at = { seq: line.line.record.seq };
    if (line.kind === 'chunk') this.#at = { chunk: this.#recording?.chunks ?? 0 };
    if ((line.kind === 'evidence') !== (this.lines === 0)) return 'it is not where it belongs';
    const reason = this.#of(line, text);
    if (reason !== undefined) return reason;
    this.#at = {};
    this.lines += 1;
    this.#body.update(text).update('\n');
    return undefined;
  }

  #of(line: EvidenceLine, text: string): string | undefined {
    switch (line.kind) {
      case 'evidence':
        return this.#begin(line);
      case 'record':
        return this.#record(line, text);
      case 'recording':
        return this.#open(line);
      case 'chunk':
        return this.#chunk(line);
      case 'end':
        return this.#end(line);
      default:
        return line satisfies never;
    }
  }

  #begin(about: EvidenceAbout): string | undefined {
    const { rootKey, chain, head } = about;
    if (this.#expected.rootKey !== undefined && this.#expected.rootKey !== rootKey) return 'it is of a log with another root key';
    this.#keys = [{ epoch: 0, publicKey: rootKey }];
    this.#from = [0];
    const wrong = this.#certified(chain, about.certificates);
    if (wrong !== undefined) return wrong;
    if (head.chain !== chain || !this.#isHead(head)) return 'its head is not signed by the key of its epoch';
    for (const anchor of about.anchors)
      if (!consistencyHolds(anchor, head, anchor.proof)) return `what ${anchor.name} holds is not the beginning of this log`;
    if (!this.#signed(about.epoch, head.epoch, aboutStatement(about), about.signature)) return 'it is not signed by this log';
    this.#about = about;
    return undefined;
  }

  #certified(chain: string, certificates: readonly EpochCertificate[]): string | undefined {
    for (const certificate of certificates) {
      const last = this.#keys.at(-1);
      const next = last && nextEpoch(last, chain, certificate);
      if (next === undefined || certificate.size <= (this.#from.at(-1) ?? 0))
        return `the key of epoch ${certificate.epoch} is not certified by the one before`;
      this.#keys.push(next);
      this.#from.push(certificate.size);
    }
    return undefined;
  }

  /** Which epoch a record stands in (A13). */
  #epochAt(seq: number): number {
    return this.#from.findLastIndex((from) => from <= seq);
  }
  #isHead(head: Head): boolean {
    const key = this.#keys[head.epoch];
    if (key === undefined || head.size === 0 || this.#epochAt(head.size - 1) !== head.epoch) return false;
    return exactBase64(head.signature, 'base64url') !== undefined && headIsSigned(head, key.publicKey);
  }
  #signed(epoch: number, least: number, statement: string, signature: string): boolean {
    const key = this.#keys[epoch];
    if (key === undefined || epoch < least) return false;
    return exactBase64(signature, 'base64url') !== undefined && isSigned(statement, signature, key.publicKey);
  }

  #record({ line, proof }: Line<'record'>, text: string): string | undefined {
    const { record, personal } = line;
    const about = this.#about;
    if (about === undefined || this.#recording !== undefined || record.seq <= this.#lastSeq) return 'it is not where it belongs';
    if (record.chain !== about.chain) return 'it belongs to another chain';
    if (record.epoch !== this.#epochAt(record.seq)) return 'it was not written in its epoch';
    if (hashOfText(recordIn(text, personal, proof), record.hash) !== record.hash) return 'it does not have its hash';
    if (personal !== undefined && personalDigest(personal.salt, canonical(personal.data)) !== record.personal)
      return 'its personal part does not have its digest';
    const { size, root } = about.head;
    if (!inclusionHolds(record.hash, record.seq, size, root, proof)) return 'the signed head does not contain it';
    if (personal === undefined && record.personal !== undefined) this.#erased += 1;
    this.#lastSeq = record.seq;
    this.#records += 1;
    this.#noteRecording(record.type, record.data);
    this.#tell({ kind: 'record', seq: record.seq, type: record.type });
    return undefined;
  }

  #noteRecording(type: string, { recording, keyDigest, root, chunks }: Readonly<Record<string, unknown>>): void {
    if (typeof recording !== 'string') return;
    if (typeof keyDigest === 'string' && type === 'recording.started') this.#opened.set(recording, keyDigest);
    if (type === 'recording.closed') this.#closed.set(recording, { root, chunks });
  }

  #open({ recording, session, key }: Line<'recording'>): string | undefined {
    const bytes = exactBase64(key, 'base64url');
    const asked = this.#about?.asked;
    if (this.#recording !== undefined || asked === undefined || !('session' in asked) || asked.session !== session)
      return 'it is not where it belongs';
    if (bytes === undefined || digestOf('sha256', bytes, 'hex') !== this.#opened.get(recording))
      return 'its key is not the one that the record of its beginning names';
    this.#recording = { id: recording, key: bytes, hash: castRootOf(recording), chunks: 0, bytes: 0 };
    this.#tell({ kind: 'recording', id: recording, key: bytes });
    return undefined;
  }

  #chunk({ chunk }: Line<'chunk'>): string | undefined {
    const recording = this.#recording;
    const bytes = exactBase64(chunk, 'base64');
    const header = bytes && readHeader(bytes);
    if (recording === undefined) return 'it is not where it belongs';
    if (bytes === undefined || header === undefined) return 'it is no chunk of a recording';
    if (header.prev !== recording.hash || header.index !== recording.chunks) return 'it does not follow the chunk before it';
    const frames = openChunk(recording.key, header, bytes);
    if (frames === undefined) return 'it is not what was recorded';
    recording.hash = chunkHash(bytes);
    recording.chunks += 1;
    recording.bytes = header.to;
    this.#tell({ kind: 'chunk', header, frames });
    return undefined;
  }

  #end(end: Line<'end'>): string | undefined {
    const about = this.#about;
    if (about === undefined) return 'it is not where it belongs';
    const wrong = this.#certified(about.chain, end.certificates);
    if (wrong !== undefined) return wrong;
    if (end.lines !== this.lines || end.sha256 !== this.#body.copy().digest('hex'))
      return 'lines before it are missing, or others';
    if (!this.#signed(end.epoch, about.epoch, endStatement(end), end.signature)) return 'it is not signed by this log';
    const recording = this.#recording;
    const closed = recording && this.#closed.get(recording.id);
    if (recording !== undefined && closed !== undefined && (closed.root !== recording.hash || closed.chunks !== recording.chunks))
      return 'the recording does not have the root that the record of its end names';
    this.#over = true;
    return undefined;
  }

  #tell(item: EvidenceItem): void {
    this.#expected.onItem?.(item, this.lines + 1);
  }
}

/** The text of the record inside its line: a slice of it, because that is canonical. */
function recordIn(text: string, personal: object | undefined, proof: readonly string[]): string {
  const before =
    personal === undefined
      ? '{"kind":"record","line":{"record":'.length
      : '{"kind":"record","line":{"personal":,"record":'.length + canonical(personal).length;
  return text.slice(before, -('},"proof":}'.length + JSON.stringify(proof).length));
}
