// What an operator's program asks of the audit trail itself: proofs, evidence, holds and purges, sinks and alerts. The same table as operator.ts,
// which takes these in.
import * as v from 'valibot';
import { holdId, personId, recordingId, sessionId } from './ids.ts';
import { count, instant, text } from './nouns.ts';
import {
  alertRow,
  cause,
  digest,
  epochCertificate,
  head,
  holdRow,
  publicKey,
  sinkRow,
  trailStatus,
  treeProof,
} from './trail-nouns.ts';

const nothing = v.strictObject({});
const reference = text(64);
const why = text(500);
const days = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3660));

export const trailRequests = {
  /** The newest head, and that the one held (of `size`; 0 = none) is its beginning. `certificates`: of the epochs after `epoch`. */
  'audit.proof': {
    takes: v.strictObject({ size: count, epoch: count }),
    gives: v.strictObject({ head, rootKey: publicKey, certificates: v.array(epochCertificate), proof: treeProof }),
  },
  /** What a witness says after it has stored: it holds this head; or (`conflict`) holds this one, and what it was given is not its continuation. */
  'audit.witness': {
    takes: v.strictObject({ size: count, root: digest, conflict: v.boolean() }),
    gives: nothing,
  },
  'audit.trail': { takes: nothing, gives: v.strictObject({ status: trailStatus }) },
  /**
   * Evidence (M10): the lines of a file, in turns. `next` goes into the next turn; absent = it is whole. Either of a session, with its recording, or of a query.
   */
  'audit.export': {
    takes: v.strictObject({ session: v.optional(reference), query: v.optional(text(512)), next: v.optional(text(256)) }),
    gives: v.strictObject({ lines: v.array(v.string()), next: v.optional(text(256)) }),
  },
  /** Purges segments whose newest record is older. `look`: only says which, and what holds them. */
  'audit.prune': {
    takes: v.strictObject({
      days: v.optional(days),
      look: v.optional(v.boolean()),
      /** Recordings of sessions that ended before, instead of segments of the log: they have a clock of their own. */
      recordings: v.optional(v.boolean()),
      why,
    }),
    gives: v.strictObject({
      segments: v.array(v.strictObject({ first: count, last: count, heldBy: v.optional(text(64)) })),
      /** The oldest first, and no more than go into one answer: ask again for the rest. */
      recordings: v.optional(
        v.array(
          v.strictObject({
            recording: recordingId,
            session: sessionId,
            endedAt: instant,
            bytes: count,
            heldBy: v.optional(text(64)),
          }),
        ),
      ),
      purged: count,
    }),
  },
  'hold.list': { takes: nothing, gives: v.strictObject({ holds: v.array(holdRow) }) },
  'hold.place': { takes: v.strictObject({ name: text(64), query: text(512), why }), gives: v.strictObject({ hold: holdId }) },
  'hold.release': { takes: v.strictObject({ hold: reference, why }), gives: nothing },
  /** Takes a person who was removed out of the log and the state; the chain stays whole (D2). */
  'person.erase': {
    takes: v.strictObject({ person: v.union([personId, reference]), why }),
    gives: v.strictObject({ records: count }),
  },
  'sink.list': { takes: nothing, gives: v.strictObject({ sinks: v.array(sinkRow) }) },
  'sink.test': {
    takes: v.strictObject({ sink: text(64) }),
    gives: v.strictObject({ delivered: v.boolean(), cause: v.optional(cause) }),
  },
  'alert.list': { takes: nothing, gives: v.strictObject({ alerts: v.array(alertRow) }) },
} as const;
