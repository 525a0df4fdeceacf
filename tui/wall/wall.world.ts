// The wall in a real terminal: what it shows, and that it gives the terminal back, again and again, to whoever had it before.
import path from 'node:path';
import nodePty from 'node-pty';
import { afterEach, expect, test } from 'vitest';
import { escapes } from '../../fixtures/escapes.ts';
import { colour, objections } from '../../fixtures/inert.ts';
import { aSelf, wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import type { Caller } from '../../fixtures/shots/peer.ts';
import { type FarSession, startFarSession } from '../../fixtures/world/far-session.ts';
import { aSession, startFarWall } from '../../fixtures/world/far-wall.ts';
import { baseEnvironment, root } from '../../fixtures/world/program.ts';
import { Terminal } from '../../fixtures/world/terminal.ts';
import { fine } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';

const open: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** A far end that also has the lists the dashboard asks for. */
async function far(): Promise<FarSession> {
  const session: FarSession = await startFarSession({
    'server.list': () => fine({ servers: [] }),
    'audit.page': () => fine({ events: [], head: 0 }),
    subscribe: ({ topic }, caller: Caller) => {
      setImmediate(() => {
        if (topic === 'sessions') caller.push({ type: 'sessions.changed', whole: true, rows: [session.row()], gone: [] });
        if (topic === 'servers') caller.push({ type: 'servers.changed', whole: true, rows: [], gone: [] });
      });
      return fine({});
    },
    'login.resume': () => fine({ self: aSelf({ loginExpiresAt: Date.now() + 3_600_000 }) }),
  });
  open.push(session);
  return session;
}
function at(session: FarSession, args: readonly string[], cols = 100, rows = 24): Terminal {
  const terminal = new Terminal({ program: 'sallyport', args: [...args, ...session.flags], cols, rows });
  open.push(terminal);
  return terminal;
}

/** Ink listens a moment after it has painted; a person presses again, and so do we. */
async function opensWall(terminal: Terminal): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    terminal.press('W');
    try {
      await terminal.sees('wall · 1 live', 2_000);
      return;
    } catch (cause) {
      if (attempt === 5) throw cause;
    }
  }
}

