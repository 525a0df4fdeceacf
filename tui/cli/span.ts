// A span of time as people write it in a flag. Pure.
import { type Result, refuse } from '../../gateway/protocol/errors.ts';

const unitMinutes = { m: 1, h: 60, d: 1440 } as const;

/** Whole minutes of `90`, `30m`, `2h`, `1h30m`, `7d`. Errors: `usage`, naming the flag. */
export function minutesOf(flag: string, text: string, most: number): Result<number> {
  const plain = /^\d{1,6}$/.test(text) ? `${text}m` : text;
  if (!/^(\d{1,6}[mhd])+$/.test(plain)) return refuse('usage', `${flag} is a span such as 30m, 2h or 7d`);
  const minutes = [...plain.matchAll(/(\d+)([mhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (unit === 'd' ? unitMinutes.d : unit === 'h' ? unitMinutes.h : unitMinutes.m),
    0,
  );
  return minutes >= 1 && minutes <= most
    ? { ok: true, value: minutes }
    : refuse('usage', `${flag} is from 1m to ${most / 1440}d`);
}
