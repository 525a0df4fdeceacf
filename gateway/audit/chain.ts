// The hash chain (TRUST §5): canonical text, the seal of a record, and the digest of its erasable part. Pure; verify.ts checks what is made here.
import { hash as digestOf } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type AuditLine, type AuditRecord, type DecisionRef, events, type NewEvent } from '../protocol/events.ts';
import type { BootId, ChainId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';

const recordTag = 'audit-rec-v1\0';

export const sha256 = (text: string | Uint8Array): string => digestOf('sha256', text, 'hex');

/** RFC 8785 text. @throws on what has none here: numbers that are not whole below 2^53, ill-formed strings (A30). */
export function canonical(value: unknown): string {
  wholeNumbers(value);
  const text = canonicalize(value);
  if (text === undefined) throw new Error('nothing to write');
  return text;
}

function wholeNumbers(value: unknown): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Error('a number in the log is whole and below 2^53');
  } else if (Array.isArray(value)) value.forEach(wholeNumbers);
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(wholeNumbers);
}

/**
 * A copy that has a canonical text: without undefined members; unpaired surrogates, which no text can hold, become U+FFFD (same length,
 * so a bound of the schema still holds); −0 becomes 0. Plain data only.
 */
export function representable(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (Array.isArray(value)) return value.map(representable);
  if (typeof value === 'object' && value !== null) return representableObject(value);
  return value;
}

function representableObject(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') throw new Error('a key named __proto__');
    if (member !== undefined) copy[key.toWellFormed()] = representable(member);
  }
  return copy;
}

/** `prev` of the first record: binds a log to one chain and one key. */
export const genesis = (chain: string, publicKey: string): string => sha256(`audit-genesis-v1\0${chain}\0${publicKey}`);

/** Digest of a personal part. The salt keeps a short name from being guessed out of its digest once the part is erased. */
export const personalDigest = (salt: string, dataText: string): string => sha256(`${salt}\0${dataText}`);

/** Bytes of chance in a salt; 22 characters of base64url. */
export const saltBytes = 16;

/** Where and when a record stands. `salt` is fresh for each record. */
export type Place = {
  readonly seq: number;
  readonly chain: ChainId;
  readonly ts: Instant;
  readonly mono: number;
  readonly boot: BootId;
  readonly salt: string;
  /** In which it stands; absent = the first. */
  readonly epoch?: number;
  /** What allowed it, when somebody asked for it. */
  readonly decision?: DecisionRef | undefined;
};

// `hash` sorts right after `epoch`, so the text before it and the text after it can be made once and joined with or without it.
type Unhashed = Omit<AuditRecord, 'hash'>;
function halves(record: Unhashed): readonly [before: string, after: string] {
  const { actor, boot, chain, data, decision, epoch, ...rest } = record;
  const decided = decision === undefined ? {} : { decision };
  return [canonical({ actor, boot, chain, data, ...decided, epoch }).slice(0, -1), canonical(rest).slice(1)];
}

/** Hash of a record: SHA-256("audit-rec-v1" ‖ 0x00 ‖ canonical(record without hash)). */
export function recordHash(record: Unhashed & { readonly hash?: string }): string {
  const { hash: _, ...unhashed } = record;
  return sha256(recordTag + canonical(unhashed));
}

/** The same, from the canonical text of a record that holds its hash (verify.ts knows the text is canonical). */
export const hashOfText = (textWithHash: string, hash: string): string =>
  sha256(recordTag + textWithHash.replace(`,"hash":"${hash}","mono":`, ',"mono":'));

const texts = new WeakMap<AuditLine, string>();

/** The line as it stands in the log, without its newline. */
export const lineText = (line: AuditLine): string => texts.get(line) ?? canonical(line);

/** Puts an event into the chain after the record whose hash is `prev`. @throws when it cannot be written canonically: a bug of who made it. */
export function seal(prev: string, event: NewEvent, place: Place): AuditLine {
  const personalData = representableObject(event.personal);
  const personalText = Object.keys(personalData).length === 0 ? undefined : canonical(personalData);
  const unhashed: Unhashed = {
    v: 1,
    chain: place.chain,
    seq: place.seq,
    epoch: place.epoch ?? 0,
    ts: place.ts,
    mono: place.mono,
    boot: place.boot,
    type: event.type,
    tv: events[event.type].version,
    outcome: event.outcome,
    actor: { ...event.actor },
    ...(event.target === undefined ? {} : { target: event.target.toWellFormed() }),
    ...(event.session === undefined ? {} : { session: event.session }),
    ...(event.request === undefined ? {} : { request: event.request.toWellFormed() }),
    data: representableObject(event.data),
    ...(place.decision === undefined ? {} : { decision: place.decision }),
    ...(personalText === undefined ? {} : { personal: personalDigest(place.salt, personalText) }),
    prev,
  };
  const [before, after] = halves(unhashed);
  const hash = sha256(`${recordTag}${before},${after}`);
  const record: AuditRecord = { ...unhashed, hash };
  const recordText = `${before},"hash":"${hash}",${after}`;
  const line: AuditLine =
    personalText === undefined ? { record } : { record, personal: { salt: place.salt, data: personalData } };
  texts.set(
    line,
    personalText === undefined
      ? `{"record":${recordText}}`
      : `{"personal":{"data":${personalText},"salt":"${place.salt}"},"record":${recordText}}`,
  );
  return line;
}
