// The lines of an evidence file (M10; AUDITOR.md tells it to strangers). One canonical JSON text a line:
//   evidence   what was asked, by whom, of which log: root key, certificates of its epochs, a signed head, what anchors hold; signed
//   record     a line of the log as it stands there, and the proof that the head contains it
//   recording  of a session: its key, which `recording.started` names by its digest
//   chunk      a chunk of the recording as it stands on disk, sealed and chained
//   end        digest of all bytes before it; signed
// Shapes and what is signed live here; evidence.ts verifies them, handlers/evidence.ts makes them. Pure.
import * as v from 'valibot';
import { personId, recordingId, sessionId } from '../protocol/ids.ts';
import { count, instant, text } from '../protocol/nouns.ts';
import { anchorKinds, digest, epochCertificate, head, publicKey, signature, treeProof } from '../protocol/trail-nouns.ts';
import { canonical } from './chain.ts';

const epoch = count;
const certificates = v.array(epochCertificate);

const evidenceAbout = v.strictObject({
  kind: v.literal('evidence'),
  v: v.literal(1),
  product: text(64),
  chain: text(64),
  rootKey: publicKey,
  madeAt: instant,
  by: v.strictObject({ id: personId, name: text(64) }),
  /** `live`: the session went on while this was made. */
  asked: v.union([v.strictObject({ session: sessionId, live: v.boolean() }), v.strictObject({ query: text(512) })]),
  /** Of all epochs after the first. */
  certificates,
  /** Newer than every record in the file. */
  head,
  /** The newest head that each anchor took, and when; and the proof that ours is its continuation. */
  anchors: v.array(
    v.strictObject({ name: text(64), kind: v.picklist(anchorKinds), at: instant, size: count, root: digest, proof: treeProof }),
  ),
  /** The key of which epoch signed this line. */
  epoch,
  signature,
});
export type EvidenceAbout = v.InferOutput<typeof evidenceAbout>;

/** `line` is read apart: only what the proof rests on. */
const evidenceRecord = v.strictObject({
  kind: v.literal('record'),
  line: v.strictObject({
    record: v.looseObject({
      seq: count,
      chain: v.string(),
      epoch,
      type: v.string(),
      data: v.record(v.string(), v.unknown()),
      personal: v.optional(digest),
      hash: digest,
    }),
    personal: v.optional(v.strictObject({ salt: v.string(), data: v.record(v.string(), v.unknown()) })),
  }),
  proof: treeProof,
});
const evidenceRecording = v.strictObject({
  kind: v.literal('recording'),
  recording: recordingId,
  session: sessionId,
  /** 32 bytes, base64url. */
  key: publicKey,
});
const evidenceChunk = v.strictObject({ kind: v.literal('chunk'), chunk: v.string() });
const evidenceEnd = v.strictObject({
  kind: v.literal('end'),
  /** Lines before this one, and SHA-256 of all their bytes, newlines too. */
  lines: count,
  sha256: digest,
  /** Of epochs that began while the file was made. */
  certificates,
  epoch,
  signature,
});
export type EvidenceEnd = v.InferOutput<typeof evidenceEnd>;

export const evidenceLine = v.variant('kind', [evidenceAbout, evidenceRecord, evidenceRecording, evidenceChunk, evidenceEnd]);
export type EvidenceLine = v.InferOutput<typeof evidenceLine>;

/** What is signed of the first line. */
export const aboutStatement = (said: Omit<EvidenceAbout, 'signature'>): string => statement('sallyport-evidence-v1', said);
/** And of the last. */
export const endStatement = (said: Omit<EvidenceEnd, 'signature'>): string => statement('sallyport-evidence-end-v1', said);
const statement = (tag: string, said: object): string =>
  `${tag}\0${canonical(Object.fromEntries(Object.entries(said).filter(([name]) => name !== 'signature')))}`;

/** Bytes in base64, or undefined where the text is not the one text of any bytes: what nobody would notice must not be changeable. */
export function exactBase64(given: string, alphabet: 'base64' | 'base64url'): Buffer | undefined {
  const bytes = Buffer.from(given, alphabet);
  return bytes.toString(alphabet) === given ? bytes : undefined;
}
