import { expect, test } from 'vitest';
import { openUplink, patienceMs, type Uplink } from './uplink.ts';

/** A line of so many bytes a second and so long a way, filled with runs of 32 KiB as far as the uplink lets it, for some time. */
function flood(
  uplink: Uplink,
  bytesPerSecond: number,
  roundTripMs: number,
  forMs: number,
  ratio: () => number,
  from = 0,
): number {
  let now = from;
  let end = from * 1_000_000;
  let freeAt = now;
  let most = 0;
  const acks: { at: number; end: number; wire: number }[] = [];
  let underWay = 0;
  while (now < from + forMs) {
    while (underWay < 256 * 1024 && !uplink.full(now)) {
      const wire = Math.round(32_768 / ratio());
      end += 32_768;
      uplink.sent(1, end, wire, now);
      freeAt = Math.max(freeAt, now) + (wire * 1000) / bytesPerSecond;
      acks.push({ at: freeAt + roundTripMs, end, wire });
      underWay += wire;
      most = Math.max(most, underWay);
    }
    const next = acks.shift();
    if (next === undefined) {
      now += 10;
      continue;
    }
    now = Math.max(now, next.at);
    underWay -= next.wire;
    uplink.arrived(1, next.end, now);
  }
  return most;
}

test('a line whose greeting took long is thin from the first byte, and stays so while it is slow: little is ever under way', () => {
  const uplink = openUplink(300, 0);
  expect(uplink.thin).toBe(true);
  expect(flood(uplink, 8_000, 300, 60_000, () => 5)).toBeLessThanOrEqual(16 * 1024 + 32_768 / 5 + 1);
  expect(uplink.thin).toBe(true);
});

test('a near line is not thin while it keeps up, becomes so when output stands in a queue, and good again when it is', () => {
  const uplink = openUplink(1, 0);
  const ratio = (): number => (uplink.thin ? 5 : 1);
  flood(uplink, 50_000_000, 1, 2_000, ratio);
  expect(uplink.thin).toBe(false);
  flood(uplink, 30_000, 1, 20_000, ratio, 10_000);
  expect(uplink.thin).toBe(true);
  flood(uplink, 50_000_000, 1, 5_000, ratio, 100_000);
  expect(uplink.thin).toBe(false);
});

test('single echoes on a near line make nothing thin', () => {
  const uplink = openUplink(2, 0);
  for (let key = 1; key < 500; key += 1) {
    uplink.sent(3, key, 40, key * 100);
    uplink.arrived(3, key, key * 100 + (key % 7) * 5);
  }
  expect(uplink.thin).toBe(false);
});

test('a gateway that was busy when it greeted is put right by the first quick answer; a line that was seen to be slow is not', () => {
  const uplink = openUplink(400, 0);
  uplink.answered(300);
  expect(uplink.thin).toBe(true);
  uplink.answered(2);
  expect(uplink.thin).toBe(false);
  flood(uplink, 30_000, 1, 20_000, () => (uplink.thin ? 5 : 1));
  expect(uplink.thin).toBe(true);
  uplink.answered(2);
  expect(uplink.thin).toBe(true);
});

test('acknowledgements that a busy machine held up and gave at once do not make a thin line good', () => {
  const uplink = openUplink(300, 0);
  flood(uplink, 30_000, 300, 20_000, () => 5);
  for (let run = 1; run <= 10; run += 1) uplink.sent(2, run * 32_768, 6_500, 40_700 + run);
  uplink.arrived(2, 5 * 32_768, 41_000);
  uplink.arrived(2, 10 * 32_768, 41_001);
  expect(uplink.thin).toBe(true);
});

test('where no acknowledgement comes for two seconds, more goes all the same', () => {
  const uplink = openUplink(300, 0);
  let end = 0;
  while (!uplink.full(1)) uplink.sent(1, (end += 4_000), 4_000, 1);
  expect(end).toBeLessThanOrEqual(24_000);
  expect(uplink.full(patienceMs)).toBe(true);
  expect(uplink.full(patienceMs + 1)).toBe(false);
});
