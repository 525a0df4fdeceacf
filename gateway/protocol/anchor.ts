// What a gateway posts to another one that keeps its heads (`POST /anchor`), and what that answers. The signature of the heads is the authentication.
import * as v from 'valibot';
import { problem } from './errors.ts';
import { count, text } from './nouns.ts';
import { epochCertificate, head, treeProof } from './trail-nouns.ts';

/** So many heads in one request. */
export const anchorMost = 64;
/** Bytes of a request: the certificates of ten years of epochs of a day fit. */
export const anchorBytes = 1024 * 1024;

export const anchorRequest = v.strictObject({
  chain: text(64),
  /** The newest head of the sender: proves who asks, and is not kept. */
  by: head,
  /** Of epochs that the receiver may not know yet, in order. */
  certificates: v.pipe(v.array(epochCertificate), v.maxLength(4096)),
  /** The size of the head that the receiver holds, as far as the sender knows; 0 = none. */
  from: count,
  /** Each with the proof that the one before it (the first: that of `from`) is its beginning. Empty = only asks. */
  heads: v.pipe(v.array(v.strictObject({ head, proof: treeProof })), v.maxLength(anchorMost)),
});
export type AnchorRequest = v.InferOutput<typeof anchorRequest>;

/** The newest head held, if any: also beside a problem, to whoever proved who they are. */
export const anchorAnswer = v.strictObject({ head: v.optional(head), problem: v.optional(problem) });
export type AnchorAnswer = v.InferOutput<typeof anchorAnswer>;
