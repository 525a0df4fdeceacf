// What one does from the wall, against a scripted far end over a real socket, before a terminal without a window.
import { afterEach, expect, test } from 'vitest';
import { escapes } from '../../fixtures/escapes.ts';
import { type Glass, openGlass } from '../../fixtures/shots/glass.ts';
import { aSession, type FarWall, rightCode, startFarWall } from '../../fixtures/world/far-wall.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { rowRuns } from '../../gateway/screen/row.ts';
import type { TtyOutcome } from '../attach-port.ts';
import { showWall, type WallOptions } from './wall.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

type Shown = { readonly far: FarWall; readonly glass: Glass; readonly over: Promise<TtyOutcome> };

async function shows(
  sessions: readonly SessionRow[],
  how: Parameters<typeof startFarWall>[1] & { readonly cols?: number; readonly rows?: number } & WallOptions = {},
): Promise<Shown> {
  const far = await startFarWall(sessions, how);
  open.push(far.close);
  const glass = openGlass(how.cols ?? 100, how.rows ?? 30);
  const over = showWall(glass, await far.link(), sessions, how);
  open.push(async () => {
    let left = false;
    void over.then(() => {
      left = true;
    });
    while (!left) {
      glass.type('\x03');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  return { far, glass, over };
}

const many = (count: number): SessionRow[] =>
  Array.from({ length: count }, (_, at) => aSession(`node-${at + 1}`, { startedAt: 1_795_000_000_000 + at }));
const idOf = (row: SessionRow | undefined): string => row?.id ?? '';

test('[M6] `f` freezes what is chosen, with a reason; the tile says who and why; `f` again gives the keys back', async () => {
  const [row] = many(1);
  const { far, glass } = await shows(many(1));
  await glass.sees('wall · 1 live');
  glass.type('f');
  await glass.sees('freeze — why? ▸');
  glass.type('runaway 한글 😀 script');
  await glass.sees('runaway 한글 😀 script');
  glass.type('\r');
  await glass.sees('! frozen by ana: runaway 한글 😀 script');
  await glass.sees('node-1 · omar is frozen');
  glass.type('f');
  await glass.sees('give the keys back — why? ▸');
  glass.type('\r');
  await glass.sees('takes keys again');
  await glass.sees((text) => !text.includes('! frozen'));
  expect(far.asked('session.freeze')).toEqual([
    { session: idOf(row), freeze: true, why: 'runaway 한글 😀 script' },
    { session: idOf(row), freeze: false, why: 'no reason given' },
  ]);
});

test('[M6] `k` ends a session only with a reason; it says so for a moment and goes', async () => {
  const [one] = many(2);
  const { far, glass } = await shows(many(2));
  await glass.sees('wall · 2 live');
  glass.type('k');
  await glass.sees('end it — why? ▸');
  glass.type('\r');
  await glass.still();
  expect(far.asked('session.kill')).toEqual([]);
  glass.type('wrong server\r');
  await glass.sees(/node-1: the session was killed by ana/);
  await glass.sees(/wrong\s.*server/s);
  glass.type('\t');
  await glass.sees('wall · 1 live');
  await glass.sees((text) => !text.includes('node-1 ·'));
  await glass.sees(/┏━+ node-2 · omar/);
  expect(far.asked('session.kill')).toEqual([{ session: idOf(one), why: 'wrong server' }]);
});

test('[M6] `m` marks, `M` says a line; esc does neither', async () => {
  const [row] = many(1);
  const { far, glass } = await shows(many(1));
  await glass.sees('wall · 1 live');
  glass.type('m');
  await glass.sees('mark this place as ▸');
  glass.type('here it began\r');
  await glass.sees('marked in the recording of node-1');
  glass.type('M');
  await glass.sees('say to everybody in it ▸');
  glass.type('please stop\r');
  await glass.sees('said to everybody in node-1');
  glass.type('M');
  await glass.sees('say to everybody in it ▸');
  glass.type('not this\x1b');
  await glass.sees('Enter zooms');
  expect(far.asked('session.mark')).toEqual([{ session: idOf(row), label: 'here it began' }]);
  expect(far.asked('session.message')).toEqual([{ session: idOf(row), text: 'please stop' }]);
});

test('[M6, M14, S55] `x` puts the end off, `L` locks the person out, each with a reason; `T` leaves for the keyboard', async () => {
  const [row] = many(1);
  const { far, glass, over } = await shows(many(1));
  await glass.sees('wall · 1 live');
  glass.type('x');
  await glass.sees('put its end off — why? ▸');
  glass.type('the build needs it\r');
  await glass.sees('may go on longer');
  glass.type('L');
  await glass.sees('lock its person out for an hour — why? ▸');
  glass.type('lost laptop\r');
  await glass.sees('is locked out for an hour');
  expect(far.asked('session.extend')).toEqual([{ session: idOf(row), why: 'the build needs it' }]);
  expect(far.asked('lock.add')).toEqual([{ kind: 'person', target: 'omar', why: 'lost laptop', minutes: 60 }]);
  glass.type('T');
  expect((await over).next).toEqual({ go: 'take-over', session: idOf(row) });
});

test('[T18] a deed that takes a code asks for it and then does the very same; a wrong one is said, esc gives up', async () => {
  const [row] = many(1);
  const { far, glass } = await shows(many(1), { needsCode: ['session.freeze'] });
  await glass.sees('wall · 1 live');
  glass.type('f');
  await glass.sees('freeze — why? ▸');
  glass.type('now\r');
  await glass.sees('needs a code ▸');
  glass.type('000000\r');
  await glass.sees('That code is not right');
  glass.type(`${rightCode}\r`);
  await glass.sees('! frozen by ana: now');
  expect(far.asked('session.freeze')).toHaveLength(2);
  expect(far.asked('factor.prove')).toEqual([
    { code: '000000', action: 'session.freeze', target: idOf(row) },
    { code: rightCode, action: 'session.freeze', target: idOf(row) },
  ]);
});

test('[T2] a session that takes a code is not watched until then: enter asks, and shows it when the code was right', async () => {
  const rows = many(2).map((row, at) => (at === 1 ? { ...row, needs: 'factor' as const } : row));
  const { far, glass } = await shows(rows);
  far.output(idOf(rows[1]), 'secret work');
  await glass.sees('needs a code: enter opens it');
  await glass.still();
  expect(far.watched()).toEqual([idOf(rows[0])]);
  glass.type('\t\r');
  await glass.sees('node-2 · omar needs a code ▸');
  glass.type('\x1b');
  await glass.sees('Enter zooms');
  glass.type('\r');
  await glass.sees('needs a code ▸');
  glass.type(`${rightCode}\r`);
  await glass.sees('secret work');
  await glass.sees('Esc back to the wall');
  expect(far.watched()).toEqual(rows.map(idOf));
});

test('[law 4] a refusal is said in the bottom row, and the wall goes on', async () => {
  const { glass } = await shows(many(1), {
    script: { 'session.message': () => ({ ok: false, problem: { code: 'denied' } }) },
  });
  await glass.sees('wall · 1 live');
  glass.type('M');
  await glass.sees('▸');
  glass.type('hello\r');
  await glass.sees('✗ Policy does not allow this.');
  glass.type('\r');
  await glass.sees('Esc back to the wall');
});

test('[M6] enter fills the screen with what is already here: nothing is asked of the gateway; esc is back', async () => {
  const { far, glass } = await shows(many(16), { cols: 120, rows: 36 });
  const rows = many(16);
  for (const [at, row] of rows.entries()) far.output(idOf(row), `${'\r\n'.repeat(at)}in session ${at + 1}.`);
  await glass.sees('wall · 16 live');
  for (let at = 1; at <= 16; at += 1) await glass.sees(`in session ${at}.`);
  expect(new Set(far.watched())).toEqual(new Set(rows.map(idOf)));
  const asked = far.peer.asked.length;
  glass.type('\t\t\r');
  await glass.sees('Esc back to the wall');
  await glass.sees(/━━ node-3 · omar ━{80}/);
  glass.type('\t');
  await glass.sees(/━━ node-4 · omar ━{80}/);
  glass.type('\x1b');
  await glass.sees('wall · 16 live');
  expect(far.peer.asked.slice(asked)).toEqual([]);
  expect(far.asked('session.watch')).toHaveLength(16);
});

test('[M6] alone on the screen a session of 80 columns is shown with whole lines, at 80×24 too', async () => {
  const [row] = many(1);
  const { far, glass } = await shows(many(1), { cols: 80, rows: 24 });
  await glass.sees('wall · 1 live');
  far.output(idOf(row), `${'0123456789'.repeat(8)}\r\n`);
  glass.type('\r');
  await glass.sees('Esc back to the wall');
  await glass.sees('0123456789'.repeat(8));
});

test('[M6] what does not fit stands on other pages, with a count; only sixteen are watched at once', async () => {
  const rows = many(20);
  const { far, glass } = await shows(rows, { cols: 80, rows: 24 });
  await glass.sees('wall · 20 live · page 1/3 · 11 more ]');
  await glass.sees('node-9 · omar');
  glass.type(']');
  await glass.sees('page 2/3');
  await glass.sees('node-18 · omar');
  expect(glass.text()).not.toContain('node-9 ·');
  glass.type('\x1b[6~');
  await glass.sees('page 3/3 · 18 more');
  await glass.sees('node-20 · omar');
  await glass.still();
  expect(far.watched().length).toBeLessThanOrEqual(16);
  glass.type('[[');
  await glass.sees('page 1/3');
  far.output(idOf(rows[0]), 'still shown');
  await glass.sees('still shown');
  await glass.still();
  expect(far.watched().length).toBeLessThanOrEqual(16);
});

test('[M6] `/` filters by the words of the lists while one types; esc takes it back, order stays', async () => {
  const rows = [
    aSession('web-prod-1', { startedAt: 1, tier: 'important' }),
    aSession('db-prod-1', { startedAt: 2, personName: 'uma' }),
    aSession('web-staging', { startedAt: 3, personName: 'uma' }),
  ];
  const { glass } = await shows(rows);
  await glass.sees('wall · 3 live');
  glass.type('/');
  await glass.sees('words, !not');
  glass.type('web !important');
  await glass.sees('1 shown');
  await glass.sees((text) => !text.includes('db-prod-1') && !text.includes('web-prod-1') && text.includes('web-staging'));
  glass.type('\x1b');
  await glass.sees('wall · 3 live');
  await glass.sees('db-prod-1');
  glass.type('/');
  await glass.sees('words, !not');
  glass.type('uma\r');
  await glass.sees('/uma 2 of 3');
  expect(glass.text().indexOf('db-prod-1')).toBeLessThan(glass.text().indexOf('web-staging'));
  glass.type('\x1b');
  await glass.sees((text) => !text.includes('/uma') && text.includes('web-prod-1'));
});

test('[M6] a tile shows where the cursor is, follows a new size of the session, and letterboxes what is smaller', async () => {
  const [row] = many(1);
  const { far, glass } = await shows(many(1), { cols: 60, rows: 16 });
  await glass.sees('wall · 1 live');
  far.output(idOf(row), Array.from({ length: 24 }, (_, n) => `line ${n + 1}`).join('\r\n'));
  await glass.sees('line 24');
  await glass.sees('line 12');
  expect(glass.text()).not.toContain('line 11\n');
  expect(glass.text()).not.toContain('line 1 ');
  far.resizes(idOf(row), { cols: 20, rows: 5 });
  await glass.sees(/·{10} *line 24 +·{10}/);
  expect(glass.rows().filter((one) => /│·{58}│|┃·{58}┃/.test(one)).length).toBe(8);
});

test('[M6] the borders say the risk by sign and word, so that it reads without colour; the help names every key that holds', async () => {
  const rows = [
    aSession('web-1', { startedAt: 1 }),
    aSession('db-1', { startedAt: 2, tier: 'critical', osUser: 'root', level: 'full' }),
    aSession('cache-1', { startedAt: 3, state: 'frozen', freezes: [{ cause: 'held', by: 'uma' }] }),
  ];
  const { glass } = await shows(rows, { cols: 120, rows: 36 });
  await glass.sees(/db-1 · omar ─+ ▲ critical # root ─/);
  await glass.sees(/cache-1 · omar ─+ ! frozen by uma ─/);
  glass.type('?');
  await glass.sees('freeze its keys');
  for (const words of [
    'one session fills the screen',
    'the tile beside',
    'act: frozen',
    'the next page, and back',
    'leave the wall',
  ])
    await glass.sees(words);
  glass.type('?');
  await glass.sees((text) => !text.includes('the tile beside'));
});

test('[E47] NO_COLOR: the wall sends no colour of its own, and risks, choice and lights are still told', async () => {
  const rows = [
    aSession('db-1', { tier: 'critical', level: 'full', startedAt: 1 }),
    aSession('web-1', { rec: 'failed', startedAt: 2 }),
  ];
  const { glass } = await shows(rows, { colours: 0 });
  await glass.sees('wall · 2 live');
  await glass.sees(/┏━ db-1 · omar ━+ ▲ critical # sudo ━┓/);
  await glass.sees(/┌─ web-1 · omar ─+ ! not recorded ─┐/);
  await glass.sees(/ rec failed ─┘/);
  const looks = glass.screen().grid.flatMap((row) => rowRuns(row).map(({ style }) => [style.foreground, style.background]));
  expect(looks.every(([front, back]) => front === 0 && back === 0)).toBe(true);
});

test('[E28] read-only: no key changes anything', async () => {
  const { far, glass } = await shows(many(1), { readonly: true });
  await glass.sees('wall · 1 live');
  glass.type('fkmMa');
  glass.type('\r');
  await glass.sees('Esc back to the wall');
  expect(glass.text()).not.toContain('freeze');
  expect(far.peer.asked.map(({ type }) => type)).not.toContain('session.freeze');
});

test('[law 7] sixteen hostile sessions: their names, titles and reasons reach the terminal as cells only', async () => {
  const hostile = escapes
    .slice(0, 64)
    .map(({ bytes }) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).slice(0, 60));
  const rows = many(16).map(
    (row, at): SessionRow => ({
      ...row,
      serverName: hostile[at * 4] ?? '',
      title: hostile[at * 4 + 1] ?? '',
      freezes: [{ cause: 'held', by: hostile[at * 4 + 2] ?? '', why: hostile[at * 4 + 3] ?? '' }],
    }),
  );
  const { far, glass } = await shows(rows, { cols: 200, rows: 60 });
  await glass.sees('wall · 16 live');
  for (const row of rows) far.output(row.id, 'quiet');
  await glass.sees((text) => (text.match(/quiet/g) ?? []).length === 16);
  expect(glass.screen().title).toBe('');
  expect(glass.screen().modes).toMatchObject({ bracketedPaste: false, focus: false });
  expect(glass.rows().at(-1)).toContain('wall · 16 live');
  expect(glass.text().replaceAll('\n', '')).not.toMatch(/[\p{Cf}\p{Cc}]/u);
});
