// How well the doors hold (E19), out of what the audit log and the lists say: who was refused and why, who waits, what is locked or broken open. Pure.
import type { BreakGlassRow } from '../../gateway/protocol/access-nouns.ts';
import type { AuditRow, LockRow, PersonRow } from '../../gateway/protocol/nouns.ts';

export type Refusals = {
  readonly at: 'sign-in' | 'factor' | 'break-glass' | 'agent' | 'peer';
  readonly cause: string;
  readonly count: number;
  /** Whom it was about, where that is known. */
  readonly people: readonly string[];
  /** Where it came from, the busiest first. */
  readonly addresses: readonly string[];
  readonly lastAt: number;
};

export type SecurityStatus = {
  readonly since: number;
  readonly refusals: readonly Refusals[];
  /** People whose codes are not looked at before then. */
  readonly throttled: readonly { readonly person: string; readonly until: number }[];
  /** These three are left out for who may not see them. */
  readonly locks?: readonly LockRow[];
  readonly breakGlass?: { readonly open: readonly BreakGlassRow[]; readonly unreviewed: readonly BreakGlassRow[] };
  /** People who may sign in and have no second factor. */
  readonly withoutFactor?: readonly string[];
  /** Devices of the last week that were new. */
  readonly devices: readonly { readonly person: string; readonly machine: string; readonly at: number }[];
  /** The log holds more than was read. */
  readonly partly: boolean;
};

const doors: Readonly<Record<string, Refusals['at']>> = {
  'login.refused': 'sign-in',
  'factor.refused': 'factor',
  'breakglass.refused': 'break-glass',
  'agent.refused': 'agent',
  'stranger.refused': 'peer',
};
const mostAddresses = 5;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const rowAs = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** Refusals of each door by cause, the most first. One record of a peer may stand for many. */
export function refusalsOf(rows: readonly AuditRow[], nameOf: (id: string) => string): readonly Refusals[] {
  const found = new Map<string, { at: Refusals['at']; cause: string; count: number; lastAt: number } & Counted>();
  for (const { type, at: when, data, address } of rows) {
    const door = doors[type];
    if (door === undefined) continue;
    const cause = text(data['cause']) ?? 'unknown';
    const key = `${door} ${cause}`;
    const one = found.get(key) ?? { at: door, cause, count: 0, lastAt: 0, people: new Set(), addresses: new Map() };
    const count = number(data['count']) ?? 1;
    one.count += count;
    one.lastAt = Math.max(one.lastAt, when);
    const person = text(data['person']);
    if (person !== undefined) one.people.add(nameOf(person));
    if (address !== undefined) one.addresses.set(address, (one.addresses.get(address) ?? 0) + count);
    found.set(key, one);
  }
  return [...found.values()]
    .toSorted((a, b) => b.count - a.count)
    .map(({ people, addresses, ...one }) => ({
      ...one,
      people: [...people].toSorted(),
      addresses: [...addresses]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, mostAddresses)
        .map(([address]) => address),
    }));
}
type Counted = { readonly people: Set<string>; readonly addresses: Map<string, number> };

/** Who waits, until when: what a later proof or reset undid is not known here, so that it may be shown as waiting still. */
export function throttledOf(rows: readonly AuditRow[], nameOf: (id: string) => string, now: number) {
  const until = new Map<string, number>();
  for (const { type, data } of rows) {
    const person = text(data['person']);
    const at = number(data['until']);
    if (type === 'factor.refused' && person !== undefined && at !== undefined) until.set(person, at);
  }
  return [...until].filter(([, at]) => at > now).map(([person, at]) => ({ person: nameOf(person), until: at }));
}

export const devicesOf = (rows: readonly AuditRow[], nameOf: (id: string) => string): SecurityStatus['devices'] =>
  rows
    .filter(({ type }) => type === 'device.registered')
    .map(({ data, at }) => ({
      person: nameOf(text(data['person']) ?? ''),
      machine: text(rowAs(data['personal'])['machine']) ?? '',
      at,
    }));

export const withoutFactor = (people: readonly PersonRow[]): readonly string[] =>
  people.filter(({ factor, status }) => factor === 'none' && status === 'active').map(({ name }) => name);
