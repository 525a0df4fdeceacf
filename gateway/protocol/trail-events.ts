// Audit events about the trail itself: the same catalogue as events.ts, which takes these in. Family V.
import * as v from 'valibot';
import { holdId, personId, recordingId, sessionId } from './ids.ts';
import { count, instant, severities, text } from './nouns.ts';
import { cause, digest, epochCertificate, head } from './trail-nouns.ts';

const nothing = v.strictObject({});
const why = text(500);
const name = text(64);

type Severity = (typeof severities)[number];
const event = <D extends v.GenericSchema, P extends v.GenericSchema>(code: string, severity: Severity, data: D, personal: P) =>
  ({ code, severity, version: 1, data, personal }) as const;

export const trailEvents = {
  /** The first record of its epoch: from here on the new key signs (forward security). */
  'epoch.began': event('V0001I', 'info', epochCertificate, nothing),
  /** Nothing else happened for a minute (A12). */
  'audit.heartbeat': event('V0002I', 'info', nothing, nothing),
  /** The gateway was started on a folder that `restore` made: the log goes on from an older end. */
  'gateway.restored': event('V0003A', 'alert', v.strictObject({ size: count, hash: digest, madeAt: instant }), nothing),

  // Keeping
  'hold.placed': event('V0010I', 'info', v.strictObject({ hold: holdId, name, query: text(512), by: personId, why }), nothing),
  'hold.released': event('V0011W', 'warning', v.strictObject({ hold: holdId, by: personId, why }), nothing),
  /** The tombstone of a segment: its manifest stays. */
  'segment.purged': event(
    'V0012W',
    'warning',
    v.strictObject({ first: count, last: count, root: digest, manifest: digest, days: count, by: personId, why }),
    nothing,
  ),
  /** The recording of a session that is long over: its file and its key are gone, what it was stays known by its root. */
  'recording.purged': event(
    'V0015W',
    'warning',
    v.strictObject({
      recording: recordingId,
      session: sessionId,
      root: v.optional(digest),
      bytes: count,
      days: count,
      by: personId,
      why,
    }),
    nothing,
  ),
  /** Their name, addresses and machines are gone from the log and the state; what was done stays. */
  'person.erased': event('V0013W', 'warning', v.strictObject({ person: personId, by: personId, why, records: count }), nothing),
  'audit.exported': event(
    'V0014I',
    'info',
    v.strictObject({ query: v.optional(text(512)), session: v.optional(sessionId), records: count, size: count }),
    v.strictObject({ address: text(64) }),
  ),

  // Outside the gateway
  'anchor.late': event('V0020A', 'alert', v.strictObject({ anchor: name, since: instant, behind: count, cause }), nothing),
  'anchor.restored': event('V0021I', 'info', v.strictObject({ anchor: name, size: count }), nothing),
  /** It holds a head that this log does not contain, or no longer holds what it took (A35). */
  'anchor.conflict': event('V0022A', 'alert', v.strictObject({ anchor: name, size: count, root: digest }), nothing),
  /** Every anchor is so far behind that nobody outside vouches for what happens now: no new privileged session until one does. */
  'trail.stale': event('V0027A', 'alert', v.strictObject({ anchors: v.array(name) }), nothing),
  'trail.restored': event('V0028I', 'info', v.strictObject({ anchors: v.array(name) }), nothing),
  /** Another gateway, whose heads this one keeps, signed one that does not go on from the one held: its log was forked or cut. `head` is the proof. */
  'anchored.conflict': event('V0029A', 'alert', v.strictObject({ name, held: count, head }), nothing),
  /** An agent or a person's program holds a head that this log does not contain (A28). */
  'witness.conflict': event('V0023A', 'alert', v.strictObject({ size: count, root: digest }), nothing),
  'sink.late': event('V0024W', 'warning', v.strictObject({ sink: name, behind: count, cause }), nothing),
  'sink.restored': event('V0025I', 'info', v.strictObject({ sink: name, cursor: count }), nothing),
  'sink.tested': event('V0026I', 'info', v.strictObject({ sink: name, delivered: v.boolean() }), nothing),
  /** A rule about events fits (S78). `seqs`: the newest of those that made it fit, in order; `severity`: that of the rule. */
  'alert.raised': event(
    'V0030A',
    'alert',
    v.strictObject({
      rule: name,
      query: text(512),
      count,
      withinMs: count,
      about: v.optional(text(64)),
      seqs: v.array(count),
      severity: v.optional(v.picklist(severities)),
    }),
    v.strictObject({ address: v.optional(text(64)) }),
  ),
} as const;
