// The plain commands as a script meets them: the built program, a far end that speaks the protocol, exit codes and JSON as DESIGN §4 says.
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aSelf, wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import type { Script } from '../../fixtures/shots/peer.ts';
import { farId } from '../../fixtures/world/far-session.ts';
import { farTurns } from '../../fixtures/world/far-turns.ts';
import { Program, run } from '../../fixtures/world/program.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { AuditRow, ServerRow } from '../../gateway/protocol/nouns.ts';
import { tableLines } from './face.ts';
import { readLine } from './globals.ts';
import { readRule, ruleText } from './groups.ts';
import { fitsSelector, readSelector } from './selector.ts';

const { also, at, far } = farTurns();
const json = (text: string): unknown => JSON.parse(text);

const server = (name: string, more: Partial<ServerRow> = {}): ServerRow => ({
  id: mintId('srv', wordBytes(name)),
  name: name as ServerRow['name'],
  labels: {},
  tier: 'normal',
  groups: [],
  state: 'online',
  level: 'full',
  needs: 'nothing',
  users: [],
  liveSessions: 0,
  ...more,
});

test('[§4] help and version are 0, an unknown command or flag is 2 with a sentence', async () => {
  const help = await run('sallyport', ['--help']);
  expect([help.code, help.err]).toEqual([0, '']);
  for (const noun of ['login', 'attach', 'sessions', 'audit', 'doctor']) expect(help.out).toContain(`\n  ${noun} `);
  expect((await run('sallyport', ['--version'])).out).toMatch(/^sallyport \d+\.\d+\.\d+\n$/);
  for (const args of [['deploy'], ['exec', 'web-*', '--', 'id'], ['ls', '--bogus'], ['sessions', 'freeze'], ['attach']]) {
    const { code, out, err } = await run('sallyport', args);
    expect([args, code, out]).toEqual([args, 2, '']);
    expect(err).toMatch(/^sallyport: The command is not one we know\./);
  }
  const envelope = await run('sallyport', ['--json', 'deploy']);
  expect(json(envelope.out)).toEqual({
    error: { code: 'usage', sentence: 'The command is not one we know. (deploy)', next: 'See --help.', commands: [] },
  });
});

test('[§4] the dashboard needs a terminal, and says so with 2', async () => {
  const { code, err } = await run('sallyport', []);
  expect([code, err]).toEqual([2, 'sallyport: This needs a terminal. Run it in one, or use the plain commands.\n']);
});

test('[B1] not signed in is 3; a credentials file that others can read is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  also(() => rm(folder, { recursive: true, force: true }));
  const none = await run('sallyport', ['ls', '--token-file', join(folder, 'none.json')]);
  expect([none.code, none.err]).toEqual([3, 'sallyport: You are not signed in. Run: sallyport login\n']);
  const session = await far();
  const path = session.flags[1] ?? '';
  await chmod(path, 0o644);
  expect((await run('sallyport', ['ls', ...session.flags])).code).toBe(3);
});

test('[§4] SALLYPORT_TOKEN stands in for the file', async () => {
  const session = await far();
  const env = { SALLYPORT_TOKEN: await readFile(session.flags[1] ?? '', 'utf8') };
  const who = await run('sallyport', ['whoami', '--json'], { env });
  expect([who.code, json(who.out)]).toMatchObject([0, { name: 'ana', role: 'superuser' }]);
});

const decision = (verdict: 'deny' | 'ask' | 'challenge', policies: string[], missing: string[]) => ({
  verdict,
  action: 'server.see',
  target: 'web-1',
  policies,
  missing,
});
const fixes = ['sallyport request web-1 --level terminal --for 1h --why WORDS', 'sallyport groups set web --members ana'];