test('[M6] tiles show what the sessions show; Enter fills the screen, Esc comes back, an ended one says why and goes', async () => {
  const session = await far();
  session.output('\x1b[32mbuilding\x1b[m 한글 😀 done\r\n$ ');
  const terminal = at(session, ['wall']);
  await terminal.sees('building 한글 😀 done');
  await terminal.sees(/┏━ web-1 · ana ━+ # sudo ━┓/);
  await terminal.sees(/━ REC ━┛/);
  await terminal.sees('1 live');
  const green = terminal.screen.grid[1];
  expect(green).toBeDefined();
  terminal.press('enter');
  await terminal.sees('Esc back to the wall');
  terminal.press('esc');
  await terminal.sees('Enter zooms');
  session.output('more\r\n');
  await terminal.sees('more');
  // Somebody else's session begins.
  const other = { ...session.row(), id: mintId('ses', wordBytes('other')), serverName: 'db-1', tier: 'critical' as const };
  session.peer.push({ type: 'sessions.changed', whole: false, rows: [other], gone: [] });
  await terminal.sees(/┌─ db-1 · ana ─+ ▲ critical # sudo ─┐/);
  await terminal.sees('2 live');
  terminal.resizes(70, 16);
  await terminal.sees('more');
  session.end({ reason: 'exited', exitCode: 3 });
  await terminal.sees('the shell ended with 3');
  await terminal.sees('1 live');
  terminal.press('q');
  expect((await terminal.exited).code).toBe(0);
  expect(terminal.text).toContain('You left the wall.');
  expect(session.typed()).toBe('');
});

test('`sallyport wall`: w watches the chosen one alone, a goes to an own one, and the wall is there again afterwards', async () => {
  const session = await far();
  session.output('at work\r\n$ ');
  const terminal = at(session, ['wall']);
  await terminal.sees('at work');
  terminal.press('w');
  await terminal.sees('watching web-1');
  terminal.press('q');
  await terminal.sees('wall · 1 live');
  terminal.press('a');
  await terminal.sees('~? for help');
  terminal.types('typed\r~.');
  await terminal.sees('wall · 1 live');
  terminal.press('q');
  expect((await terminal.exited).code).toBe(0);
  expect(session.typed()).toBe('typed\r');
});

test('[M3] a line that is cut is said; when it is back, what ended meanwhile goes and the others are shown on', async () => {
  const rows = Array.from({ length: 3 }, (_, n) => aSession(`node-${n + 1}`, { startedAt: 1_795_000_000_000 + n }));
  const wall = await startFarWall(rows);
  open.push(wall);
  const terminal = new Terminal({ program: 'sallyport', args: ['wall', ...(await wall.flags())], cols: 100, rows: 30 });
  open.push(terminal);
  for (const { id } of rows) wall.output(id, 'before');
  await terminal.until('all of them', (lines) => lines.join(' ').match(/before/g)?.length === 3);
  wall.peer.cut();
  if (rows[1] !== undefined) wall.forget(rows[1].id);
  await terminal.sees('link lost, trying again');
  await terminal.sees('2 live');
  if (rows[2] !== undefined) wall.output(rows[2].id, ' and after');
  await terminal.sees('before and after');
  await terminal.seesNoMore('node-2');
  expect(terminal.text).toContain('node-1');
  terminal.press('q');
  expect((await terminal.exited).code).toBe(0);
});

test('[law 7] a hostile title or name drives nothing on the wall', async () => {
  const session = await far();
  const terminal = at(session, ['wall']);
  await terminal.sees('1 live');
  session.peer.push({
    type: 'sessions.changed',
    whole: false,
    rows: [{ ...session.row(), serverName: '\x1b]0;pwned\x07\x1b[?1000hx', personName: 'a\u202Eb' }],
    gone: [],
  });
  await terminal.sees('a⟨202E⟩b');
  expect(terminal.raw.includes('\x1b]0;pwned')).toBe(false);
  terminal.press('q');
  await terminal.exited;
});

test('[law 7 X3 X6] sixteen hostile sessions: what they print, are called and say reaches the terminal as our drawing only', async () => {
  const rows = Array.from({ length: 16 }, (_, n) => aSession(`node-${n + 1}`, { startedAt: 1_795_000_000_000 + n }));
  const wall = await startFarWall(rows);
  open.push(wall);
  const terminal = new Terminal({ program: 'sallyport', args: ['wall', ...(await wall.flags())], cols: 200, rows: 60 });
  open.push(terminal);
  for (const { id } of rows) wall.output(id, 'first');
  await terminal.until('all of them', (lines) => lines.join(' ').match(/first/g)?.length === 16);
  const mark = terminal.raw.length;
  const text = (at: number): string =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(escapes[at % escapes.length]?.bytes).slice(0, 60);
  for (const [n, row] of rows.entries()) {
    // Each ended for sure: what an unfinished one swallows is its own affair.
    for (const { bytes } of escapes.filter((_, at) => at % 16 === n)) {
      wall.output(row.id, bytes);
      wall.output(row.id, '\x1b\\\x18\r\n');
    }
    wall.change({
      ...row,
      serverName: text(4 * n),
      personName: text(4 * n + 1),
      title: text(4 * n + 2),
      ...(n % 2 === 0 ? { freezes: [{ cause: 'held', by: text(4 * n + 3), why: text(4 * n) }] } : {}),
    });
    wall.output(row.id, '\x1bc\x1b[?25hprinted');
  }
  await terminal.until('all of them', (lines) => lines.join(' ').match(/printed/g)?.length === 16);
  terminal.press('enter');
  await terminal.sees('Esc back to the wall');
  // Places, pens, and the cursor kept and put back; the NUL stands for the right half of a wide character, and every terminal ignores it.
  const drawn = [colour, /^\x1b\[\d*(?:;\d*)?[CHJK]$/, /^\x1b[78]$/, /^\x00$/, /^\x1b\[\?25[hl]$/];
  // A read may end, and may have ended, inside a sequence.
  const from = terminal.raw.indexOf(0x1b, mark);
  await expect.poll(() => objections(terminal.raw.subarray(from), drawn)).toEqual([]);
  expect(terminal.screen.title).toBe('');
  terminal.press('q');
  await terminal.exited;
});

test('[law 11] three times shown, nothing stays behind: no listener, no raw mode, no mode of the terminal', async () => {
  const session = await far();
  const program = path.join(root, 'dist/fixtures/world/wall-cycles.fixture.js');
  const pty = nodePty.spawn(process.execPath, [program, session.flags[1] ?? '', '3'], {
    cols: 90,
    rows: 20,
    name: 'xterm-256color',
    env: baseEnvironment(),
  });
  let text = '';
  const exited = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
  pty.onData((data) => {
    // A wall that is there is left; its painter steps over a blank.
    if (/1(?: |\x1b\[1C)live/.test(data)) pty.write('q');
    text += data;
  });
  expect(await exited).toBe(0);
  expect(text.match(/cycle \d: left clean/g)).toEqual(['cycle 0: left clean', 'cycle 1: left clean', 'cycle 2: left clean']);
});

test('[D8, LIBRARIES §5] Ink, blessed and attach hand one terminal round three times, and every key still arrives', async () => {
  const session = await far();
  const terminal = at(session, []);
  await terminal.sees('connected');
  for (let cycle = 0; cycle < 3; cycle += 1) {
    await opensWall(terminal);
    terminal.press('a');
    await terminal.sees('recorded · ~? for help');
    terminal.types(`cycle ${cycle}\r~.`);
    await terminal.sees('detached; the session goes on');
    await terminal.sees('connected');
    await opensWall(terminal);
    terminal.press('q');
    await terminal.sees('You left the wall.');
  }
  expect(session.typed()).toBe('cycle 0\rcycle 1\rcycle 2\r');
  terminal.press('q');
  expect((await terminal.exited).code).toBe(0);
  const { modes, cursor, hidden, margins } = terminal.screen;
  expect([hidden, modes.mouse, modes.bracketedPaste, modes.applicationCursor, modes.applicationKeypad, cursor.visible]).toEqual([
    undefined,
    'none',
    false,
    false,
    false,
    true,
  ]);
  expect(margins).toEqual({ top: 0, bottom: 23 });
}, 90_000);
