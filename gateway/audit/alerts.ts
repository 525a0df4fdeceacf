// When a rule about events fits (S78): a fold over the rows of the log. Pure: what is raised follows from the rows alone, so that a start that goes through
// them again finds what was raised before, and what was not.
//
// Time is that of the log: of rows, less every step of the wall clock that the log tells of; it stands still where rows go back. So a clock set
// forward forgets nothing, and one set back raises nothing twice and silences nothing.
//
// Bounded: so many keys a rule, so many things a person was seen with. Beyond that the oldest is forgotten, and may be new again.
import * as v from 'valibot';
import { networkOf } from '../access/address.ts';
import { windowOpen } from '../access/window.ts';
import { placeOf } from '../identity/place.ts';
import { type AuditRow, count } from '../protocol/nouns.ts';
import type { AlertRule } from './alert-rules.ts';

const mostKeys = 2000;
const mostPeople = 20_000;
const mostSeen = { device: 64, network: 64, server: 1024 } as const;
/** Numbers of records that an alert names. */
const mostSeqs = 10;
/** What no longer counts is forgotten once in so many records, and when somebody is erased. */
const lookEvery = 1024;

type Thing = keyof typeof mostSeen;
const things = v.array(v.string());
const seen = v.strictObject({ device: things, network: things, server: things });
type Seen = v.InferOutput<typeof seen>;

/** One event that fitted: when by the time of the log, and how many it stands for. `of` = the server, where servers are counted. */
const hit = v.strictObject({ at: v.number(), seq: count, weight: count, of: v.optional(v.string()) });
type Hit = v.InferOutput<typeof hit>;
const tally = v.strictObject({ hits: v.array(hit), raisedAt: v.optional(v.number()) });
type Tally = v.InferOutput<typeof tally>;

/** What is remembered of the rows up to `seq`, as it is kept on disk: tables as lists, the least recently used first. */
export const keptAlertMemory = v.strictObject({
  version: v.literal(1),
  seq: v.pipe(v.number(), v.integer(), v.minValue(-1)),
  hash: v.string(),
  /** Time of the log: of the newest row, less `offset`. */
  at: v.number(),
  offset: v.number(),
  /** By rule as it was then: its name and what it counts. */
  tallies: v.array(v.tuple([v.string(), v.array(v.tuple([v.string(), tally]))])),
  people: v.array(v.tuple([v.string(), seen])),
});
export type KeptAlertMemory = v.InferOutput<typeof keptAlertMemory>;

/** Where it is kept between two lives of a gateway. */
export interface AlertStore {
  /** Undefined = there is none, or it cannot be read. */
  read(): Promise<KeptAlertMemory | undefined>;
  /** Durable when it resolves. */
  write(memory: KeptAlertMemory): Promise<void>;
}

export type AlertMemory = {
  seq: number;
  hash: string;
  at: number;
  offset: number;
  readonly tallies: Map<string, Map<string, Tally>>;
  readonly people: Map<string, Seen>;
};

export const newAlertMemory = (): AlertMemory => ({
  seq: -1,
  hash: '',
  at: Number.MIN_SAFE_INTEGER,
  offset: 0,
  tallies: new Map(),
  people: new Map(),
});

export const keepAlertMemory = ({ tallies, people, ...rest }: AlertMemory): KeptAlertMemory => ({
  version: 1,
  ...rest,
  tallies: [...tallies].map(([rule, keys]) => [rule, [...keys]]),
  people: [...people],
});
export const takeAlertMemory = ({ seq, hash, at, offset, tallies, people }: KeptAlertMemory): AlertMemory => ({
  seq,
  hash,
  at,
  offset,
  tallies: new Map(tallies.map(([rule, keys]) => [rule, new Map(keys)] as const)),
  people: new Map(people),
});

