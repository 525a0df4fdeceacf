// The laws of paint, tried by the push suite and, at length, by the soak.
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { crop } from './crop.ts';
import { openFilter } from './filter.ts';
import { paint } from './paint.ts';
import { pageSize, pages } from './random-page.fixture.ts';
import { program, size, utf8 } from './random-program.fixture.ts';
import { blankScreen, differences, type Screen } from './screen.ts';
import { openTerminal } from './terminal.ts';

/** What differs but for a title that a keyframe leaves alone, and the bytes that made it so. */
function check(seen: Screen, wanted: Screen, bytes: Uint8Array, keyframe = false): void {
  const differ = differences(seen, wanted).filter((part) => !(keyframe && part === 'title' && wanted.title === ''));
  if (differ.length > 0) expect({ bytes: Buffer.from(bytes).toString(), differ }).toEqual({ bytes: '', differ: [] });
}

/** D5: paint(a, b) makes a terminal that shows a show b, and the stream then goes on as if nothing was skipped. */
export function paintLaw(numRuns: number): void {
  skipLaw(numRuns, size, program);
}

/** The same for pages as programs draw them, on screens of their size. */
export function pageLaw(numRuns: number): void {
  skipLaw(numRuns, pageSize, pages);
}

function skipLaw(numRuns: number, sizes: typeof size, programs: fc.Arbitrary<string[]>): void {
  fc.assert(
    fc.property(sizes, programs, programs, programs, fc.boolean(), ({ cols, rows }, first, second, third, streamed) => {
      const model = openTerminal({ cols, rows });
      const viewer = openTerminal({ cols, rows });
      model.feed(utf8(first));
      const shown = model.screen();
      const snapshot = streamed ? utf8(first) : paint(blankScreen(cols, rows), shown);
      viewer.feed(snapshot);
      check(viewer.screen(), shown, snapshot);
      model.feed(utf8(second));
      const now = model.screen();
      const bytes = paint(shown, now);
      viewer.feed(bytes);
      check(viewer.screen(), now, bytes);
      // What we say ourselves, the filter would let through: it asks nothing and leaves nothing behind.
      const filter = openFilter();
      const parts = filter.feed(bytes);
      expect([filter.dropped, filter.between, parts.every((part) => part.kind === 'bytes')]).toEqual([0, true, true]);
      model.feed(utf8(third));
      viewer.feed(utf8(third));
      check(viewer.screen(), model.screen(), bytes);
    }),
    { numRuns },
  );
}

/** A keyframe shows the screen on a terminal in any state. */
export function keyframeLaw(numRuns: number): void {
  fc.assert(
    fc.property(size, program, program, ({ cols, rows }, dirt, drawn) => {
      const viewer = openTerminal({ cols, rows });
      viewer.feed(utf8(dirt));
      const model = openTerminal({ cols, rows });
      model.feed(utf8(drawn));
      const bytes = paint(undefined, model.screen());
      viewer.feed(bytes);
      check(viewer.screen(), model.screen(), bytes, true);
    }),
    { numRuns },
  );
}

/** X8: random bytes and broken programs, filtered or not, in any size: nothing throws, and what the model shows can be painted and cropped. */
export function noiseLaw(numRuns: number): void {
  const anySize = fc.record({ cols: fc.integer({ min: -1, max: 70 }), rows: fc.integer({ min: -1, max: 30 }) });
  const noise = fc.uint8Array({ maxLength: 200 });
  const control = fc
    .array(
      fc.constantFrom(
        0x1b,
        0x5b,
        0x5d,
        0x50,
        0x3b,
        0x3f,
        0x31,
        0x39,
        0x6d,
        0x48,
        0x68,
        0x6c,
        0x72,
        0x9b,
        0xc2,
        0xed,
        0x95,
        0x9c,
        0x0a,
        0x41,
      ),
      { maxLength: 200 },
    )
    .map((bytes) => Uint8Array.from(bytes));
  const broken = fc.tuple(program, fc.nat()).map(([pieces, at]) => {
    const bytes = utf8(pieces);
    bytes[at % Math.max(bytes.length, 1)] = at % 256;
    return bytes;
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(noise, control, broken), anySize, fc.boolean()), { minLength: 1, maxLength: 5 }),
      (turns) => {
        const model = openTerminal({ cols: 20, rows: 5 });
        const filter = openFilter();
        for (const [bytes, { cols, rows }, filtered] of turns) {
          if (!filtered) model.feed(bytes);
          else for (const part of filter.feed(bytes)) if (part.kind === 'bytes') model.feed(part.bytes);
          model.resize(cols, rows);
          const now = model.screen();
          const viewer = openTerminal(now);
          const key = paint(undefined, now);
          viewer.feed(key);
          check(viewer.screen(), now, key, true);
          crop(now, rows, cols, cols, rows);
        }
      },
    ),
    { numRuns },
  );
}
