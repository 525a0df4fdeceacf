// The part of config.json that says how the audit trail is kept outside the gateway: fixed at the start, never settable through the API (A4).
// Secrets are not here: they stand in files of their own, 0600, whose paths are.
import * as v from 'valibot';
import { severities } from './protocol/nouns.ts';

const name = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'small letters, digits and hyphens'));
const filePath = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const words = v.pipe(v.string(), v.minLength(1), v.maxLength(512));
const query = v.pipe(v.string(), v.maxLength(512));
const host = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(1000));
const days = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3660));

/** RFC 5425: TLS always; plain only on loopback. */
const syslog = { host, port, caFile: v.optional(filePath), plain: v.optional(v.boolean(), false) };

/** Where heads go (S75, TRUST §5). */
export const anchorConfig = v.variant('kind', [
  /** An append-only file of another owner. */
  v.strictObject({ kind: v.literal('file'), name, path: filePath }),
  /** An S3-compatible bucket with object lock. Keys as AWS reads them: environment, profile, or `credentialsFile` (JSON: accessKeyId, secretAccessKey). */
  v.strictObject({
    kind: v.literal('s3'),
    name,
    bucket: words,
    prefix: v.optional(v.string(), 'sallyport'),
    region: v.optional(words, 'us-east-1'),
    endpoint: v.optional(v.pipe(v.string(), v.url())),
    credentialsFile: v.optional(filePath),
    caFile: v.optional(filePath),
    /** Object lock in compliance mode for so long. */
    lockDays: v.optional(days, 400),
  }),
  v.strictObject({ kind: v.literal('syslog'), name, ...syslog }),
  /** Another Sallyport gateway, which checks each head against the one before and keeps them. */
  v.strictObject({ kind: v.literal('gateway'), name, url: v.pipe(v.string(), v.url()), caFile: v.optional(filePath) }),
]);
export type AnchorConfig = v.InferOutput<typeof anchorConfig>;

/** Whose heads this gateway keeps: another gateway's chain, and the key its first record is bound to. */
export const anchoredConfig = v.strictObject({ name, chain: words, rootKey: words });
export type AnchoredConfig = v.InferOutput<typeof anchoredConfig>;

const routed = { name, query: v.optional(query, ''), format: v.optional(v.picklist(['row', 'ocsf']), 'row') };
/** Where events go (S77, E40). */
export const sinkConfig = v.variant('kind', [
  v.strictObject({ kind: v.literal('file'), ...routed, path: filePath }),
  v.strictObject({ kind: v.literal('syslog'), ...routed, ...syslog }),
  /** POST of JSON lines, signed with HMAC-SHA-256 under the secret in the file. */
  v.strictObject({
    kind: v.literal('webhook'),
    ...routed,
    url: v.pipe(v.string(), v.url()),
    secretFile: filePath,
    caFile: v.optional(filePath),
  }),
]);
export type SinkConfig = v.InferOutput<typeof sinkConfig>;

/** A rule about events (S78): raised when so many fit within so long. One with the name of a built-in rule stands in its place. */
const alertRule = v.strictObject({
  name,
  query,
  count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), 1),
  withinMs: v.optional(milliseconds, 300_000),
  by: v.optional(v.picklist(['actor', 'server', 'address', 'all']), 'all'),
  severity: v.optional(v.picklist(severities), 'alert'),
});
/** A built-in rule that is not wanted. */
const alertOff = v.strictObject({ name, off: v.literal(true) });
export const alertConfig = v.union([alertRule, alertOff]);
export type AlertConfig = v.InferOutput<typeof alertConfig>;

export const trailConfig = {
  anchors: v.optional(v.array(anchorConfig), []),
  anchored: v.optional(v.array(anchoredConfig), []),
  sinks: v.optional(v.array(sinkConfig), []),
  alerts: v.optional(v.array(alertConfig), []),
  trail: v.optional(
    v.strictObject({
      /** Between two heads that go to the anchors, ms: below a minute, with what it takes to sign one and bring it there (A10). */
      anchorMs: v.optional(v.pipe(milliseconds, v.maxValue(55_000)), 50_000),
      /** Alarm when an anchor is so far behind, ms. */
      lateMs: v.optional(milliseconds, 300_000),
      /** No new privileged session when every anchor is so far behind, ms. */
      staleMs: v.optional(milliseconds, 3_600_000),
      /** Segments whose newest record is older may be purged. */
      keepDays: v.optional(days, 400),
      /** Recordings of sessions that ended earlier may be purged. */
      keepRecordingDays: v.optional(days, 400),
      /** Local hours of work, for the alert about those outside: 8–18 on Monday to Friday. */
      workHours: v.optional(
        v.strictObject({
          from: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(23)),
          to: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(24)),
          zone: v.optional(words),
        }),
      ),
    }),
    {},
  ),
};
