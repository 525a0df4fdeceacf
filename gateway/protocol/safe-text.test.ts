import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapes, harmless } from '../../fixtures/escapes.ts';
import { cellWidth, cutToCells, safeLabel } from './cell-width.ts';
import { jsonSafe, safeText } from './safe-text.ts';

/** What no sink may ever emit from foreign text, whatever went in. */
const FORBIDDEN = /[\x00-\x1f\x7f-\x9f\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|\p{M}{9}|^\p{M}/u;
/** The same for JSON text: escapes are ASCII. */
const FORBIDDEN_IN_JSON = /[\x00-\x1f\x7f-\x9f\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom('\x1b', '[', ']', '31m', '\x07', '\u009b', '\u0301', '\u200d', 'a', '\u202e', '漢', '\ud83d'), {
      maxLength: 60,
    })
    .map((parts) => parts.join('')),
);

test('[X6] the corpus is large and its names are unique', () => {
  expect(escapes.length).toBeGreaterThanOrEqual(220);
  expect(new Set(escapes.map((entry) => entry.name)).size).toBe(escapes.length);
});

test.each(escapes)('[X6] $name: nothing that drives a terminal is left', ({ bytes }) => {
  const shown = safeText(bytes);
  expect(shown).not.toMatch(FORBIDDEN);
  expect(shown.isWellFormed()).toBe(true);
  expect(safeText(shown)).toBe(shown);
  expect(shown).toBe(safeText(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)));
});

test.each(escapes)('[X5] $name: one line of JSON, and the same value when read back', ({ bytes, name }) => {
  const text = String.fromCharCode(...bytes);
  const json = jsonSafe({ [text]: text, name });
  expect(json).not.toMatch(FORBIDDEN_IN_JSON);
  expect(JSON.parse(json)).toEqual({ [text]: text, name });
});

test('[X7] every entry cut at every byte into two, each half made safe alone, stays inert and leaves our own text whole', () => {
  for (const { bytes, name } of escapes) {
    const step = bytes.length > 600 ? 97 : 1;
    for (let cut = 0; cut <= bytes.length; cut += step) {
      const shown = `${safeText(bytes.subarray(0, cut))}${safeText(bytes.subarray(cut))}`;
      if (FORBIDDEN_IN_JSON.test(shown)) expect.fail(`${name} cut at ${cut}: ${JSON.stringify(shown)}`);
    }
  }
});

test('[X7] every entry as single bytes, each made safe alone, stays inert', () => {
  for (const { bytes, name } of escapes) {
    const shown = Array.from(bytes, (byte) => safeText(Uint8Array.of(byte))).join('');
    if (FORBIDDEN_IN_JSON.test(shown)) expect.fail(`${name}: ${JSON.stringify(shown)}`);
  }
});

test('[X1] random text: inert, well-formed, a fixed point, and plain text untouched', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = safeText(text);
      expect(shown).not.toMatch(FORBIDDEN);
      expect(shown.isWellFormed()).toBe(true);
      expect(safeText(shown)).toBe(shown);
      expect([...shown].length).toBeGreaterThanOrEqual([...text].length);
    }),
    { numRuns: 400 },
  );
});

test('[X1] random bytes: inert and well-formed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const shown = safeText(bytes);
      expect(shown).not.toMatch(FORBIDDEN);
      expect(shown.isWellFormed()).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test('[X1] each kind of character has its own visible form; nothing is deleted', () => {
  expect(safeText('a\x00\x1b[31m\x7f\n')).toBe('a␀␛[31m␡␊');
  expect(safeText('\u009b2J')).toBe('⟨009B⟩2J');
  expect(safeText('user\u202etoor')).toBe('user⟨202E⟩toor');
  expect(safeText('\u{e0041}')).toBe('⟨E0041⟩');
  expect(safeText('a\ufe0fb\ufeffc')).toBe('a⟨FE0F⟩b⟨FEFF⟩c');
  expect(safeText('\u2028\u2029')).toBe('⟨2028⟩⟨2029⟩');
  expect(safeText('\ud800x')).toBe('⟨D800⟩x');
  expect(safeText('\u0378')).toBe('⟨0378⟩');
  expect(safeText(Uint8Array.of(0x9b, 0x32, 0x4a))).toBe('\ufffd2J');
  expect(safeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('⟨FEFF⟩a');
});

test('[X1] eight combining marks stay on a base, the ninth is shown, and a mark never sits on text of ours', () => {
  const eight = `a${'\u0301'.repeat(8)}`;
  expect(safeText(`${eight}b`)).toBe(`${eight}b`);
  expect(safeText(`${eight}\u0302\u0303b${eight}`)).toBe(`${eight}⟨0302⟩⟨0303⟩b${eight}`);
  expect(safeText('\u0338root')).toBe('⟨0338⟩root');
});

test.each(harmless)('[X10] %s survives byte-identical', (text) => {
  expect(safeText(text)).toBe(text);
  expect(safeText(new TextEncoder().encode(text))).toBe(text);
  expect(JSON.parse(jsonSafe(text))).toBe(text);
});

test('[X5] JSON keeps any value, on one line', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = jsonSafe(value);
      expect(json).not.toMatch(FORBIDDEN_IN_JSON);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 200 },
  );
  expect(jsonSafe('\u{e0041}\x7f\u009b')).toBe('"\\udb40\\udc41\\u007f\\u009b"');
  expect(jsonSafe(undefined)).toBe('null');
});

test('[X1] a label is cut by cells, never inside a character, with an ellipsis that fits', () => {
  expect(safeLabel('db-prod', 7)).toBe('db-prod');
  expect(safeLabel('db-prod-1', 7)).toBe('db-pro…');
  expect(safeLabel('漢字漢字', 7)).toBe('漢字漢…');
  expect(safeLabel('漢字漢字', 6)).toBe('漢字…');
  expect(safeLabel('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
  expect(safeLabel('\x1b[2Jx', 3)).toBe('␛[…');
  expect(cutToCells('abc', 1)).toBe('…');
  expect(cutToCells('abc', 0)).toBe('');
  expect(cutToCells('', 0)).toBe('');
});

test('[X11] whatever a name contains, its cell is never wider than its column', () => {
  for (const { bytes, name } of escapes) {
    for (const cells of [1, 2, 5, 12, 40]) {
      const label = safeLabel(bytes, cells);
      if (cellWidth(label) > cells || FORBIDDEN.test(label)) expect.fail(`${name} in ${cells} cells: ${JSON.stringify(label)}`);
    }
  }
  fc.assert(
    fc.property(anyText, fc.integer({ min: 0, max: 30 }), (text, cells) => {
      const safe = safeText(text);
      const label = cutToCells(safe, cells);
      expect(cellWidth(label)).toBeLessThanOrEqual(cells);
      if (label !== safe) expect(label === '' || label.endsWith('…')).toBe(true);
    }),
  );
});

test('a megabyte of marks or controls is made safe in linear time', () => {
  expect(safeText('\u0301'.repeat(200_000)).length).toBe(200_000 * 6);
  expect(safeText(`a${'\x1b'.repeat(500_000)}`).length).toBe(500_001);
  expect(safeLabel('漢'.repeat(500_000), 10)).toBe('漢漢漢漢…');
});