test('[E36] each refusal has its exit code, the policies that spoke, what is missing, and commands that would change it', async () => {
  const cases = [
    [refuse('denied', undefined, { decision: decision('deny', ['p1'], ['the role staff']) }), 3, fixes],
    [refuse('approval-needed', undefined, { decision: decision('ask', ['p2'], ['an approval']) }), 4, fixes],
    [refuse('step-up', undefined, { decision: decision('challenge', ['p3'], ['a second factor']) }), 5, fixes],
    [refuse('offline'), 6, ['sallyport ls']],
    [refuse('not-found'), 6, ['sallyport ls']],
    [refuse('timeout'), 8, []],
    [refuse('bug'), 1, []],
  ] as const;
  for (const [answer, exit, commands] of cases) {
    const session = await far({
      'server.list': () => answer,
      'policy.explain': ({ action, target }) => {
        expect([action, target]).toEqual(['server.see', 'web-1']);
        return fine({ decision: decision('deny', [], []), signals: {}, policyText: [], conditions: [], fixes: [...fixes] });
      },
    });
    const { code, out } = await run('sallyport', ['ls', '--json', ...session.flags]);
    expect([answer.problem.code, code]).toEqual([answer.problem.code, exit]);
    const { error } = json(out) as { error: Record<string, unknown> };
    const decided = answer.problem.decision;
    expect(error).toMatchObject({ code: answer.problem.code, commands });
    expect([error['sentence'], error['next']]).not.toContain('');
    expect(error['decision']).toEqual(decided);
    expect(error['reason']).toEqual(decided && { policies: decided.policies, missing: decided.missing });
    expect(session.peer.asked.filter(({ type }) => type === 'policy.explain').length).toBe(decided === undefined ? 0 : 1);
  }
});

test('[X1, X5] hostile names drive nothing: tables show them, JSON escapes them', async () => {
  const label = 'x\u202Ey\u009B31m';
  const session = await far({
    'server.list': () => fine({ servers: [server('web-1', { groups: [label], users: [label.slice(0, 32)] })] }),
  });
  const table = await run('sallyport', ['ls', ...session.flags]);
  expect(table.out).toContain('x⟨202E⟩y⟨009B⟩31m');
  const lines = await run('sallyport', ['ls', '--json', ...session.flags]);
  expect(lines.out).toContain('\\u202e');
  expect(json(lines.out)).toMatchObject([{ groups: [label] }]);
});

const challenge = refuse('step-up', undefined, {
  decision: { verdict: 'challenge', action: 'session.kill', target: farId, policies: [], missing: ['a second factor'] },
});

/** Kills only after the code 123456 was proven for it. */
function guarded(): { readonly script: Script; readonly done: () => boolean } {
  let proven = false;
  let killed = false;
  return {
    done: () => killed,
    script: {
      'session.kill': () => {
        if (!proven) return challenge;
        killed = true;
        return fine({});
      },
      'factor.prove': ({ code, action, target }) => {
        if (code !== '123456' || action !== 'session.kill' || target !== farId) return refuse('code-wrong');
        proven = true;
        return fine({ until: 1_900_000_000_000 });
      },
    },
  };
}
const kill = ['sessions', 'kill', farId, '--why', 'test'];

test('[O7] step-up: 5 without a terminal, the first line of stdin with --totp-stdin, a hidden prompt on a terminal', async () => {
  const silent = guarded();
  const first = await far(silent.script);
  expect((await run('sallyport', [...kill, ...first.flags])).code).toBe(5);
  expect(silent.done()).toBe(false);

  const piped = guarded();
  const second = await far(piped.script);
  expect((await run('sallyport', [...kill, '--totp-stdin', ...second.flags], { input: '000000\n' })).code).toBe(3);
  expect((await run('sallyport', [...kill, '--totp-stdin', ...second.flags], { input: '123456\nmore' })).code).toBe(0);
  expect(piped.done()).toBe(true);

  const asked = guarded();
  const third = await far(asked.script);
  const terminal = at(third, [...kill], 100, 20);
  await terminal.sees('Code of your authenticator for session.kill');
  terminal.types('999999\r');
  await terminal.sees('That code is not right.');
  terminal.types('123456\r');
  expect((await terminal.exited).code).toBe(0);
  expect(asked.done()).toBe(true);
  expect(terminal.raw.toString()).not.toContain('123456');
});

test('[§4] a code never comes in argv: there is no such flag', async () => {
  const { code } = await run('sallyport', [...kill, '--totp', '123456']);
  expect(code).toBe(2);
});

