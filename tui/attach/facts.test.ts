import { expect, test } from 'vitest';
import { aSession } from '../../fixtures/world/far-wall.ts';
import { sessionFacts } from './facts.ts';

const size = { cols: 80, rows: 24 };
const figures = { roundTripMs: 301.2, bytesIn: 12_345, bytesOut: 2_001, goodput: 812 };
const facts = (mode: 'stream' | 'paint' | undefined, pending = 0) =>
  sessionFacts(aSession('web-1'), size, { url: 'https://gw.example.com', figures: () => figures }, mode, pending, 0);

test('[E31] ~# says how the line does: round trip, what comes in, bytes since the start, and how output reaches this terminal', () => {
  expect(facts('paint').slice(-2)).toEqual([
    'link       https://gw.example.com · 301 ms · 812B/s · 12kB in, 2.0kB out',
    'shown      paint: the newest screen',
  ]);
  expect(facts('stream', 7).slice(-2)).toEqual([
    'link       https://gw.example.com · 301 ms · 812B/s · 12kB in, 2.0kB out · 7 typed bytes on the way',
    'shown      stream: every byte as it comes',
  ]);
  expect(facts(undefined).at(-1)).toBe('shown      nothing yet');
});
