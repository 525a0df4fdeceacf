// A recurring window as people write and read it: `mon-fri 22:00-06:00 Europe/Berlin`. Pure.
import type { WeekWindow } from './access-nouns.ts';

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const dayName = (day: number): string => dayNames[day - 1] ?? '';

/** Days that follow each other as a range, from three on. */
function daysWords(days: readonly number[]): string {
  const sorted = [...new Set(days)].toSorted((a, b) => a - b);
  const words: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end += 1;
    const [first = 0, last = 0] = [sorted[at], sorted[end]];
    if (end - at >= 2) words.push(`${dayName(first)}-${dayName(last)}`);
    else for (let day = first; day <= last; day += 1) words.push(dayName(day));
    at = end + 1;
  }
  return words.join(',');
}

export const windowWords = ({ days, from, to, zone }: WeekWindow): string => `${daysWords(days)} ${from}-${to} ${zone}`;

/** Days of `mon-fri`, `sat,sun` or `daily`; undefined when it is none. `sat-mon` goes over the end of the week. */
function readDays(text: string): readonly number[] | undefined {
  if (text === 'daily') return [1, 2, 3, 4, 5, 6, 7];
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const [from, to] = [dayNames.findIndex((name) => name === first), dayNames.findIndex((name) => name === last)];
    if (from < 0 || to < 0 || more.length > 0) return undefined;
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day + 1);
      if (day === to) break;
    }
  }
  return [...days].toSorted((a, b) => a - b);
}

/** The same way round; undefined when it is no window. Whether there is such a zone is for the gateway to say. */
export function readWindow(text: string): WeekWindow | undefined {
  const [daysText = '', hours = '', zone = '', ...more] = text.trim().split(/\s+/);
  const days = readDays(daysText.toLowerCase());
  const times = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(hours);
  const [, from, to] = times ?? [];
  if (days === undefined || from === undefined || to === undefined || zone === '' || more.length > 0) return undefined;
  return { days: [...days], from, to, zone };
}