/** A rule that fits, by the row with the last of `seqs`. `address` is personal. */
export type Raised = {
  readonly rule: Pick<AlertRule, 'name' | 'query' | 'withinMs' | 'by' | 'severity'>;
  readonly count: number;
  readonly about: string | undefined;
  readonly address: string | undefined;
  readonly seqs: readonly number[];
};

/** Takes one row into the memory; says what it raises. What the rules themselves raised is not looked at. */
export function foldAlerts(memory: AlertMemory, rules: readonly AlertRule[], row: AuditRow): readonly Raised[] {
  const now = logTime(memory, row);
  memory.seq = row.seq;
  memory.hash = row.hash;
  if (row.type === 'alert.raised') return [];
  const fresh = lookedAt(memory, row);
  if (row.type === 'person.erased' || row.seq % lookEvery === 0) forgetOld(memory, rules, now);
  return rules.flatMap((rule) => (rule.fits(row) ? (raisedBy(memory, rule, row, now, fresh) ?? []) : []));
}

function logTime(memory: AlertMemory, row: AuditRow): number {
  const byMs = row.type === 'clock.stepped' ? row.data['byMs'] : undefined;
  if (typeof byMs === 'number') memory.offset += byMs;
  // Also where nothing was said of it: across a start nobody can tell.
  if (row.at - memory.offset < memory.at) memory.offset = row.at - memory.at;
  memory.at = row.at - memory.offset;
  return memory.at;
}

const string = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const personOf = (row: AuditRow): string | undefined => (row.actor.kind === 'person' ? row.actor.id : string(row.data['person']));
const serverOf = (row: AuditRow): string | undefined =>
  string(row.data['server']) ?? (row.target?.id.startsWith('srv_') === true ? row.target.id : undefined);

/** What of it the person was never seen with. Learned whether a rule asks or not; of a device or a network, the first of all is expected. */
function lookedAt(memory: AlertMemory, row: AuditRow): ReadonlySet<Thing> {
  const fresh = new Set<Thing>();
  if (row.type === 'person.erased' || row.type === 'person.removed') {
    const gone = string(row.data['person']);
    if (gone !== undefined) memory.people.delete(gone);
    return fresh;
  }
  const person = personOf(row);
  if (person === undefined || row.outcome !== 'ok') return fresh;
  const met: Readonly<Record<Thing, string | undefined>> = {
    device: row.type === 'device.registered' ? string(row.data['device']) : undefined,
    network: row.address === undefined ? undefined : networkOf(row.address),
    server: row.type === 'session.started' ? serverOf(row) : undefined,
  };
  if (met.device === undefined && met.network === undefined && met.server === undefined) return fresh;
  const known = memory.people.get(person) ?? { device: [], network: [], server: [] };
  recent(memory.people, person, known, mostPeople);
  for (const thing of ['device', 'network', 'server'] as const) {
    const one = met[thing];
    if (one === undefined) continue;
    const at = known[thing].indexOf(one);
    if (at === -1 && (thing === 'server' || known[thing].length > 0)) fresh.add(thing);
    if (at !== -1) known[thing].splice(at, 1);
    known[thing].push(one);
    if (known[thing].length > mostSeen[thing]) known[thing].shift();
  }
  return fresh;
}

/** Puts it last; the one that was used least recently goes when there are too many. */
function recent<T>(table: Map<string, T>, key: string, value: T, most: number): void {
  table.delete(key);
  table.set(key, value);
  if (table.size <= most) return;
  for (const oldest of table.keys()) {
    table.delete(oldest);
    return;
  }
}

