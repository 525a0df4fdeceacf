// One line of the log, read for its proof: that its text is the canonical one, and the parts of the text that hashes are taken over. Pure; what a
// record means is the business of the fold (unseal.ts).
import { maxJsonDepth } from '../protocol/json.ts';
import { canonical } from './chain.ts';

/** Only what the chain rests on is looked at here; that data fits its type is the business of the fold. */
export type PlainRecord = {
  readonly seq: number;
  readonly chain: string;
  readonly epoch: number;
  readonly ts: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly personal?: string | undefined;
  readonly prev: string;
  readonly hash: string;
};
export type LineParts = {
  readonly record: PlainRecord;
  readonly recordText: string;
  readonly personal: { readonly salt: string; readonly dataText: string } | undefined;
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A line without its newline, or in plain words what is wrong with it. */
export function plainLineOf(bytes: Uint8Array | string): LineParts | string {
  let text: string;
  try {
    text = typeof bytes === 'string' ? bytes : utf8.decode(bytes);
  } catch {
    return 'it is not UTF-8';
  }
  const line = readCanonical(text);
  return typeof line === 'string' ? line : partsOf(line, text);
}

/** The value of a canonical JSON text, or what is wrong with the text. `around` = levels that stand around the line of a log in it. */
export function readCanonical(text: string, around = 0): object | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'it is not a record';
  if (!isOrderly(value, -around)) return 'it holds a key, number or depth that no record has';
  // Text that comes back as it went in has no spaces, no key twice, and numbers and strings in their one form.
  if (JSON.stringify(value) === text && !text.includes('\\ud')) return value;
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
  const members = value as Members;
  let before: string | undefined;
  for (const key of Object.keys(members)) {
    if (key === '__proto__' || !isOrderly(members[key], depth + 1)) return false;
    if (before !== undefined && key <= before && !/^\d+$/.test(before)) return false;
    before = key;
  }
  return true;
}

type Members = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
// By hand, as the whole log goes through here: the schemas took a sixth of the time.
const isRecord = (value: unknown): value is PlainRecord =>
  isObject(value) &&
  typeof value['seq'] === 'number' &&
  typeof value['chain'] === 'string' &&
  typeof value['epoch'] === 'number' &&
  typeof value['ts'] === 'number' &&
  typeof value['type'] === 'string' &&
  isObject(value['data']) &&
  (value['personal'] === undefined || isDigest(value['personal'])) &&
  isDigest(value['prev']) &&
  isDigest(value['hash']);
/** As long as one: which one it is, is compared. */
const isDigest = (value: unknown): value is string => typeof value === 'string' && value.length === 64;
const isPersonal = (value: unknown): value is { readonly data: Members; readonly salt: string } =>
  isObject(value) && Object.keys(value).length === 2 && isObject(value['data']) && typeof value['salt'] === 'string';

/** The texts inside a canonical line that hashes are taken over: slices of it, because it is canonical. */
function partsOf(line: object, text: string): LineParts | string {
  const { record, personal, ...more } = line as Members;
  if (!isRecord(record) || !(personal === undefined || isPersonal(personal)) || Object.keys(more).length > 0)
    return 'it is not shaped like a record';
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
