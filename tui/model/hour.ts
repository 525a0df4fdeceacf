// A moment as a sentence tells it.
const two = (n: number): string => String(n).padStart(2, '0');

/** `14:05` on this machine's clock; with the day when that is not today. */
export function hourOf(at: number, now: number): string {
  const date = new Date(at);
  const hour = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return date.toDateString() === new Date(now).toDateString() ? hour : `${date.toDateString().slice(0, 10)} ${hour}`;
}
