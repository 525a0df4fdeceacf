// Attach and watch, as a person at a real terminal sees them: the built program in a pty, a far end that speaks the protocol.
import { expect, test } from 'vitest';
import { farId } from '../../fixtures/world/far-session.ts';
import { farTurns, when } from '../../fixtures/world/far-turns.ts';
import { run } from '../../fixtures/world/program.ts';
import { Terminal } from '../../fixtures/world/terminal.ts';
import { differences } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';

const { at, far } = farTurns();
const lastRows = (terminal: Terminal): string =>
  terminal.lines
    .filter((line) => line !== '')
    .slice(-3)
    .join('\n');

test('[E32, law 11] attach types and shows; ~. detaches; the terminal comes back clean with one plain sentence', async () => {
  const session = await far();
  const terminal = at(session);
  await terminal.sees('recorded · ~? for help');
  session.output('\x1b[?1049h\x1b[?1000;1006h\x1b[?2004h\x1b[?25l\x1b=\x1b[3;5r\x1b[31mfull screen');
  await terminal.sees('full screen');
  expect(session.sizes()).toEqual([{ cols: 80, rows: 20 }]);
  terminal.types('ls -la\r');
  await when('typed', () => session.typed() === 'ls -la\r');
  terminal.types('~?');
  await terminal.sees('detach; the session goes on');
  terminal.types('x');
  await terminal.seesNoMore('detach; the session goes on');
  await when('x typed', () => session.typed() === 'ls -la\rx');
  terminal.types('\r~.');
  expect(await terminal.exited).toMatchObject({ code: 0 });
  expect(lastRows(terminal)).toContain('web-1: detached; the session goes on');
  const { modes, cursor, hidden, margins } = terminal.screen;
  expect([hidden, modes.mouse, modes.bracketedPaste, modes.applicationKeypad, cursor.visible, cursor.x]).toEqual([
    undefined,
    'none',
    false,
    false,
    true,
    0,
  ]);
  expect(margins).toEqual({ top: 0, bottom: 19 });
});

test('[law 9] the end of a session is said with its reason, and attach ends with the code of the shell', async () => {
  for (const [ended, code, says] of [
    [{ reason: 'exited', exitCode: 7 }, 7, 'the shell ended with 7'],
    [{ reason: 'exited', signal: 'SIGKILL' }, 137, 'the shell ended by SIGKILL'],
    [{ reason: 'killed', by: 'omar', why: 'runaway' }, 3, 'the session was killed by omar (runaway) [killed]'],
    [{ reason: 'agent-lost' }, 6, '[agent-lost]'],
  ] as const) {
    const session = await far();
    const terminal = at(session);
    await terminal.sees('recorded');
    session.output('bye\r\n');
    session.end(ended);
    expect((await terminal.exited).code).toBe(code);
    expect(terminal.text).toContain('bye');
    expect(lastRows(terminal)).toContain(says);
  }
});

test('[TRUST §0] answers of the terminal never reach the shell, also when they come late', async () => {
  const session = await far();
  const terminal = at(session);
  await terminal.sees('recorded');
  terminal.types('\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?64;1;2c');
  terminal.types('a');
  await when('a typed', () => session.typed().length > 0);
  expect(session.typed()).toBe('a');
});

test('[law 5] a cut line: the banner says so, the screen goes on exactly, keys sent before are not lost, keys typed meanwhile ask', async () => {
  const session = await far();
  const terminal = at(session);
  await terminal.sees('recorded');
  session.output('$ ');
  terminal.types('a');
  await when('a', () => session.typed() === 'a');
  session.deaf = true;
  terminal.types('lost');
  await when('on the way', () => session.swallowed() === 4);
  session.away = true;
  session.deaf = false;
  session.peer.cut();
  await terminal.sees('link lost');
  terminal.types('rm -rf /\r');
  await terminal.sees('9 bytes typed, held back');
  session.output('while you were away\r\n$ ');
  session.away = false;
  await terminal.sees('9 bytes were typed while nothing could be sent');
  await terminal.sees('while you were away');
  expect(session.typed().startsWith('a')).toBe(true);
  expect(session.typed()).not.toContain('rm');
  terminal.types('\x1b');
  await terminal.seesNoMore('were typed while nothing');
  terminal.types('z');
  await when('z', () => session.typed().endsWith('z'));
  expect(session.typed()).toMatch(/^a(lost)?z$/);
});

