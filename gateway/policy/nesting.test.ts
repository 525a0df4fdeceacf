import { expect, test } from 'vitest';
import { readAdded } from './added.ts';
import { tooDeep } from './nesting.ts';
import { builtinPolicies } from './policies.ts';

const base = builtinPolicies();
const about = (body: string): string =>
  `@id("x")\nforbid (principal, action == Action::"shell.open", resource)\nwhen { ${body} };`;
const problems = (text: string): readonly string[] => readAdded(text, base).problems.map(({ message }) => message);

const deep: Readonly<Record<string, (n: number) => string>> = {
  brackets: (n) => `${'('.repeat(n)}true${')'.repeat(n)}`,
  denials: (n) => `${'!('.repeat(n)}true${')'.repeat(n)}`,
  sets: (n) => `${'['.repeat(n)}1${']'.repeat(n)} == [1]`,
  records: (n) => `${'{a:'.repeat(n)}1${'}'.repeat(n)} == 1`,
  attributes: (n) => `context${'.a'.repeat(n)}`,
  indexes: (n) => `context${'["a"]'.repeat(n)}`,
  sums: (n) => `1${'+1'.repeat(n)} == 2`,
  alternatives: (n) => Array.from({ length: n }, () => '1').join('||'),
  choices: (n) => `${'if true then '.repeat(n)}true${' else false'.repeat(n)}`,
  'brackets in a comment that closes them': (n) => `${'( // ")\n'.repeat(n)}true${')'.repeat(n)}`,
  'chains on brackets': (n) => `${'('.repeat(n / 10)}context${`${'.a'.repeat(10)})`.repeat(n / 10)}`,
};

test('[S47, TRUST B2] a policy that nests deeper than Cedar can read is refused before Cedar sees it, and the next one is read as ever', () => {
  for (const [kind, make] of Object.entries(deep))
    for (const n of [400, 1_300, 15_000]) {
      const text = about(make(n));
      expect({ kind, n, problems: problems(text) }).toEqual({
        kind,
        n,
        problems: [expect.stringMatching(/nested too deep|longer than 4000 characters/)],
      });
    }
  expect(problems(about('context.locked'))).toEqual([]);
});

test('what people write is far from too deep', () => {
  for (const { text } of base.byId.values()) expect(tooDeep(text)).toBeUndefined();
  const ranges = Array.from({ length: 70 }, (_, i) => `context.address.isInRange(ip("10.${i}.0.0/16"))`);
  expect(problems(about(`context has address && !(${ranges.join(' || ')})`))).toEqual([]);
  // Brackets in texts and comments are none.
  expect(tooDeep(about(`true // ${'('.repeat(200)}\n && "${'('.repeat(200)}" == ""`))).toBeUndefined();
});
