// Instants as people write them in a query: `2h`, `today`, `tue 15:00`, `2026-11-22`, `2026-11-22T15:00+01:00`. What has no zone is in UTC, the zone in
// which the log is shown. Pure.

/** From the first to the last millisecond of what was meant: of `today` a whole day, of `15:00` one instant. */
export type Span = { readonly from: number; readonly to: number };

const dayMs = 86_400_000;
const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: dayMs, w: 7 * dayMs };
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
/** Around a clock time given without its own `±`, ms: who asks for "tue 15:00" does not mean one millisecond. */
const aroundMs = 15 * 60_000;

const startOfDay = (at: number): number => at - (((at % dayMs) + dayMs) % dayMs);
const instant = (at: number): Span => ({ from: at, to: at });
const wholeDay = (from: number): Span => ({ from, to: from + dayMs - 1 });

/** Length of a span such as `90s`, `2h`, `1h30m`, ms. */
function lengthOf(text: string): number | undefined {
  if (!/^(\d{1,6}[smhdw])+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) ms += Number(count) * (unitMs[unit ?? ''] ?? 0);
  return ms;
}

/** What a day is called, as its first instant. A weekday is the last one, today included. */
function dayNamed(word: string, now: number): number | undefined {
  const today = startOfDay(now);
  if (word === 'today') return today;
  if (word === 'yesterday') return today - dayMs;
  if (/^\d{4}-\d{2}-\d{2}$/.test(word)) {
    const at = Date.parse(`${word}T00:00:00Z`);
    // A 31st of a shorter month is no day.
    return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== word ? undefined : at;
  }
  if (!/^[a-z]{3,9}$/.test(word)) return undefined;
  const weekday = weekdays.findIndex(
    (name) =>
      name === word ||
      name.slice(0, 3) === word ||
      (word === 'tues' && name === 'tuesday') ||
      (word === 'thurs' && name === 'thursday'),
  );
  return weekday === -1 ? undefined : today - ((new Date(today).getUTCDay() - weekday + 7) % 7) * dayMs;
}

/** A time of day, and how far its zone is ahead of UTC, ms. */
function clockTime(text: string): { readonly ofDay: number; readonly ahead: number } | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,3})?)?(z|[+-]\d{2}:?\d{2})?$/.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const zone = match[4] ?? 'z';
  const ahead =
    zone === 'z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000;
  return { ofDay: (hours * 3600 + minutes * 60 + seconds) * 1000, ahead };
}

/** What a moment means, counted from `now`; undefined when it means none. A clock time that is still to come today, or this weekday, was the last one. */
export function spanOf(given: string, now: number): Span | undefined {
  const text = given
    .trim()
    .toLowerCase()
    .replace(/\s+ago$/, '');
  if (text === 'now') return instant(now);
  const length = lengthOf(text);
  if (length !== undefined) return instant(now - length);
  const day = dayNamed(text, now);
  if (day !== undefined) return wholeDay(day);
  const [, dayWord, clock = ''] = /^(?:(\S+?)(?:\s+(?:at\s+)?|(?<=\d)t))?(\d{1,2}:\S+)$/.exec(text) ?? [];
  const time = clockTime(clock);
  if (time === undefined) return undefined;
  const base = dayWord === undefined ? startOfDay(now) : dayNamed(dayWord, now);
  if (base === undefined) return undefined;
  const at = base + time.ofDay - time.ahead;
  const everySoOften =
    dayWord === undefined ? dayMs : /^[a-z]/.test(dayWord) && dayWord !== 'today' && dayWord !== 'yesterday' ? 7 * dayMs : 0;
  return instant(at > now ? at - everySoOften : at);
}

/** What `at:` means: a day, a range `A..B`, or a moment with so much around it (`tue 15:00±30m`, also written `+-30m`). */
export function aroundOf(given: string, now: number): Span | undefined {
  const range = given.split('..');
  if (range.length === 2) {
    const [first = '', last = ''] = range.map((one) => one.trim());
    const from = spanOf(first, now);
    // A clock time that ends a range is the next one after its beginning.
    const to = spanOf(last, from !== undefined && /^\d{1,2}:/.test(last) ? from.from + dayMs : now);
    return from === undefined || to === undefined || to.to < from.from ? undefined : { from: from.from, to: to.to };
  }
  const [moment = '', around, ...more] = given.split(/\s*(?:±|\+-|\+\/-)\s*/);
  const span = spanOf(moment, now);
  if (span === undefined || more.length > 0) return undefined;
  const ms = around === undefined ? (span.from === span.to ? aroundMs : 0) : lengthOf(around.trim().toLowerCase());
  return ms === undefined ? undefined : { from: span.from - ms, to: span.to + ms };
}