test('[law 5] Enter sends what was held; a stream in pieces goes on cell by cell after three cuts', async () => {
  const session = await far();
  const terminal = at(session, ['attach', 'web-1'], 60, 12);
  await terminal.sees('recorded');
  const reference = openTerminal({ cols: 60, rows: 12 });
  for (let round = 0; round < 3; round += 1) {
    for (let line = 0; line < 40; line += 1) {
      const text = `\x1b[3${line % 8}mround ${round} line ${line} 한글 \x1b[m\r\n`;
      reference.feed(Buffer.from(text));
      session.output(text);
    }
    session.peer.cut();
    const more = `\x1b[Hback ${round}\x1b[5;5H`;
    reference.feed(Buffer.from(more));
    session.output(more);
    await terminal.sees(`back ${round}`);
    await terminal.sees('the link is back');
  }
  terminal.types('~R');
  const wanted = { ...reference.screen(), title: '' };
  const wrong = (): string[] => differences({ ...terminal.screen, title: '' }, wanted).filter((part) => part !== 'saved normal');
  await terminal.until('the very same screen', () => wrong().length === 0).catch(() => expect(wrong()).toEqual([]));
  reference.dispose();
}, 60_000);

test('[FEATURES 4b] a paste of 1 MB arrives whole and in pieces of at most 1 KiB', async () => {
  const session = await far();
  const terminal = at(session);
  await terminal.sees('recorded');
  const paste = Array.from({ length: 16_000 }, (_, i) => `line ${i} ${'x'.repeat(50)}\r`).join('');
  for (let from = 0; from < paste.length; from += 4096) terminal.types(paste.slice(from, from + 4096));
  await when('all of it', () => session.typed().length >= paste.length);
  expect(session.typed() === paste).toBe(true);
  expect(Math.max(...session.pieces().map((piece) => piece.length))).toBeLessThanOrEqual(1024);
}, 60_000);

test('[C3] credit is returned as the terminal takes the bytes', async () => {
  const session = await far();
  const terminal = at(session);
  await terminal.sees('recorded');
  const before = session.received();
  session.output('x'.repeat(5000));
  await when('acknowledged', () => session.received() >= before + 5000);
});

test('a new size of the terminal reaches the far end, the newest last', async () => {
  const session = await far();
  const terminal = at(session);
  await terminal.sees('recorded');
  for (let cols = 81; cols <= 100; cols += 1) terminal.resizes(cols, 25);
  await when('the last size', () => session.sizes().at(-1)?.cols === 100);
});

test('[X3] a clipboard write asks once, and the answer is not typed', async () => {
  const asked: boolean[] = [];
  const session = await far({
    'session.clipboard': ({ allow }) => {
      asked.push(allow);
      return { ok: true, value: {} };
    },
  });
  const terminal = at(session);
  await terminal.sees('recorded');
  session.tell('clipboard', '12 characters');
  await terminal.sees('write to your clipboard');
  terminal.types('q');
  await when('the bell', () => terminal.screen.bells > 0);
  terminal.types('y');
  await terminal.seesNoMore('write to your clipboard');
  expect(asked).toEqual([true]);
  session.tell('clipboard', '12 characters');
  terminal.types('k');
  await when('k', () => session.typed() === 'k');
});

test('[law 11] a signal gives the terminal back before the program ends', async () => {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
    const session = await far();
    const terminal = at(session);
    await terminal.sees('recorded');
    session.output('\x1b[?1049h\x1b[?1002;1006h\x1b[?25lhalf a sequence \x1b[1;');
    await terminal.sees('half a sequence');
    await terminal.kill(signal);
    const { modes, cursor, hidden } = terminal.screen;
    expect([signal, hidden, modes.mouse, cursor.visible]).toEqual([signal, undefined, 'none', true]);
  }
});

test('without a terminal, stdin is typed and the output comes out, until the session ends', async () => {
  const session = await far();
  const running = run('sallyport', ['attach', 'web-1', ...session.flags], { input: 'echo hi\nexit 4\n' });
  await when('typed', () => session.typed() === 'echo hi\nexit 4\n');
  session.output('hi\r\n');
  session.end({ reason: 'exited', exitCode: 4 });
  const { code, out, err } = await running;
  expect([code, out]).toEqual([4, 'hi\r\n']);
  expect(err).toContain('the shell ended with 4');
  expect(session.sizes()).toEqual([{ cols: 80, rows: 24 }]);
});

test('[law 6, E1, C4] an observer is inert: no key reaches the far end, and q, Ctrl-C, Esc and ~. leave at once', async () => {
  for (const leave of ['q', '\x03', '\x1b', '~.']) {
    const session = await far();
    const terminal = at(session, ['watch', farId], 60, 12);
    session.output('\x1b]0;evil title\x07\x1b[?1000hworking\r\n');
    await terminal.sees('working');
    await terminal.sees('watching web-1');
    expect(terminal.text).toContain('ana drives');
    terminal.types('ls\r\x1b[A\x1b[B');
    const from = Date.now();
    terminal.types(leave);
    expect((await terminal.exited).code).toBe(0);
    expect(Date.now() - from).toBeLessThan(2_000);
    expect(session.typed()).toBe('');
    expect(session.pieces()).toEqual([]);
    expect(terminal.screen.modes.mouse).toBe('none');
    expect(terminal.raw.includes('evil title')).toBe(false);
    expect(terminal.raw.includes('\x1b[?1000h')).toBe(false);
  }
});
