// When a recurring window is open (E20): days and hours of a place on earth, as instants. Pure; the rules of a zone come with the runtime (Intl).
//
// A window begins and ends at instants, not at readings of a clock: where clocks are set back, an hour that comes twice counts the first time; where they are
// set forward, an hour that is missing is read as if they had not been yet. A window that would end before it begins on such a day is not open on that day.
// By nature it goes by the wall clock; the end of the whole grant does not (R11).
import type { WeekWindow } from '../protocol/access-nouns.ts';
import type { Instant } from '../protocol/nouns.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** A turn is at most so many days away: a week, another where clocks were set on the one day, and its night. */
const daysAhead = 16;

type Day = { readonly year: number; readonly month: number; readonly day: number };
type Span = { readonly from: Instant; readonly to: Instant };

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Whether this runtime knows the zone. */
export function zoneKnown(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What a clock on the wall shows there, as if it were UTC; ms. */
function shown(zone: string, at: Instant): number {
  const part = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

function dayOf(shownAt: number): Day {
  const date = new Date(shownAt);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
}

/** The instant at which a clock there shows this, for the first time. */
function instantOf(zone: string, { year, month, day }: Day, minutes: number): Instant {
  const reading = Date.UTC(year, month, day) + minutes * minuteMs;
  const ahead = (at: number): number => shown(zone, at) - at;
  const [before, after] = [ahead(reading - dayMs), ahead(reading + dayMs)];
  const fitting = [reading - before, reading - after].filter((at) => shown(zone, at) === reading);
  return fitting.length === 0 ? reading - before : Math.min(...fitting);
}

function minutesOf(clockTime: string): number {
  const [hours = '0', minutes = '0'] = clockTime.split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** Minutes it is open at a stretch, at most; Infinity where it never shuts. Whole days of the week on end are one stretch. */
export function longestOpening({ days, from, to }: WeekWindow): number {
  const minutes = minutesOf(to) - minutesOf(from);
  if (minutes !== 0) return (minutes + 1440) % 1440;
  const on = new Set(days);
  if (on.size === 7) return Number.POSITIVE_INFINITY;
  let longest = 0;
  for (const first of on) {
    let length = 0;
    while (on.has(((first - 1 + length) % 7) + 1)) length += 1;
    longest = Math.max(longest, length);
  }
  return longest * 1440;
}

/** The spans it is open in around an instant, in order, those that touch as one. */
function spansAround(window: WeekWindow, at: Instant): readonly Span[] {
  const { zone } = window;
  const [from, to] = [minutesOf(window.from), minutesOf(window.to)];
  const today = Math.floor(shown(zone, at) / dayMs) * dayMs;
  const spans: Span[] = [];
  for (let ahead = -2; ahead <= daysAhead; ahead += 1) {
    const first = today + ahead * dayMs;
    // Monday is 1; 1 January 1970 was a Thursday.
    const weekday = ((Math.floor(first / dayMs) + 3) % 7) + 1;
    if (!window.days.includes(weekday)) continue;
    const begins = instantOf(zone, dayOf(first), from);
    const ends = instantOf(zone, dayOf(to <= from ? first + dayMs : first), to);
    if (ends <= begins) continue;
    const last = spans.at(-1);
    if (last !== undefined && begins <= last.to) spans[spans.length - 1] = { from: last.from, to: Math.max(last.to, ends) };
    else spans.push({ from: begins, to: ends });
  }
  return spans;
}

type Standing = { readonly open: boolean; readonly since: Instant; readonly turn: Instant | undefined };

/** Asked every second of the same few windows: what was found holds until the next turn. Windows are values. */
const found = new WeakMap<WeekWindow, Standing>();

function standingAt(window: WeekWindow, at: Instant): Standing {
  const had = found.get(window);
  if (had !== undefined && had.since <= at && (had.turn === undefined ? at < had.since + dayMs : at < had.turn)) return had;
  // The last span may go on beyond what was looked at.
  const horizon = at + (daysAhead - 1) * dayMs;
  const span = spansAround(window, at).find(({ to }) => to > at);
  const open = span !== undefined && span.from <= at;
  const next = open ? span.to : span?.from;
  const made = { open, since: at, turn: next !== undefined && next < horizon ? next : undefined };
  found.set(window, made);
  return made;
}

/** Whether it is open at that instant. */
export const windowOpen = (window: WeekWindow, at: Instant): boolean => standingAt(window, at).open;

/** The first instant after this one at which it opens or shuts; undefined where it is always open, or never. */
export const nextTurn = (window: WeekWindow, at: Instant): Instant | undefined => standingAt(window, at).turn;
