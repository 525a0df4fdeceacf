// The rules about events (S78): the built-in ones, and those of config.json, which may stand in their place or switch them off. Pure.
import { zoneKnown } from '../access/window.ts';
import type { WeekWindow } from '../protocol/access-nouns.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { AlertRow } from '../protocol/trail-nouns.ts';
import type { AlertConfig } from '../trail-config.ts';
import { type AuditQuery, parseQuery } from './query.ts';

/**
 * What is looked for in the events that fit the query. count: so many of them · servers: of so many servers · off-hours: so many outside the hours of
 * work · device, network, server: one that the person was never seen with.
 */
type Look = 'count' | 'servers' | 'off-hours' | 'device' | 'network' | 'server';

export type AlertRule = AlertRow & {
  readonly look: Look;
  readonly fits: AuditQuery;
  /** Of `off-hours`: when one works. */
  readonly hours?: WeekWindow;
  /** What it means, for the sentence; absent = the number of events says it. */
  readonly words?: string;
};

type Builtin = Omit<AlertRow, 'builtin'> & { readonly look: Look; readonly words?: string };
const minute = 60_000;
const once = { count: 1, withinMs: 5 * minute, by: 'all', severity: 'alert', look: 'count' } as const;
/** Of a person: told each time that it is new. */
const seenFirst = { count: 1, withinMs: minute, by: 'actor', severity: 'warning' } as const;

const builtins: readonly Builtin[] = [
  {
    name: 'denied-burst',
    query: 'type:access.denied',
    count: 10,
    withinMs: 5 * minute,
    by: 'actor',
    severity: 'alert',
    look: 'count',
    words: 'denied again and again',
  },
  {
    name: 'refused-burst',
    query: 'type:*.refused',
    count: 10,
    withinMs: 5 * minute,
    by: 'address',
    severity: 'alert',
    look: 'count',
    words: 'sign-ins and proofs refused again and again',
  },
  { ...seenFirst, name: 'new-device', query: 'type:device.registered', look: 'device', words: 'a device not seen before' },
  {
    ...seenFirst,
    name: 'new-network',
    query: 'outcome:ok address:*',
    look: 'network',
    words: 'in a network not seen before (a network of addresses, which says nothing of a country)',
  },
  {
    ...seenFirst,
    name: 'first-time-server',
    query: 'type:session.started',
    severity: 'info',
    look: 'server',
    words: 'a first shell on a server',
  },
  {
    name: 'off-hours',
    query: 'type:session.started',
    count: 1,
    withinMs: 12 * 60 * minute,
    by: 'actor',
    severity: 'warning',
    look: 'off-hours',
    words: 'a shell outside the hours of work',
  },
  {
    name: 'mass-attach',
    query: 'type:session.started',
    count: 10,
    withinMs: 10 * minute,
    by: 'actor',
    severity: 'alert',
    look: 'servers',
    words: 'shells on many servers at once',
  },
  { ...once, name: 'break-glass', query: 'type:breakglass.opened', words: 'the glass was broken' },
  {
    ...once,
    name: 'anchor-trouble',
    query: 'type:anchor.*,trail.stale,anchored.conflict severity:alert',
    words: 'an anchor is behind, or holds another log than it should',
  },
  { ...once, name: 'witness-conflict', query: 'type:witness.conflict', words: 'somebody remembers another log' },
  { ...once, name: 'sink-late', query: 'type:sink.late', severity: 'warning', words: 'events do not arrive' },
  { ...once, name: 'log-torn', query: 'type:audit.recovered', severity: 'warning', words: 'the log was torn by a crash' },
  {
    ...once,
    name: 'log-unsigned',
    query: 'type:gateway.started "the signed head beside its log was"',
    words: 'the gateway started without the signed head of its log: its end may have been cut',
  },
  { ...once, name: 'log-restored', query: 'type:gateway.restored', words: 'the log goes on from a backup' },
  { ...once, name: 'log-purged', query: 'type:segment.purged', severity: 'warning', words: 'records were purged' },
  { ...once, name: 'clock-stepped', query: 'type:clock.stepped', severity: 'warning', words: 'the wall clock was set' },
];

/** Of what fitted while nobody watched the log: how many are left out (alerts-due.ts). Its name is nobody else's, and it is not switched off. */
export const moreAlerts = {
  name: 'more-alerts',
  severity: 'alert',
  words: 'rules fitted while nobody watched; not told one by one',
} as const;

/** Said already, and louder, by those who watch it (break-glass-watch.ts): no toast besides. */
export const saidElsewhere: ReadonlySet<string> = new Set(['break-glass']);

export type WorkHours = { readonly from: number; readonly to: number; readonly zone?: string | undefined };

/**
 * The rules in force. Without hours of work there is no rule about them.
 * @param zone of this machine, where the hours name none. Error: bad-request naming the rule and the term of its query.
 */
export function alertRules(
  config: readonly AlertConfig[],
  workHours: WorkHours | undefined,
  zone: string,
  now: Instant,
): Result<readonly AlertRule[]> {
  const said = new Map(config.map((one) => [one.name, one] as const));
  if (said.size < config.length) return refuse('bad-request', 'config.json: two alerts of one name');
  if (said.has(moreAlerts.name)) return refuse('bad-request', `config.json: alert ${moreAlerts.name}: that name is taken`);
  if (workHours?.zone !== undefined && !zoneKnown(workHours.zone))
    return refuse('bad-request', `config.json: trail.workHours.zone: no time zone is called ${workHours.zone}`);
  const rules: AlertRule[] = [];
  const add = (rule: Omit<AlertRule, 'fits'>): Result<undefined> => {
    const fits = parseQuery(rule.query, now);
    if (!fits.ok) return refuse('bad-request', `config.json: alert ${rule.name}: ${fits.problem.detail ?? ''}`);
    rules.push({ ...rule, fits: fits.value });
    return fine(undefined);
  };
  for (const rule of builtins) {
    if (said.has(rule.name) || (rule.look === 'off-hours' && workHours === undefined)) continue;
    const hours = rule.look === 'off-hours' && workHours !== undefined ? { hours: weekOf(workHours, zone) } : {};
    const added = add({ ...rule, builtin: true, ...hours });
    if (!added.ok) return added;
  }
  for (const one of config) {
    if ('off' in one) continue;
    const added = add({ ...one, builtin: false, look: 'count' });
    if (!added.ok) return added;
  }
  return fine(rules);
}

const hour = (of: number): string => `${String(of).padStart(2, '0')}:00`;
const weekOf = ({ from, to, zone }: WorkHours, here: string): WeekWindow => ({
  days: [1, 2, 3, 4, 5],
  from: hour(from),
  to: hour(to % 24),
  zone: zone ?? here,
});

export const alertRow = ({ name, query, count, withinMs, by, severity, builtin }: AlertRule): AlertRow => ({
  name,
  query,
  count,
  withinMs,
  by,
  severity,
  builtin,
});

/** What a built-in rule means; undefined for the others. */
export const alertWords = (name: string): string | undefined =>
  [...builtins, moreAlerts].find((rule) => rule.name === name)?.words;