test('--readonly refuses what changes something, before anything is asked', async () => {
  const session = await far();
  for (const args of [
    kill,
    ['attach', 'web-1'],
    ['users', 'rm', 'omar', '--why', 'x'],
    ['groups', 'add', 'ops'],
    ['totp', 'codes'],
  ]) {
    const { code, err } = await run('sallyport', ['--readonly', ...args, ...session.flags]);
    expect([args[0], code]).toEqual([args[0], 3]);
    expect(err).toContain('read-only');
  }
  expect(session.peer.asked).toEqual([]);
});

test("[T21] login shows address and code, to which gateway, for which machine, seen from where; waits, and writes a file that is its owner's alone; logout forgets the token", async () => {
  const session = await far({
    'login.start': () =>
      fine({
        handle: 'handle',
        userCode: 'ABCD-EFGH',
        address: 'https://id.example/device',
        addressWithCode: 'https://id.example/device?user_code=ABCD-EFGH',
        expiresAt: 1_900_000_000_000,
        peer: '192.0.2.7',
      }),
    'login.finish': () => fine({ token: 'fresh', self: aSelf({ factor: 'none' }) }),
    'login.end': () => fine({ ended: 1 }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  also(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'new', 'ana.json');
  const done = await run('sallyport', ['login', session.peer.url, '--token-file', file]);
  expect(done.code).toBe(0);
  for (const shown of ['https://id.example/device', 'ABCD-EFGH', 'signed in to harbour', 'totp enroll'])
    expect(done.out).toContain(shown);
  expect(done.out).toContain(`To       peer, ${session.peer.url}\nFor      ${hostname()}, seen from 192.0.2.7; until `);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(json(await readFile(file, 'utf8'))).toMatchObject({
    token: 'fresh',
    gateway: { url: session.peer.url, key: session.peer.key },
  });
  expect((await run('sallyport', ['logout', '--token-file', file])).code).toBe(0);
  expect(json(await readFile(file, 'utf8'))).not.toHaveProperty('token');
  expect((await run('sallyport', ['whoami', '--token-file', file])).code).toBe(3);
});

test('totp enroll shows the secret in groups of four, and the recovery codes once a code was right', async () => {
  const session = await far({
    'factor.enroll': () => fine({ secret: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', uri: 'otpauth://totp/x?secret=ABC' }),
    'factor.confirm': ({ code }) =>
      code === '123456' ? fine({ recoveryCodes: ['one-two', 'three-four'] }) : refuse('code-wrong'),
  });
  const enrol = (input: string) => run('sallyport', ['totp', 'enroll', '--totp-stdin', ...session.flags], { input });
  expect((await enrol('000000\n')).code).toBe(3);
  const { code, out } = await enrol('123456\n');
  expect(code).toBe(0);
  expect(out).toContain('secret  ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567');
  expect(out).toContain('three-four');
  expect((await run('sallyport', ['totp', 'enroll', ...session.flags])).code).toBe(2);
});

const event = (seq: number): AuditRow => ({
  seq,
  at: 1_795_000_000_000 + seq,
  type: 'session.started',
  code: 'T5000I',
  severity: 'info',
  outcome: 'ok',
  actor: { kind: 'person', name: 'ana' },
  summary: `event ${seq}`,
  hash: 'ab'.repeat(32),
  data: {},
});

test('[M8, O9] audit tail -f --json gives every event once, as lines, across a cut', async () => {
  const session = await far({
    'audit.page': () => fine({ events: [event(1), event(2)], head: 2 }),
    subscribe: ({ after = 0 }, caller) => {
      setImmediate(() => {
        if (after === 2) caller.push({ type: 'audit.appended', from: 2, head: 4, rows: [event(3), event(4)] });
        if (after === 4) caller.push({ type: 'audit.appended', from: 3, head: 5, rows: [event(4), event(5)] });
      });
      return fine({});
    },
  });
  const tail = new Program('sallyport', ['audit', 'tail', '-f', '--json', ...session.flags]);
  await tail.says(/"seq":4,/);
  session.peer.cut();
  await tail.says(/"seq":5,/);
  tail.child.kill('SIGINT');
  expect((await tail.ended).code).toBe(0);
  expect(
    tail.out
      .trim()
      .split('\n')
      .map((line) => (json(line) as AuditRow).seq),
  ).toEqual([1, 2, 3, 4, 5]);
});

test('[M8, S77] audit tail --cursor-file: each event once from run to run, purged ones as a gap; a cursor of another query is refused', async () => {
  let head = 3;
  const all = (): AuditRow[] => Array.from({ length: head + 1 }, (_, seq) => event(seq));
  const asked: unknown[] = [];
  const session = await far({
    'audit.page': (body) => {
      asked.push(body);
      const { after, before } = body as { after?: number; before?: number };
      // Records up to 5 were purged once there were more.
      const kept = all().filter(({ seq }) => head < 6 || seq > 5);
      if (before === 1) return fine({ events: kept.filter(({ seq }) => seq < 1), head, looked: { from: 0, to: 0 } });
      const rows = kept.filter(({ seq }) => seq > (after ?? -1)).slice(0, 2);
      const from = head < 6 ? (after ?? -1) + 1 : Math.max(6, (after ?? -1) + 1);
      return fine({ events: rows, head, looked: { from, to: rows.at(-1)?.seq ?? head } });
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  also(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'cursor');
  const tailed = async (...words: string[]) => {
    const { code, out } = await run('sallyport', ['audit', 'tail', '--json', '--cursor-file', file, ...words, ...session.flags]);
    const lines = out.trim() === '' ? [] : out.trim().split('\n');
    return {
      code,
      seqs: lines.map(
        (line) => (json(line) as Partial<AuditRow> & { gap?: unknown }).seq ?? (json(line) as { gap?: unknown }).gap,
      ),
    };
  };
  expect(await tailed()).toEqual({ code: 0, seqs: [0, 1, 2, 3] });
  expect(json(await readFile(file, 'utf8'))).toEqual({ seq: 3, query: '' });
  expect(await tailed()).toEqual({ code: 0, seqs: [] });
  head = 8;
  expect(await tailed()).toEqual({ code: 0, seqs: [{ from: 4, to: 5 }, 6, 7, 8] });
  // The log ends before what was printed: that is no tail to go on with.
  head = 7;
  expect((await tailed()).code).toBe(7);
  expect((await tailed('actor:uma')).code).toBe(2);
  await writeFile(file, 'nothing of ours');
  expect((await tailed()).code).toBe(2);
});

test('[S71] audit search: the newest first, page by page, on where a turn was over, and where more may be', async () => {
  const queries: unknown[] = [];
  const session = await far({
    'audit.page': (body) => {
      const { query, before = 100, limit = 100 } = body as { query?: string; before?: number; limit?: number };
      queries.push(query);
      // Nothing fits between 40 and 60, and time is over there.
      if (before > 60 && before <= 63)
        return fine({ events: [], head: 99, looked: { from: 40, to: before - 1 }, partly: true as const });
      const seqs = Array.from({ length: Math.min(limit, 2, before) }, (_, i) => before - 1 - i).toReversed();
      return fine({ events: seqs.map(event), head: 99, looked: { from: seqs[0] ?? 0, to: before - 1 } });
    },
  });
  const words = ['audit', 'search', 'actor:uma', '--action', 'deploy.*', '--at', 'tue 15:00±30m', '--json', ...session.flags];
  const some = await run('sallyport', [...words, '--before', '66', '--limit', '6']);
  expect(
    some.out
      .trim()
      .split('\n')
      .map((line) => (json(line) as AuditRow).seq),
  ).toEqual([65, 64, 63, 62, 39, 38]);
  expect(new Set(queries)).toEqual(new Set(['actor:uma action:"deploy.*" at:"tue 15:00±30m"']));
  expect(some.err).toContain('Looked back to record 40');
  expect(some.err).toContain('--before 38');
  const all = await run('sallyport', ['audit', 'search', '--all', '--before', '5', ...session.flags]);
  expect(all.out.match(/event \d+/g)).toEqual(['event 4', 'event 3', 'event 2', 'event 1', 'event 0']);
  expect(queries.at(-1)).toBe('-type:audit.heartbeat,state.sealed');
});

test("recordings export puts the pieces together, into a file that is its owner's alone", async () => {
  const pieces = [Buffer.from('one\n'), Buffer.from([0xff, 0x00, 0x1b]), Buffer.from('three\n')];
  const session = await far({
    'recording.export': ({ at = 0 }) =>
      fine({
        piece: pieces[at]?.toString('base64') ?? '',
        encoding: 'base64',
        ...(at + 1 < pieces.length ? { next: at + 1 } : {}),
      }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  also(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'out.raw');
  const done = await run('sallyport', ['recordings', 'export', 'rec', '--format', 'raw', '-o', file, '--json', ...session.flags]);
  expect([done.code, json(done.out)]).toEqual([0, { file, format: 'raw', bytes: 13 }]);
  expect(await readFile(file)).toEqual(Buffer.concat(pieces));
  const bad = await run('sallyport', ['recordings', 'export', 'rec', '--format', 'gif', ...session.flags]);
  expect(bad.code).toBe(2);
});

test('doctor names each hop, and ends with the code of the first that fails', async () => {
  const session = await far();
  const well = await run('sallyport', ['doctor', '--json', ...session.flags]);
  expect(well.code).toBe(0);
  expect((json(well.out) as { hops: { hop: string }[] }).hops.map(({ hop }) => hop)).toContain('sign-in');
  const nobody = await run('sallyport', ['doctor', '--gateway', 'https://127.0.0.1:1', ...session.flags]);
  expect(nobody.code).toBe(6);
  expect(nobody.out).toContain('The gateway cannot be reached.');
});

test('audit verify of what is no log ends with 7 or 6, never with 0', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'));
  also(() => rm(folder, { recursive: true, force: true }));
  expect((await run('sallyport', ['audit', 'verify', folder])).code).toBe(6);
  const file = join(folder, 'log.jsonl');
  await writeFile(file, '{"record":{}}\n');
  const { code, out } = await run('sallyport', ['audit', 'verify', file, '--json']);
  expect(code).toBe(7);
  expect(json(out)).toMatchObject({ verdict: 'altered', records: 0 });
});

test('global flags may stand anywhere', () => {
  const line = readLine(['--ctx', 'work', 'sessions', '--json', 'ls', '--gateway', 'https://g']);
  expect(line.command).toBe('sessions');
  expect(line.globals).toMatchObject({ context: 'work', json: true, gateway: 'https://g' });
  expect(line.rest).toEqual(['--ctx', 'work', '--json', 'ls', '--gateway', 'https://g']);
});

test('a selector is a pattern and labels; a rule is one with level and users', () => {
  const selector = readSelector('web-*,env=prod');
  expect(selector).toEqual({ ok: true, value: { name: 'web-*', labels: { env: 'prod' } } });
  if (!selector.ok) return;
  expect(fitsSelector(server('web-1', { labels: { env: 'prod' } }), selector.value)).toBe(true);
  expect(fitsSelector(server('web-1'), selector.value)).toBe(false);
  expect(fitsSelector(server('xweb-1', { labels: { env: 'prod' } }), selector.value)).toBe(false);
  expect(readSelector('a,b').ok).toBe(false);
  expect(readSelector('A B').ok).toBe(false);
  const text = 'web-*,env=prod:terminal:deploy,{name}';
  const rule = readRule(text);
  expect(rule.ok && ruleText(rule.value)).toBe(text);
  for (const wrong of ['web-*', 'web-*:boss', 'web-*:full:Root', 'a:full:b:c'])
    expect([wrong, readRule(wrong).ok]).toEqual([wrong, false]);
});

test('[X1, X11] columns stand where they stood, whatever the cells hold', () => {
  const lines = tableLines(
    ['A', 'B'],
    [
      ['한글', 'x'],
      ['a\tb', 'x'],
      [{ text: 'red', paint: 'bad' }, undefined],
    ],
    true,
  );
  expect(lines).toEqual(['A     B', '한글  x', 'a␉b   x', '\x1b[31mred\x1b[0m   -']);
});
