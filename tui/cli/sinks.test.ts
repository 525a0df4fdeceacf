// Law 7 on the plain command line: every hostile text in tables, lines, tails, JSON and errors, said by the real program to a real terminal and
// to a pipe (X5, X6, X10, X11). The far end is a gateway that says whatever the contract lets through.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { escapes, harmless } from '../../fixtures/escapes.ts';
import { colour, objections } from '../../fixtures/inert.ts';
import { aSelf } from '../../fixtures/shots/cast-of-people.ts';
import { sceneAudit } from '../../fixtures/shots/scenery.ts';
import { type FarSession, startFarSession } from '../../fixtures/world/far-session.ts';
import { run } from '../../fixtures/world/program.ts';
import { Terminal } from '../../fixtures/world/terminal.ts';
import { cellWidth } from '../../gateway/protocol/cell-width.ts';
import { fine, problemSentence, refuse } from '../../gateway/protocol/errors.ts';
import { jsonSafe, safeText } from '../../gateway/protocol/safe-text.ts';
import { tableLines } from './face.ts';

const texts = [
  ...escapes.map(({ bytes }) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).slice(0, 256)),
  'a\ud800b',
  '字'.repeat(40),
  ...harmless,
];
const short = texts.map((text) => text.slice(0, 60));
/** What JSON may hold raw: nothing a terminal or a reader of lines would act on. */
const unescaped = /[\x7f-\x9f\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

let far: FarSession;
const [record] = sceneAudit(1, 1);
if (record === undefined) throw new Error('no record');
beforeAll(async () => {
  far = await startFarSession({
    'audit.page': () =>
      fine({
        head: texts.length,
        events: texts.map((text, at) => ({
          ...record,
          seq: at + 1,
          actor: { kind: 'stranger' as const, name: short[at] ?? '' },
          address: short[at] ?? '',
          code: 'S1001',
          summary: `said: ${text}`,
          data: { why: text },
        })),
      }),
    'session.list': () =>
      fine({ sessions: short.map((text) => ({ ...far.row(), serverName: text, personName: text, osUser: text, title: text })) }),
    'session.show': ({ session }) => refuse('denied', session),
    'self.show': () => fine({ self: aSelf({ name: short[40] ?? '', email: texts[50] ?? '', groups: short.slice(0, 30) }) }),
    'server.list': () =>
      refuse('step-up', texts.slice(60, 62).join(''), {
        decision: {
          verdict: 'challenge',
          action: 'server.list',
          target: short[70] ?? '',
          policies: short.slice(80, 90),
          missing: short.slice(90, 99),
        },
      }),
  });
});
afterAll(() => far.close());

const commands = [
  ['audit', 'tail'],
  ['sessions', 'ls'],
  ['whoami'],
  ['ls'],
  ['sessions', 'show', 'x\u001b]0;owned\u0007'],
  ['no\u009bsuch\u202e'],
  ['ls', '--bog\u001b[2Jus'],
];

test('[X6] to a pipe: no control but the ends of lines, nothing unseen, and each text is one line', async () => {
  for (const words of commands) {
    const { out, err } = await run('sallyport', [...words, ...far.flags]);
    expect({ words, out: objections(out, [/^\n$/]), err: objections(err, [/^\n$/]) }).toEqual({ words, out: [], err: [] });
  }
  const { out } = await run('sallyport', ['audit', 'tail', ...far.flags]);
  expect(out.trimEnd().split('\n')).toHaveLength(texts.length);
  for (const text of harmless) expect(out).toContain(text);
}, 60_000);

test('[X5] with --json: each line is JSON that gives back the very text, and holds nothing that acts', async () => {
  for (const words of commands) {
    const { out, err } = await run('sallyport', [...words, '--json', ...far.flags]);
    expect({ words, out: objections(out, [/^\n$/]), err: objections(err, [/^\n$/]) }).toEqual({ words, out: [], err: [] });
    expect(out).not.toMatch(unescaped);
    for (const line of out.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  }
  const { out } = await run('sallyport', ['audit', 'tail', '--json', ...far.flags]);
  const said = out
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly summary: string }).summary);
  expect(said).toEqual(texts.map((text) => `said: ${text}`));
}, 60_000);

test('[X9] to a terminal: our colours only, nothing is answered, its title stays', async () => {
  for (const words of commands.slice(0, 4)) {
    const terminal = new Terminal({ program: 'sallyport', args: [...words, ...far.flags], cols: 200, rows: 40 });
    // `ls` asks for a code first, in words of the far end.
    if (words[0] === 'ls') (await terminal.sees('Code of your authenticator')).press('ctrl-c');
    await terminal.exited;
    expect({ words, found: objections(terminal.raw, [colour, /^[\r\n]$/]) }).toEqual({ words, found: [] });
    expect(terminal.screen.title).toBe('');
    await terminal.close();
  }
}, 60_000);

test('[X11] in a table and in the tail, what stands beside a text keeps its column', async () => {
  const lines = tableLines(
    ['NAME', 'VERDICT', 'X'],
    texts.map((text) => [text, 'allow', 'x']),
    false,
  );
  const columns = new Set(lines.slice(1).map((line) => cellWidth(line.slice(0, line.lastIndexOf('allow')))));
  expect(columns.size).toBe(1);
  const { out } = await run('sallyport', ['audit', 'tail', ...far.flags]);
  const tail = out.trimEnd().split('\n');
  const marked0 = 7 + 2 + 20 + 2 + 5 + 2 + 6 + 2 + 12;
  const marked = tail.map((line) => cellWidth(line.slice(0, line.indexOf('  said: '))));
  // A wide name moves what follows by exactly what it is too wide.
  const wanted = short.map((name) => marked0 + Math.max(0, cellWidth(safeText(name)) - 12));
  expect(marked).toEqual(wanted);
}, 60_000);

test('[X1 X5] the words of every problem with every hostile detail', () => {
  for (const detail of texts) {
    const problem = refuse('usage', detail).problem;
    expect(objections(safeText(problemSentence(problem)), [])).toEqual([]);
    expect(jsonSafe(problem)).not.toMatch(unescaped);
    expect(JSON.parse(jsonSafe({ detail }))).toEqual({ detail });
  }
});
