// The player as a program in a real terminal, and what it says where there is none.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessionEvidence } from '../../fixtures/evidence.ts';
import { run } from '../../fixtures/world/program.ts';
import { Terminal } from '../../fixtures/world/terminal.ts';

let folder: string;
let evidence: string;
let rootKey: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sallyport-play-'));
  const made = await sessionEvidence({
    outputs: ['one\r\n', '\x1b]52;c;Y2FuYXJ5\x07two\r\n', '\x1b[31mthree\x1b[0m'],
    everyMs: 400,
  });
  evidence = path.join(folder, 'evidence.jsonl');
  rootKey = made.log.rootKey;
  await writeFile(evidence, made.text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('E9: evidence is verified, then played, on a terminal of its own; what was recorded drives nobody’s terminal', async () => {
  const terminal = new Terminal({ program: 'sallyport', args: ['play', evidence, '--key', rootKey], cols: 100, rows: 30 });
  try {
    await terminal.sees('three');
    await terminal.sees(/at its end/);
    expect(terminal.text).toMatch(/00:01 \/ 00:01/);
    terminal.types('1');
    await terminal.sees(/playing/);
    terminal.types(' ');
    await terminal.sees(/paused/);
    terminal.types('9');
    await terminal.sees('two');
    terminal.types('q');
    expect((await terminal.exited).code).toBe(0);
    expect(terminal.raw.includes('\x1b]52')).toBe(false);
  } finally {
    await terminal.close();
  }
});

test('E9: not on a terminal, play says what could be read; a file that was changed is not played', async () => {
  const read = await run('sallyport', ['play', evidence, '--key', rootKey]);
  expect(read).toMatchObject({ code: 0, out: 'one\ntwo\nthree\n' });
  expect(read.err).toContain('intact: 3 records');

  const cast = path.join(folder, 'a.cast');
  await writeFile(cast, '{"version":2,"width":20,"height":3}\n[0.1,"o","a\\r\\nb\\r\\n"]\n[9,"o","c\\r\\nd"]\n');
  expect(await run('sallyport', ['play', cast])).toMatchObject({ code: 0, out: 'a\nb\nc\nd\n' });

  const { text } = await sessionEvidence({ outputs: ['one'] });
  const spoilt = path.join(folder, 'spoilt.jsonl');
  await writeFile(spoilt, text.replace('"chunk":"', '"chunk":"A'));
  const refused = await run('sallyport', ['play', spoilt]);
  expect(refused.code).toBe(7);
  expect(refused.err).toContain('chunk 0 of the recording');
  expect((await run('sallyport', ['play', path.join(folder, 'nowhere')])).code).toBe(6);
});

test('M10: audit verify says which line is not what was given, and what the verdict does not prove', async () => {
  const good = await run('sallyport', ['audit', 'verify', evidence, '--key', rootKey]);
  expect(good.code).toBe(0);
  expect(good.out).toMatch(/^intact: 3 records, a recording of \d+ bytes in 5 chunks\n/);
  expect(good.err).toContain('vault holds the first 3 records');
  const unkeyed = await run('sallyport', ['audit', 'verify', evidence]);
  expect(unkeyed.err).toContain(`The key came out of the file itself (${rootKey})`);
  const other = await run('sallyport', ['audit', 'verify', evidence, '--key', 'A'.repeat(43), '--json']);
  expect(other.code).toBe(7);
  expect(JSON.parse(other.out)).toMatchObject({ kind: 'evidence', verdict: 'altered', line: 1 });
});
