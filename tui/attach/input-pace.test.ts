import { expect, test } from 'vitest';
import { openInputPace } from './input-pace.ts';
import { pieceBytes } from './keys.ts';

/** A line of so many bytes a ms and so much delay each way, that carries what is sent in order. Times in ms. */
function paste(bytes: number, rate: number, oneWayMs: number) {
  const pace = openInputPace(0);
  let now = 0;
  let sent = 0;
  let free = 0;
  let mostQueued = 0;
  let answers: number[] = [];
  const ask = (): void => void answers.push(Math.max(now, free) + 2 * oneWayMs);
  const send = (): void => {
    if (pace.begins(bytes - sent, now)) ask();
    while (sent < bytes && sent < pace.limit()) {
      const piece = Math.min(pieceBytes, bytes - sent, pace.limit() - sent);
      sent += piece;
      free = Math.max(now, free) + piece / rate;
      mostQueued = Math.max(mostQueued, (free - now) * rate);
      if (pace.sent(sent, bytes - sent, now)) ask();
    }
  };
  send();
  for (let next = answers.shift(); next !== undefined; next = answers.shift()) {
    now = next;
    pace.answered(now);
    send();
    answers = answers.toSorted((a, b) => a - b);
  }
  return { sent, tookMs: now, mostQueued, window: pace.window() };
}

test('[LOWBAND 5.8] on a thin line about one piece waits beyond what the line holds, and the line is not idle', () => {
  const rate = 8; // 64 kbit/s
  const { sent, tookMs, mostQueued } = paste(200_000, rate, 150);
  expect(sent).toBe(200_000);
  // What the line holds at once is 2.4 KB; a window that is being found out may go a little beyond.
  expect(mostQueued).toBeLessThan(9 * 1024);
  expect(tookMs).toBeLessThan(1.35 * (200_000 / rate));
  const later = paste(100_000, rate, 150);
  expect(later.window).toBeLessThan(5 * 1024);
});

test('[LOWBAND 5.8] a good line is not held up: a megabyte takes little longer than the line needs', () => {
  const { tookMs } = paste(1_048_576, 12_500, 0.3); // 100 Mbit/s
  expect(tookMs).toBeLessThan(250);
});

test('[LOWBAND 5.8] single keys ask nothing of the gateway', () => {
  const pace = openInputPace(0);
  for (let key = 1; key <= 500; key += 1) {
    expect(pace.begins(1, key)).toBe(false);
    expect(pace.sent(key, 0, key)).toBe(false);
    pace.confirmed(key);
  }
  expect(pace.limit()).toBeGreaterThan(500);
});

test('[LOWBAND 5.8] answers that come together because this program was busy do not open the window', () => {
  const pace = openInputPace(0);
  let sent = 0;
  let now = 0;
  let free = 0;
  const due: number[] = [];
  const send = (): void => {
    if (pace.begins(1_000_000, now)) due.push(Math.max(now, free) + 300);
    while (sent < pace.limit()) {
      sent += Math.min(pieceBytes, pace.limit() - sent);
      free = Math.max(now, free) + pieceBytes / 8;
      if (pace.sent(sent, 1_000_000, now)) due.push(Math.max(now, free) + 300);
    }
  };
  send();
  for (let turn = 0; turn < 60; turn += 1) {
    // Every other turn it looks up only after 900 ms.
    now = Math.max(now, due[0] ?? now) + (turn % 2 === 0 ? 900 : 0);
    while ((due[0] ?? Number.POSITIVE_INFINITY) <= now) {
      due.shift();
      pace.answered(now);
    }
    send();
    if (turn > 10) expect(pace.window()).toBeLessThan(8 * 1024);
  }
});
