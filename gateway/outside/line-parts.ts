// The two halves of a line of the log as text: the record, which is hashed, and its personal part beside it. Of lines as we wrote them, canonical.
import { canonical } from '../audit/chain.ts';

type Line = {
  readonly record: object;
  readonly recordText: string;
  readonly personal: Readonly<Record<string, unknown>> | undefined;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parts of a line without its newline, or undefined when it is none of ours. `recordText` is canonical. */
export function lineParts(bytes: Uint8Array): (Line & { readonly record: Readonly<Record<string, unknown>> }) | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || !isObject(value['record'])) return undefined;
  const { record, personal } = value;
  if (!isObject(record)) return undefined;
  const plain = JSON.stringify(record);
  // Only names that look like numbers come out of JSON.stringify in another order than they stood in.
  const recordText = text.endsWith(`"record":${plain}}`) ? plain : canonical(record);
  return { record, recordText, personal: isObject(personal) && isObject(personal['data']) ? personal['data'] : undefined };
}

/** Whether a line has a personal part, without reading it. */
export const hasPersonal = (bytes: Uint8Array): boolean => bytes[2] === 0x70;

/** The same line without its personal part. */
export const withoutPersonal = (recordText: string): string => `{"record":${recordText}}`;
