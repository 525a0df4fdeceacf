// Ages, spans and sizes as they are read. Nothing here changes more often than once a minute, so that an idle screen stays still.

/** Time since `at`, at most four cells: `<1m`, `5m`, `3h`, `12d`, `40w`, `3y`. */
export function age(at: number, now: number): string {
  const minutes = Math.floor(Math.max(0, now - at) / 60_000);
  if (minutes < 1) return '<1m';
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 100) return `${days}d`;
  const weeks = Math.floor(days / 7);
  return weeks < 100 ? `${weeks}w` : `${Math.floor(days / 365)}y`;
}

/** Time left until `at`, in minutes and seconds: `4:07`; `0:00` when it is past. */
export function countdown(at: number, now: number): string {
  const seconds = Math.max(0, Math.ceil((at - now) / 1000));
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)}:${rest < 10 ? '0' : ''}${rest}`;
}

/** At most five cells: `0`, `999`, `1.2k`, `45M`, `3.1G`. */
export function bytes(count: number): string {
  if (count < 1_000) return String(count);
  const units = ['k', 'M', 'G', 'T', 'P'];
  let value = count / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
}

/** Hundredths of load: `0.42`, `12.0`, `104`. */
export function load(load100: number): string {
  const value = load100 / 100;
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : String(Math.round(value));
}

const two = (n: number) => (n < 10 ? `0${n}` : String(n));
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `14:05` on this machine's clock. */
export function clock(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

export const isToday = (at: number, now: number): boolean => new Date(at).toDateString() === new Date(now).toDateString();

/** Eight cells: `14:05:33` for today, `21 Nov` before. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  return isToday(at, now) ? `${clock(at)}:${two(date.getSeconds())}` : `${two(date.getDate())} ${months[date.getMonth()]}`;
}

/** `21 Nov 2026 14:05:33`. */
export function fullMoment(at: number): string {
  const date = new Date(at);
  return `${date.getDate()} ${months[date.getMonth()]} ${date.getFullYear()} ${clock(at)}:${two(date.getSeconds())}`;
}

/** Thousands set apart: `12,345`. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
