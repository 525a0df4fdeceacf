import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type MemoryTrail, openMemoryTrail } from '../../fixtures/memory-trail.ts';
import { openGlass } from '../../fixtures/shots/glass.ts';
import { workspaceScript } from '../../fixtures/shots/workspace.ts';
import { startFarSession } from '../../fixtures/world/far-session.ts';
import { fine } from '../../gateway/protocol/errors.ts';
import { witnessPathOf } from '../link/credentials.ts';
import { runCommandLine } from './run.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function place() {
  const log = openMemoryTrail();
  log.append('1'.repeat(64), '2'.repeat(64), '3'.repeat(64));
  const shown: { log: MemoryTrail | 'refused' } = { log };
  const { 'audit.proof': proof, 'audit.witness': witness } = workspaceScript({ shown });
  if (proof === undefined || witness === undefined) throw new Error('no log');
  const far = await startFarSession({
    'audit.proof': proof,
    'audit.witness': witness,
    'audit.head': () => fine({ seq: 2, hash: '3'.repeat(64), at: 1, sealedSeq: 1 }),
    'audit.page': () => fine({ events: [], head: 2 }),
  });
  ends.push(far.close);
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-witness-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const say = async (...words: string[]) => {
    const glass = openGlass(200, 40);
    const streams = { stdin: glass.stdin, stdout: glass.stdout, stderr: glass.stdout };
    const code = await runCommandLine([...words, ...far.flags], streams, {});
    return { code, said: glass.text() };
  };
  const tokenFile = far.flags[far.flags.indexOf('--token-file') + 1] ?? '';
  return { far, log, shown, say, file: witnessPathOf(tokenFile) };
}

test('[W6] A28: audit head and tail end with 7 for another log; nothing is opened then, without a byte on the line, until it is forgotten', async () => {
  const { far, log, shown, say, file } = await place();
  expect((await say('audit', 'head')).code).toBe(0);
  expect(await say('audit', 'witness', 'ls')).toMatchObject({ code: 0, said: expect.stringContaining('3 records') });
  shown.log = log.copy(2);
  for (const words of [
    ['audit', 'head'],
    ['audit', 'tail'],
  ])
    expect(await say(...words)).toMatchObject({ code: 7, said: expect.stringContaining('is not the one remembered here') });
  expect(far.peer.asked.at(-1)).toMatchObject({ type: 'audit.witness', body: { size: 3, conflict: true } });
  const asked = far.peer.asked.length;
  for (const words of [['attach', 'web-1'], ['watch', 'web-1'], ['join', 'web-1'], ['wall']])
    expect((await say(...words)).code).toBe(7);
  expect(far.peer.asked).toHaveLength(asked);

  const ls = await say('audit', 'witness', 'ls');
  expect(ls.code).toBe(7);
  expect(ls.said).toMatch(/CONFLICT .* a log of 2 records was shown/);
  const heads = (await say('audit', 'witness', 'ls', '--heads')).said.match(/^\{/gm);
  expect(heads).toHaveLength(2);
  expect((await say('audit', 'witness', 'forget', '--readonly')).code).toBe(3);
  expect(await say('audit', 'witness', 'forget')).toMatchObject({ code: 0, said: expect.stringContaining('Forgotten') });
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1, gateways: {} });
  expect((await say('audit', 'witness', 'forget')).code).toBe(6);
  expect((await say('audit', 'head')).code).toBe(0);
});

test('a log that is not shown is said, and is no error', async () => {
  const { shown, say } = await place();
  shown.log = 'refused';
  expect(await say('audit', 'head')).toMatchObject({ code: 0, said: expect.stringContaining('did not show its log') });
});
