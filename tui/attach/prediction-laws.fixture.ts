// Laws of guessed echo, for the quick suite and the long one.
import fc from 'fast-check';
import { expect } from 'vitest';
import { differences, type Screen, screenText } from '../../gateway/screen/screen.ts';
import { farShell, type Press, typeAt, typing } from './prediction.fixture.ts';

const keyOf = /\x1b\[[A-D]|[^]/gu;
const word = fc.stringMatching(/^[a-z #가-힣]{1,12}$/);
const key = fc.oneof(
  { weight: 8, arbitrary: word },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '\x7f',
      '\x7f\x7f',
      '\x1b[D',
      '\x1b[C',
      '\x1b[A',
      '\x15',
      '\t',
      '\x1b',
      '\x04',
      'ü',
      '👍',
      'e\u0301',
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom('\r', '\rcat\r', '\rvi\ri', '\rslow\r', '\x1bq') },
);
const script = fc
  .array(fc.tuple(key, fc.integer({ min: 0, max: 400 })), { minLength: 1, maxLength: 40 })
  .map((typed): Press[] => {
    let at = 500;
    return typed
      .flatMap(([text, gap]) => {
        at += gap;
        return [...text.matchAll(keyOf)].map(([one], i) => ({ at: at + i * 30, bytes: Buffer.from(one) }));
      })
      .sort((a, b) => a.at - b.at);
  });
const setting = fc.record({
  roundTripMs: fc.constantFrom(5, 70, 150, 300, 900),
  cols: fc.constantFrom(20, 40, 80),
  rows: fc.constantFrom(4, 24),
  mode: fc.constantFrom('always' as const, 'adaptive' as const),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
});

/** Once all that was typed is acked, nothing is guessed any more and the screen is the confirmed one. */
export function guessesVanish(numRuns: number): void {
  fc.assert(
    fc.property(script, setting, (presses, line) => {
      const { shown, confirmed, prediction } = typeAt(farShell(line.cols), presses, line);
      expect(differences(shown, confirmed)).toEqual([]);
      const { shown: seen, keys } = prediction.figures();
      expect(seen).toBeLessThanOrEqual(keys);
      expect(prediction.waits()).toBe(false);
    }),
    { numRuns },
  );
}

/** Hidden input is never over the screen, whatever came before it and however fast. */
export function hiddenStaysHidden(numRuns: number): void {
  const secrets = fc.stringMatching(/^[A-Z0-9]{6,10}$/);
  fc.assert(
    fc.property(script, setting, secrets, fc.integer({ min: 1, max: 500 }), (presses, line, secret, gap) => {
      const before = presses.filter(({ bytes }) => !/[\r\x1b\t\x04]/.test(bytes.toString()));
      const from = (before.at(-1)?.at ?? 500) + 2_000;
      const after = typing(['\x15', 'pass', secret], () => gap, gap, from);
      const watch = (shown: Screen): void => {
        expect(screenText(shown).join('').replace('Password', '')).not.toMatch(/[A-Z0-9]{2}/);
      };
      typeAt(farShell(line.cols), [...before, ...after], { ...line, watch });
    }),
    { numRuns },
  );
}

/** Somebody's day at a shell: of the keys they see, how many were shown at once and how many of those came out otherwise. */
export function aDay(lines: number, roundTripMs: number, gap: () => number, chance: () => number) {
  const pick = (of: readonly string[]): string => of[Math.floor(chance() * of.length)] ?? '';
  const words = [
    'ls',
    'cd',
    'git',
    'status',
    'commit',
    '-m',
    'grep',
    '-rn',
    'echo',
    'tail',
    '-f',
    'sudo',
    'npm',
    'run',
    'test',
    '|',
    'wc',
  ];
  const line = (): string => {
    const kind = chance();
    if (kind < 0.08) return 'slow';
    if (kind < 0.14) return `cat\r${pick(words)} ${pick(words)}\r\x04`;
    if (kind < 0.2) return `vi\ri${pick(words)} ${pick(words)} ${pick(words)}\x1bq`;
    if (kind < 0.24) return `pass\rS3cret${Math.floor(chance() * 100)}`;
    let text = '';
    for (let count = 1 + Math.floor(chance() * 6); count > 0; count -= 1) {
      text += `${pick(words)} `;
      if (chance() < 0.15) text += 'tpyo\x7f\x7f\x7fypo';
      if (chance() < 0.06) text += '\x1b[D\x1b[D\x1b[Dx';
      if (chance() < 0.03) text += '\x15';
    }
    return text;
  };
  const all = Array.from({ length: lines }, line);
  const presses = typing(all, gap, 350);
  return typeAt(farShell(), presses, { roundTripMs }).prediction.figures();
}
