// The log of each release, written by that release's gateway in its demo, still verifies and folds (D2). One is added with every release and
// never edited; a change of an event's shape that breaks one needs an upcaster.
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { auditLine } from '../protocol/events.ts';
import { fitJson } from '../protocol/json.ts';
import { fold } from './fold.ts';
import { emptyState, rows } from './state.ts';
import { unseal } from './unseal.ts';
import { verifyLines } from './verify.ts';

const folder = new URL('../../fixtures/logs/', import.meta.url);
const releases = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length));

const linesOf = async (release: string): Promise<string[]> =>
  (await readFile(new URL(`${release}.jsonl`, folder), 'utf8')).split('\n').filter((line) => line !== '');

async function* inOneBatch(lines: readonly string[]) {
  yield lines.map((bytes) => ({ bytes, complete: true }));
}

test('there is a log of this release', () => {
  expect(releases).toContain('0.1.0');
});

test.each(releases)('D2: the log of %s verifies, and folds into the workspace it tells of', async (release) => {
  const lines = await linesOf(release);
  expect(await verifyLines(inOneBatch(lines), {})).toMatchObject({ verdict: 'intact', records: lines.length });
  const state = emptyState();
  for (const line of lines) {
    const fitted = fitJson(auditLine, line);
    if (!fitted.ok) throw new Error(fitted.problem.detail);
    const settled = unseal(fitted.value);
    if (!settled.ok) throw new Error(settled.problem.detail);
    fold(state, settled.value.event);
  }
  expect(state.seq).toBe(lines.length - 1);
  expect(
    rows(state.people)
      .map((person) => `${person.name} ${person.role} ${person.status}`)
      .toSorted(),
  ).toEqual(['ana superuser active', 'omar staff active', 'rob user active', 'uma user active']);
  expect(
    rows(state.groups)
      .map((group) => group.name)
      .toSorted(),
  ).toEqual(['backend', 'platform']);
  expect(rows(state.servers)).toHaveLength(4);
  expect(rows(state.sessions).map((session) => session.state)).toEqual(['ended', 'ended']);
  expect(rows(state.recordings).every((recording) => recording.closed !== undefined)).toBe(true);
});
