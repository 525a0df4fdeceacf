// The history in front of a session: the built program in a pty, a far end that has lines by number.
import { expect, test } from 'vitest';
import type { Script } from '../../fixtures/shots/peer.ts';
import { farId } from '../../fixtures/world/far-session.ts';
import { asked, farTurns, when } from '../../fixtures/world/far-turns.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import type { HistoryLine, Takes } from '../../gateway/protocol/operator.ts';

const { at, far } = farTurns();

/** A history of so many lines; `find` as the gateway does it. `gate` is waited for before each answer. */
function lines(count: number, gate: () => Promise<void> = () => Promise.resolve()): Script {
  const textOf = (n: number): string => (n === 4_000 ? `line ${n} ${'wide '.repeat(40)}end` : `line ${n} of the session`);
  const lineOf = (n: number): HistoryLine =>
    n % 3 === 0 ? { text: textOf(n), looks: [4, 4, 0x1000001, 0, 1] } : { text: textOf(n) };
  return {
    'session.history': async (body: Takes<'session.history'>) => {
      await gate();
      const { from, count: wanted, find } = body;
      const base = { total: count, settled: count - 5 };
      const page = (first: number) => ({
        ...base,
        from: first,
        lines: Array.from({ length: Math.max(0, Math.min(wanted, count - first)) }, (_, y) => lineOf(first + y)),
      });
      if (find === undefined) return fine(page(from ?? Math.max(0, count - wanted)));
      const numbers = Array.from({ length: count }, (_, n) => n);
      const found =
        find.back === true
          ? numbers.findLast((n) => n < (from ?? count) && textOf(n).includes(find.text))
          : numbers.find((n) => n >= (from ?? 0) && textOf(n).includes(find.text));
      if (found === undefined) return fine({ ...base, from: 0, lines: [], searched: find.back === true ? 0 : count });
      return fine({ ...page(Math.max(0, found - (wanted >> 2))), found, searched: found });
    },
  } as Script;
}
async function looking(script: Script) {
  const session = await far(script);
  const terminal = at(session, ['attach', 'web-1'], 80, 24);
  await terminal.sees('recorded · ~? for help');
  session.output('of the day\r\n$ ');
  await terminal.sees('of the day');
  terminal.types('~h');
  return { session, terminal };
}

test('[E30 B1] ~h shows the newest lines and says which they are; keys as in less; nothing typed there is input; q brings the session back', async () => {
  const { session, terminal } = await looking(lines(5_000));
  await terminal.sees('HISTORY of web-1 · lines 4,979–5,000 of 5,000');
  await terminal.sees('line 4999 of the session');
  expect(terminal.screen.cursor.visible).toBe(false);
  for (const [key, top] of [
    ['b', 4_957],
    ['k', 4_956],
    ['\x1b[5~', 4_934],
    ['\x1b[B', 4_935],
    [' ', 4_957],
    ['u', 4_946],
    ['g', 1],
    ['\x1b[6~', 23],
    ['G', 4_979],
  ] as const) {
    terminal.types(key);
    await terminal.sees(`lines ${top.toLocaleString('en')}–${(top + 21).toLocaleString('en')} of 5,000`);
    await terminal.sees(`line ${top - 1} of the session`);
  }
  session.output('meanwhile\r\n');
  terminal.types('q');
  await terminal.until('the session', (shown) => shown.includes('of the day') && !shown.join().includes('HISTORY'));
  await terminal.sees('meanwhile');
  terminal.types('ls\r');
  await when('what is typed then is input', () => session.typed() === 'ls\r');
  // A page, and at most one each way ahead of it, for every look.
  for (const body of asked(session, 'session.history')) expect(body).toMatchObject({ session: farId });
}, 60_000);

test('[B1] what is typed from the very h on is the page’s, and behind its q the session’s again', async () => {
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { session, terminal } = await looking(lines(5_000, () => gate));
  await terminal.sees('asking for the history');
  terminal.types('g');
  go();
  await terminal.sees('lines 1–22 of 5,000');
  terminal.types('q');
  await terminal.sees('of the day');
  expect(session.typed()).toBe('');
  const other = at(session, ['attach', 'web-1'], 80, 24);
  await other.sees('~? for help');
  other.types('~hzzqls\r~hg');
  await other.sees('lines 1–22 of 5,000');
  expect(session.typed()).toBe('ls\r');
}, 60_000);

test('[E30] a search shows where it stands, goes on from the other end, repeats, and says when there is nothing', async () => {
  const { terminal } = await looking(lines(5_000));
  await terminal.sees('HISTORY');
  terminal.types('/line 12 of\r');
  await terminal.sees('found from the beginning on');
  await terminal.sees('lines 8–29 of 5,000');
  terminal.types('?of the session\rNn');
  await terminal.sees('line 12 of');
  terminal.types('/nowhere\r');
  await terminal.sees('“nowhere” is nowhere in this history');
  terminal.types('?line 49\r');
  await terminal.sees(/line 49\d\d of/);
  terminal.types('/\x1b');
  await terminal.sees('q back to the session');
}, 60_000);

test('[E30] a line that is longer than the screen is marked, and read to its end', async () => {
  const { terminal } = await looking(lines(5_000));
  await terminal.sees('HISTORY');
  terminal.types('?line 4000\r');
  await terminal.until('the mark', (shown) => shown.some((line) => line.startsWith('line 4000') && line.endsWith('›')));
  for (let step = 0; step < 4; step += 1) terminal.press('right');
  await terminal.sees('wide end');
  await terminal.sees('from column 161');
}, 60_000);

test('[law 9] what the session has to say stands over the page; without a right to it, it says so and the session is there again', async () => {
  const { session, terminal } = await looking(lines(100));
  await terminal.sees('HISTORY of web-1 · lines 79–100 of 100');
  session.company([{ name: 'omar', role: 'peer', asks: true }]);
  await terminal.sees('omar asks for the keyboard');
  await terminal.sees('HISTORY of web-1');
  terminal.resizes(60, 12);
  await terminal.sees('lines 79–88 of 100');
  terminal.types('q');
  await terminal.seesNoMore('HISTORY');
  const denied = await looking({ 'session.history': () => refuse('denied') });
  await denied.terminal.sees('Policy does not allow this');
  await denied.terminal.sees('of the day');
  expect(denied.session.typed()).toBe('');
}, 60_000);