function raisedBy(
  memory: AlertMemory,
  rule: AlertRule,
  row: AuditRow,
  now: number,
  fresh: ReadonlySet<Thing>,
): Raised | undefined {
  const key = keyOf(rule, row);
  if (key === undefined) return undefined;
  const raised = { rule, about: aboutOf(rule, key), address: rule.by === 'address' ? key : undefined };
  const { look } = rule;
  switch (look) {
    case 'device':
    case 'network':
    case 'server':
      // What is new is new once: there is nothing to count.
      if (!fresh.has(look)) return undefined;
      return { ...raised, count: 1, seqs: [row.seq], address: look === 'network' ? row.address : undefined };
    case 'off-hours':
      if (rule.hours === undefined || windowOpen(rule.hours, row.at)) return undefined;
      break;
    case 'count':
    case 'servers':
      break;
    default:
      look satisfies never;
  }
  const of = look === 'servers' ? serverOf(row) : undefined;
  if (look === 'servers' && of === undefined) return undefined;
  // Refusals of strangers are told together: each counts.
  const told = row.type === 'stranger.refused' ? row.data['count'] : undefined;
  const weight = typeof told === 'number' && told > 0 ? told : 1;
  const { hits, raisedAt } = counted(memory, rule, key, { at: now, seq: row.seq, weight, ...(of === undefined ? {} : { of }) });
  const total = look === 'servers' ? hits.length : hits.reduce((sum, one) => sum + one.weight, 0);
  if (total < rule.count || (raisedAt !== undefined && now - raisedAt < rule.withinMs)) return undefined;
  talliesOf(memory, rule).set(key, { hits, raisedAt: now });
  return { ...raised, count: total, seqs: hits.slice(-mostSeqs).map(({ seq }) => seq) };
}

/** What no longer counts may be an address that somebody had. */
function forgetOld(memory: AlertMemory, rules: readonly AlertRule[], now: number): void {
  const live = new Map(rules.map((rule) => [talliesId(rule), rule] as const));
  for (const [id, tallies] of memory.tallies) {
    const rule = live.get(id);
    if (rule === undefined) memory.tallies.delete(id);
    else
      for (const [key, { hits, raisedAt }] of tallies)
        if (now - Math.max(hits.at(-1)?.at ?? Number.MIN_SAFE_INTEGER, raisedAt ?? Number.MIN_SAFE_INTEGER) >= rule.withinMs)
          tallies.delete(key);
  }
}

const talliesId = ({ name, query, count: most, withinMs, by, look }: AlertRule): string =>
  JSON.stringify([name, query, most, withinMs, by, look]);

/** A rule that counts otherwise than before begins anew. */
function talliesOf(memory: AlertMemory, rule: AlertRule): Map<string, Tally> {
  const id = talliesId(rule);
  let tallies = memory.tallies.get(id);
  if (tallies === undefined) {
    tallies = new Map();
    memory.tallies.set(id, tallies);
  }
  return tallies;
}

/** With this hit, and without those that are too old. As many are kept as could matter: the newest, one a server where servers are counted. */
function counted(memory: AlertMemory, rule: AlertRule, key: string, fresh: Hit): Tally {
  const tallies = talliesOf(memory, rule);
  const had = tallies.get(key);
  const within = (had?.hits ?? []).filter(
    ({ at, of }) => fresh.at - at < rule.withinMs && (fresh.of === undefined || of !== fresh.of),
  );
  const next: Tally = { hits: [...within, fresh].slice(-rule.count), raisedAt: had?.raisedAt };
  recent(tallies, key, next, mostKeys);
  return next;
}

function keyOf(rule: AlertRule, row: AuditRow): string | undefined {
  switch (rule.by) {
    case 'actor':
      return row.actor.id ?? string(row.data['person']) ?? (row.actor.kind === 'gateway' ? 'gateway' : undefined);
    case 'server':
      return serverOf(row);
    case 'address':
      // Whoever has an IPv6 address has 2^64 of them.
      return row.address === undefined ? undefined : (placeOf(row.address) ?? row.address);
    case 'all':
      return '';
    default:
      return rule.by satisfies never;
  }
}

const aboutOf = (rule: AlertRule, key: string): string | undefined =>
  rule.by === 'actor' || rule.by === 'server' ? key : undefined;
