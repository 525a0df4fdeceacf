import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differing } from './policy.ts';
import { readExpectations, readText } from './policy-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sallyport-policy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(text: string): Promise<string> {
  const name = path.join(folder, 'one');
  await writeFile(name, text);
  return name;
}
const one = { person: 'uma', action: 'shell.open', target: 'web-1', expect: 'ask' } as const;

test('[E18] expectations are one array, or one a line with comments and blank lines between', async () => {
  const two = { ...one, expect: 'allow', given: { factor: 'fresh' } } as const;
  expect(await readExpectations(await file(JSON.stringify([one, two], undefined, 2)))).toEqual({ ok: true, value: [one, two] });
  const lines = `# who may\n${JSON.stringify(one)}\n\n  ${JSON.stringify(two)}\n`;
  expect(await readExpectations(await file(lines))).toEqual({ ok: true, value: [one, two] });
});

test.each([
  ['', 'nothing is expected there'],
  ['{"person":"uma"}', 'line 1'],
  [`${JSON.stringify(one)}\n{"person"`, 'line 2: no JSON'],
  ['[{"person": "uma", "action": "shell.open", "expect": "perhaps"}]', 'number 1'],
  ['[1,', 'all of it: no JSON'],
  [JSON.stringify({ ...one, unless: 1 }), 'line 1'],
])('[A6] %j is no file of expectations: %s', async (text, said) => {
  const read = await readExpectations(await file(text));
  expect(read).toMatchObject({ ok: false, problem: { code: 'usage', detail: expect.stringContaining(said) } });
});

test('a file that is not there, and policies beyond what is taken, are refused by name', async () => {
  expect(await readText(path.join(folder, 'none'))).toMatchObject({ ok: false, problem: { code: 'usage' } });
  expect(await readText(await file('x'.repeat(60_000)))).toMatchObject({ ok: false, problem: { code: 'too-large' } });
});

test('a diff shows policies that went and came, whole, and those that stayed', () => {
  expect(
    differing('@id("a")\npermit;\n\n@id("b")\nold;', '@id("a")\npermit;\n\n@id("b")\nnew;\n').map(([sign, line]) => sign + line),
  ).toEqual(['-@id("b")', '-old;', '-', ' @id("a")', ' permit;', ' ', '+@id("b")', '+new;', '+']);
});
