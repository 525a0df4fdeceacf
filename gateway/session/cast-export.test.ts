import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import type { CastFrame } from '../ports.ts';
import { mintId } from '../protocol/ids.ts';
import { encodeKeyframe, encodeNote, encodeSize } from './cast.ts';
import { type CastAbout, type CastFormat, openExport } from './cast-export.ts';

const about: CastAbout = {
  title: 'ana on web-1',
  size: { cols: 80, rows: 24 },
  startedAt: 1_764_000_000_000,
  exitCode: 3,
  nameOf: () => 'omar',
};
const at = (seconds: number): number => about.startedAt + seconds * 1000;
const frame = (kind: CastFrame['kind'], seconds: number, bytes: Uint8Array | string): CastFrame => ({
  kind,
  seq: 0,
  at: at(seconds),
  bytes: Buffer.from(bytes),
});
const chance = seededChance('cast export');
const joined = encodeNote({
  did: 'joined',
  participant: mintId('par', chance.bytes(26)),
  ordinal: 2,
  person: mintId('usr', chance.bytes(26)),
  role: 'observer',
});

function exported(format: CastFormat, frames: readonly CastFrame[], how: CastAbout = about): Buffer {
  const exporter = openExport(format, how);
  return Buffer.concat([...frames.map(exporter.take), exporter.end()].map((piece) => Buffer.from(piece)));
}
const linesOf = (cast: Buffer): unknown[] =>
  cast
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

const session = [
  frame('resize', 0, encodeSize({ cols: 100, rows: 30 })),
  frame('output', 0.25, 'hello\r\n'),
  frame('keyframe', 0.3, encodeKeyframe({ cols: 100, rows: 30 }, Buffer.from('ours'))),
  frame('participant', 1, joined),
  frame('output', 1.5, Buffer.from([0xed, 0x95])),
  frame('output', 2, Buffer.concat([Buffer.from([0x9c]), Buffer.from('글😀').subarray(0, 5)])),
  frame('resize', 2.5, encodeSize({ cols: 90, rows: 20 })),
  frame('output', 1.75, Buffer.from('글😀').subarray(5)),
  frame('end', 4, ''),
];

test('E32: asciicast v2 has the size at the start, times since the start, resizes and markers, and whole characters', () => {
  expect(linesOf(exported('v2', session))).toEqual([
    { version: 2, width: 100, height: 30, timestamp: 1_764_000_000, title: 'ana on web-1' },
    [0.25, 'o', 'hello\r\n'],
    [1, 'm', 'omar joined (observer)'],
    [2, 'o', '한글'],
    [2.5, 'r', '90x20'],
    [2.5, 'o', '😀'],
  ]);
});

test('E32: asciicast v3 has times since the event before, and the exit code', () => {
  expect(linesOf(exported('v3', session))).toEqual([
    { version: 3, term: { cols: 100, rows: 30 }, timestamp: 1_764_000_000, title: 'ana on web-1' },
    [0.25, 'o', 'hello\r\n'],
    [0.75, 'm', 'omar joined (observer)'],
    [1, 'o', '한글'],
    [0.5, 'r', '90x20'],
    [0, 'o', '😀'],
    [0, 'x', '3'],
  ]);
});

test('a recording of nothing is still one a player opens', () => {
  expect(linesOf(exported('v2', []))).toEqual([
    { version: 2, width: 80, height: 24, timestamp: 1_764_000_000, title: 'ana on web-1' },
  ]);
  expect(linesOf(exported('v3', [], { ...about, exitCode: undefined }))).toHaveLength(1);
  expect(exported('raw', [])).toHaveLength(0);
});

test('R10: raw is the bytes as they were, text survives any cut through its characters', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(400), { maxLength: 8 }), (bytes, cuts) => {
      const edges = [...new Set([0, bytes.length, ...cuts.filter((cut) => cut < bytes.length)])].sort((a, b) => a - b);
      const frames = edges.slice(1).map((end, i) => frame('output', i, bytes.subarray(edges[i], end)));
      expect(exported('raw', frames).equals(Buffer.from(bytes))).toBe(true);
      const text = linesOf(exported('v2', frames))
        .slice(1)
        .map((event) => (Array.isArray(event) ? String(event[2]) : ''))
        .join('');
      expect(text).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      const whole = frame('output', 0, bytes);
      expect(exported('txt', frames).toString()).toBe(exported('txt', [whole]).toString());
    }),
  );
});

test('X1: plain text holds nothing that a terminal obeys', () => {
  const hostile =
    'a\u001b[31mred\u001b[0m \u001b]0;title\u0007b\u001b]8;;http://x\u001b\\link\u001b(B\u001bP+q\u001b\\c\u009b2Jd\r\ne\tf\u0007\u0008';
  expect(exported('txt', [frame('output', 0, hostile)]).toString()).toBe('ared blinkcd\ne\tf');
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\u001b', '[', ']', 'P', 'm', '\\', '\u0007', '\u009b', 'x', '\n', '1', '(') }),
      (text) => {
        expect(exported('txt', [frame('output', 0, text)]).toString()).toMatch(
          /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/,
        );
      },
    ),
  );
});
