// From a line of the log to the typed event that is folded. The same way at commit and at start, so that what is folded live is what will be
// folded from disk.
import * as v from 'valibot';
import { type Result, refuse } from '../protocol/errors.ts';
import { type AuditLine, type EventType, events } from '../protocol/events.ts';
import { issuePath } from '../protocol/json.ts';
import { canonical, personalDigest, recordHash } from './chain.ts';
import type { Settled } from './commit.ts';
import type { FoldedEvent } from './folded.ts';
import { type Upcasters, upcast, upcasters } from './upcast.ts';

const isEventType = (type: string): type is EventType => Object.hasOwn(events, type);

/** The typed event of a line. Errors: `verification`, naming the record. Hashes are not looked at: see {@link linkProblem}. */
export function unseal(line: AuditLine, steps: Upcasters = upcasters): Result<Settled> {
  const { record } = line;
  const bad = (why: string) => refuse('verification', `record ${record.seq}: ${why}`);
  const { type } = record;
  if (!isEventType(type)) return bad(`unknown event type ${type.slice(0, 64)}: update the gateway`);
  const entry = events[type];
  const raised = upcast(steps, type, record.tv, entry.version, { data: record.data, personal: line.personal?.data });
  if (!raised.ok) return bad(raised.problem.detail ?? 'cannot be read');
  const data = v.safeParse(entry.data, raised.value.data);
  if (!data.success) return bad(`${type}: ${issuePath(data.issues[0])}`);
  // No digest = nothing personal was said; a digest without its part = erased.
  const said = raised.value.personal ?? (record.personal === undefined ? {} : undefined);
  const personal = said === undefined ? undefined : v.safeParse(entry.personal, said);
  if (personal?.success === false) return bad(`${type}: personal ${issuePath(personal.issues[0])}`);
  // Checked by the schemas of its own type, which TypeScript cannot follow through the union.
  const event = {
    type,
    seq: record.seq,
    hash: record.hash,
    at: record.ts,
    data: data.output,
    personal: personal?.output,
  } as FoldedEvent;
  return { ok: true, value: { event, record, personal: line.personal?.data, salt: line.personal?.salt } };
}

/** Why this line does not follow the record with hash `prev` as number `seq`, or undefined if it does. */
export function linkProblem(line: AuditLine, seq: number, prev: string, chain: string | undefined): string | undefined {
  const { record, personal } = line;
  if (record.seq !== seq) return `it is numbered ${record.seq}`;
  if (chain !== undefined && record.chain !== chain) return 'it belongs to another chain';
  if (record.prev !== prev) return 'it does not follow the record before it';
  if (recordHash(record) !== record.hash) return 'it does not have its hash';
  if (personal !== undefined && personalDigest(personal.salt, canonical(personal.data)) !== record.personal)
    return 'its personal part does not have its digest';
  return undefined;
}
