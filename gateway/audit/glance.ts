// A line of our own log seen at a glance: what it says, without the checks that reading it makes. Only to see whether a line is worth being read; what is shown
// or believed is read by unseal.ts.
import { type AuditLine, events } from '../protocol/events.ts';
import type { Settled } from './commit.ts';
import type { FoldedEvent } from './folded.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

/** What a line says; undefined when it cannot be told at a glance: it has to be read. */
export function glance(text: string): Settled | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(line) || !isObject(line['record'])) return undefined;
  const { record, personal } = line;
  const { type, seq, ts, tv, data, actor, hash } = record;
  if (typeof type !== 'string' || !Object.hasOwn(events, type) || typeof seq !== 'number' || typeof ts !== 'number')
    return undefined;
  if (!isObject(data) || !isObject(actor) || typeof hash !== 'string') return undefined;
  // The catalogue has it, so it is one of its names; an older shape is for upcast.ts.
  if (tv !== events[type as FoldedEvent['type']].version) return undefined;
  const said = isObject(personal) && isObject(personal['data']) ? personal['data'] : undefined;
  // As it was when it was written, which nobody has checked since.
  const seen = line as unknown as AuditLine;
  const event = {
    type,
    seq,
    hash,
    at: ts,
    data,
    personal: said ?? (record['personal'] === undefined ? {} : undefined),
  } as FoldedEvent;
  return { event, record: seen.record, personal: said };
}
