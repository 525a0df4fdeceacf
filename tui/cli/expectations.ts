// `sallyport policy test`: whether people are answered as a file expects (E18), under the policies in force or others.
import type { PolicyExpectation } from '../../gateway/protocol/access-nouns.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';
import { longMs, readExpectations, readText } from './policy-files.ts';

/** 7 when an expectation is not met (E18). */
export const test: Run = async (face, args) => {
  const read = readArgs(args, { with: { type: 'string' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const expectations = await readExpectations(read.value.words[0] ?? '');
  if (!expectations.ok) return expectations;
  const file = read.value.values.with;
  const text = file === undefined ? undefined : await readText(file);
  if (text?.ok === false) return text;
  return onLine(face, async ({ link }) => {
    const body = { expectations: [...expectations.value], ...(text === undefined ? {} : { policies: text.value }) };
    const tested = await ask(face, link, 'policy.test', body, longMs);
    if (!tested.ok) return tested;
    const { results } = tested.value;
    face.document(tested.value);
    const wrong = results.filter(({ ok }) => !ok).length;
    for (const [at, result] of results.entries()) sayTested(face, at, expectations.value[at], result);
    face.line(wrong === 0 ? `All ${results.length} as expected.` : `${wrong} of ${results.length} not as expected.`);
    return { ok: true, value: wrong === 0 ? 0 : 7 };
  });
};

function sayTested(
  face: Face,
  at: number,
  wanted: PolicyExpectation | undefined,
  result: Gives<'policy.test'>['results'][number],
): void {
  if (wanted === undefined) return;
  const what = `${wanted.person} ${wanted.action}${wanted.target === undefined ? '' : ` ${wanted.target}`}`;
  const by = result.decision?.policies.join(', ') ?? '';
  const got = `${result.got}${by === '' ? '' : ` by ${by}`}${result.detail === undefined ? '' : ` (${result.detail})`}`;
  face.line(
    result.ok ? `ok   ${at + 1}  ${what}: ${result.got}` : `FAIL ${at + 1}  ${what}: expected ${wanted.expect}, got ${got}`,
  );
}
