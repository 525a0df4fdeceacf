// Guessed echo in the built program, before a far end that says when it echoes.
import { expect, test } from 'vitest';
import type { FarSession } from '../../fixtures/world/far-session.ts';
import { farTurns, when } from '../../fixtures/world/far-turns.ts';
import type { Terminal } from '../../fixtures/world/terminal.ts';
import { predictMode } from './prediction-layer.ts';

const { far, at } = farTurns();

/** At a prompt where one key was echoed: the row is known to echo. */
async function typing(words: readonly string[]): Promise<{ readonly session: FarSession; readonly terminal: Terminal }> {
  const session = await far();
  session.output('$ ');
  const terminal = at(session, ['attach', 'web-1', ...words]);
  await terminal.sees('~? for help');
  session.silent = true;
  terminal.types('e');
  await when('the key is there', () => session.typed() === 'e');
  session.output('e');
  await terminal.sees('$ e');
  return { session, terminal };
}
const first = (terminal: Terminal): string => terminal.lines[0] ?? '';

test('[E29] keys are on the screen before the far end has said a word, and reach it once, as they were typed', async () => {
  const { session, terminal } = await typing(['--predict', 'always']);
  terminal.types('cho hi');
  await terminal.sees('$ echo hi');
  await when('all is there', () => session.typed() === 'echo hi');
  session.output('cho hi');
  session.told();
  session.output('!');
  await terminal.sees('$ echo hi!');
  terminal.types('\r');
  await when('Enter is there', () => session.typed() === 'echo hi\r');
  expect(session.pieces().map(({ offset }) => offset)).toEqual([...new Set(session.pieces().map(({ offset }) => offset))]);
}, 60_000);

test('[E29] a wrong guess is gone when the far end contradicts it', async () => {
  const { session, terminal } = await typing(['--predict', 'always']);
  terminal.types('cho');
  await terminal.sees('$ echo');
  session.output('*');
  session.told();
  await terminal.until('the truth', (lines) => lines[0] === '$ e*');
}, 60_000);

test('[E29] nothing that is typed where nothing is echoed is ever written to the terminal', async () => {
  const { session, terminal } = await typing(['--predict', 'always']);
  terminal.types('\rhunter2 and more');
  await when('it is there', () => session.typed().endsWith('more'));
  session.output('\r\nPassword: ');
  await terminal.sees('Password:');
  session.told();
  terminal.types('trout\r');
  await when('the rest is there', () => session.typed().endsWith('trout\r'));
  session.told();
  session.output('\r\nwelcome');
  await terminal.sees('welcome');
  const said = terminal.raw.toString('latin1');
  expect(said).not.toMatch(/hun|tro|out|more/);
}, 60_000);

test('[E29] switched off, what is shown is what the far end said', async () => {
  const { session, terminal } = await typing(['--predict', 'never']);
  terminal.types('cho');
  await when('it is there', () => session.typed() === 'echo');
  session.output('x');
  session.told();
  await terminal.sees('$ ex');
  expect(first(terminal)).toBe('$ ex');
  expect(terminal.raw.toString('latin1')).not.toContain('cho');
}, 60_000);

test('the command line speaks before the environment, and neither says what is not known', async () => {
  expect(predictMode({})).toBe('adaptive');
  expect(predictMode({ SALLYPORT_PREDICT: 'never' })).toBe('never');
  expect(predictMode({ SALLYPORT_PREDICT: 'never' }, 'always')).toBe('always');
  expect(predictMode({ SALLYPORT_PREDICT: 'sometimes' })).toBe('adaptive');
  const terminal = at(await far(), ['attach', 'web-1', '--predict', 'sometimes']);
  expect((await terminal.exited).code).toBe(2);
  expect(terminal.lines.join('')).toContain('--predict is one of adaptive, always, never');
}, 60_000);
