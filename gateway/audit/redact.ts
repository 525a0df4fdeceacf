// Secrets that people put into free text, taken out before a record is hashed (S76, TRUST §5): what they typed as a reason, note, finding, message
// or query. Fields that are typed otherwise are left alone: ids, digests and policies hold no free text, and altering them would break what they mean.
// Pure. Detectors look for forms that are secrets by themselves, and for values that somebody named as one; words that merely sound like it stay.
//
// Known limits: a password without a name beside it cannot be told from a word. Recordings are never altered (TRUST §0).
import type { NewEvent } from '../protocol/events.ts';

type Detector = { readonly kind: string; readonly form: RegExp };

/** What stands before the value stays (the first group, where there is one). Linear: no repetition inside a repetition. */
const detectors: readonly Detector[] = [
  {
    kind: 'private-key',
    form: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]{0,4000}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g,
  },
  { kind: 'sallyport-token', form: /\bsp[a-z]_[A-Za-z0-9_-]{43}[A-Za-z0-9_-]*/g },
  { kind: 'one-time-seed', form: /\botpauth:\/\/[^\s"']+/g },
  { kind: 'json-web-token', form: /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*/g },
  { kind: 'aws-key', form: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g },
  { kind: 'github-token', form: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})/g },
  { kind: 'gitlab-token', form: /\bgl(?:pat|ptt|dt|rt|cbt|soat)-[A-Za-z0-9_-]{20,}/g },
  { kind: 'slack-token', form: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { kind: 'slack-webhook', form: /(https:\/\/hooks\.slack\.com\/(?:services|workflows)\/)[A-Za-z0-9_/]{20,}/g },
  { kind: 'google-key', form: /\bAIza[A-Za-z0-9_-]{35}/g },
  { kind: 'stripe-key', form: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g },
  { kind: 'api-key', form: /\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,}/g },
  { kind: 'npm-token', form: /\bnpm_[A-Za-z0-9]{36}/g },
  { kind: 'vault-token', form: /\bhv[sbr]\.[A-Za-z0-9_-]{20,}/g },
  { kind: 'address-password', form: /(\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@"']{1,100}:)[^\s/@"']{1,200}(?=@)/gi },
  { kind: 'authorization', form: /(\b(?:bearer|basic)\s+)(?=[A-Za-z0-9._~+/=-]{0,400}[0-9+/=._~])[A-Za-z0-9._~+/-]{16,400}=*/gi },
  // Named by whoever wrote it: `password: x`, `--token=x`, `DB_PASSWORD=x`, `"api_key":"x"`, `--password x`.
  {
    kind: 'secret',
    form: /((?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["']?\s{0,3}[=:]\s{0,3}["']?)(?!\[redacted)[^\s"',;&|)\]}]{3,200}/gi,
  },
  {
    kind: 'secret',
    form: /(\s--?(?:pass(?:word|wd|phrase)?|pwd|secret|token|api-key|access-key)\s+["']?)(?!\[redacted)[^\s"'-][^\s"']{2,200}/gi,
  },
];

const mark = (kind: string): string => `[redacted ${kind}]`;

/** Words that could be a known secret: what stands between spaces, quotes and the signs that join a name to a value. */
const words = /[^\s"'`=:,;&|()[\]{}<>]{8,}/g;

/** A text without the secrets in it; the same text when there is none. `known` are secrets this gateway keeps itself, each at least 8 characters. */
export function redactedText(text: string, known?: ReadonlySet<string>): string {
  let clean = text;
  if (known !== undefined && known.size > 0)
    clean = clean.replace(words, (word) => (known.has(word) ? mark('known-secret') : word));
  for (const { kind, form } of detectors)
    clean = clean.replace(form, (...found: readonly unknown[]) => `${typeof found[1] === 'string' ? found[1] : ''}${mark(kind)}`);
  return clean;
}

/** Fields that people write freely. A test holds this against the catalogue. */
export const freeFields: ReadonlySet<string> = new Set(['why', 'note', 'label', 'finding', 'text', 'query', 'cause', 'machine']);

/** Characters a field of free text may hold at most; what redaction makes longer is cut to what there was room for. */
const mostCharacters: Readonly<Record<string, number>> = {
  why: 500,
  note: 200,
  label: 200,
  finding: 1000,
  text: 500,
  query: 512,
  cause: 64,
  machine: 128,
};

function redactedFields<T extends object>(of: T, known: (() => ReadonlySet<string>) | undefined): T {
  const clean: Record<string, string> = {};
  for (const [key, value] of Object.entries(of)) {
    if (typeof value !== 'string' || !freeFields.has(key)) continue;
    const text = redactedText(value, known?.());
    if (text !== value) clean[key] = text.slice(0, Math.max(value.length, mostCharacters[key] ?? 0));
  }
  return Object.keys(clean).length === 0 ? of : { ...of, ...clean };
}

/** The event as it may stand in the log; the very same when there was nothing to take out. */
export function redactedEvent(event: NewEvent, known?: () => ReadonlySet<string>): NewEvent {
  // What a hold keeps is what its query says: it stands as it was placed.
  const clean = redactedFields(event.data, known);
  const data = event.type === 'hold.placed' && clean !== event.data ? { ...clean, query: event.data.query } : clean;
  const personal = redactedFields(event.personal, known);
  // Of the same type as before: its fields of free text, shorter or marked.
  return data === event.data && personal === event.personal ? event : ({ ...event, data, personal } as NewEvent);
}
