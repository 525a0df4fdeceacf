// A chosen set of servers, and what is asked for on them, as sentences tell it.
import type { AccessTerms, WeekWindow } from '../../gateway/protocol/access-nouns.ts';
import type { Selector } from '../../gateway/protocol/nouns.ts';

/** `web-*,env=prod`: as it is typed; `every server` where nothing narrows it. */
export function selectorWords({ name, labels }: Selector): string {
  const parts = [...(name === undefined ? [] : [name]), ...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)];
  return parts.length === 0 ? 'every server' : parts.join(',');
}

/** `45m`, `1h`, `1h 30m`, `2d 4h`. */
export function spanWords(minutes: number): string {
  const days = Math.floor(minutes / 1_440);
  const hours = Math.floor((minutes % 1_440) / 60);
  const rest = minutes % 60;
  const parts = [days === 0 ? '' : `${days}d`, hours === 0 ? '' : `${hours}h`, rest === 0 ? '' : `${rest}m`];
  return parts.filter((part) => part !== '').join(' ') || '0m';
}

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** `mon tue 22:00–06:00 Europe/Berlin`. */
export const windowWords = ({ days, from, to, zone }: WeekWindow): string =>
  `${days.map((day) => dayNames[day - 1] ?? '').join(' ')} ${from}–${to} ${zone}`;

type Placed = { readonly terms: AccessTerms; readonly serverCount: number; readonly servers: readonly string[] };

/** The one server it chooses, by its name; else how it was chosen. */
export const placeWords = ({ terms, serverCount, servers: [first] }: Placed): string =>
  serverCount === 1 && first !== undefined ? first : selectorWords(terms.servers);

/** `full on db-1 for 1h`. */
export const termsWords = (row: Placed): string => `${row.terms.level} on ${placeWords(row)} for ${spanWords(row.terms.minutes)}`;
