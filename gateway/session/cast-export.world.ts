// An export of ours in somebody else's player: Debian's asciinema 2 (E32).
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeSize } from './cast.ts';
import { openExport } from './cast-export.ts';

const said = 'plain \u001b[31mred\u001b[0m 한글 漢字 😀 é\r\n'.repeat(40);

async function exportedFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cast-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const exporter = openExport('v2', {
    title: 'ana on web-1',
    size: { cols: 80, rows: 24 },
    startedAt: 1_764_000_000_000,
    exitCode: 0,
    nameOf: () => 'ana',
  });
  const bytes = Buffer.from(said);
  const pieces = [exporter.take({ kind: 'resize', seq: 0, at: 1_764_000_000_000, bytes: encodeSize({ cols: 100, rows: 30 }) })];
  // Cut at every third byte: through characters and sequences.
  for (let seq = 0; seq < bytes.length; seq += 3)
    pieces.push(exporter.take({ kind: 'output', seq, at: 1_764_000_000_000 + seq, bytes: bytes.subarray(seq, seq + 3) }));
  pieces.push(
    exporter.take({ kind: 'resize', seq: bytes.length, at: 1_764_000_003_000, bytes: encodeSize({ cols: 90, rows: 20 }) }),
    exporter.end(),
  );
  const path = join(folder, 'session.cast');
  await writeFile(path, pieces.map(String).join(''));
  return path;
}

const environment = { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
/** asciinema wants a terminal: script(1) gives it one. Both are of the system (fixtures/world/install.sh), not of package.json. */
function onTerminal(command: string, terminal = '/usr/bin/script'): string {
  return execFileSync(terminal, ['-qec', command, '/dev/null'], { encoding: 'utf8', env: environment });
}

test("E32: Debian's asciinema prints an export byte by byte as it was: Hangul, emoji, split UTF-8", async () => {
  expect(onTerminal(`asciinema cat ${await exportedFile()}`)).toContain(said);
});

test("E32: Debian's asciinema plays an export to its end", async () => {
  expect(onTerminal(`asciinema play -s 1000 ${await exportedFile()}`)).toContain(said);
});
