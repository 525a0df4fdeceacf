// The commands about live sessions, as programs: what they ask, what they say, how they end. The far end is scripted; the rules are its own
// where they matter (fixtures/stories).
import { expect, test } from 'vitest';
import { wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import type { Script } from '../../fixtures/shots/peer.ts';
import { type FarSession, farId } from '../../fixtures/world/far-session.ts';
import { asked, farTurns } from '../../fixtures/world/far-turns.ts';
import { run } from '../../fixtures/world/program.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { LockRow, SessionRow } from '../../gateway/protocol/nouns.ts';

const { at, far } = farTurns();
const json = (text: string): unknown => JSON.parse(text);
const quiet: Script = {
  'session.kill': () => fine({}),
  'session.freeze': () => fine({}),
  'session.message': () => fine({}),
  'session.extend': () => fine({ until: 1_795_000_060_000 }),
  'session.mark': () => fine({ position: 4711 }),
};

test('[S55, E44, M14] each control of a session is one request, named by id, server or person', async () => {
  const session = await far(quiet);
  const does = async (...args: string[]) => {
    const { code, out, err } = await run('sallyport', ['sessions', ...args, ...session.flags]);
    expect([args[0], code, err]).toEqual([args[0], 0, '']);
    return out;
  };
  await does('kill', farId, '--why', 'hung build');
  await does('freeze', 'web-1', '--why', 'hands off');
  await does('unfreeze', 'ana');
  await does('message', 'web-1', 'coffee', 'in', 'five');
  expect(await does('extend', farId, '--why', 'restore runs')).toContain('2026-11-18T11:07:40Z');
  expect(await does('mark', farId, 'it breaks here')).toContain('4711');
  const session_ = { session: farId };
  expect(asked(session, 'session.kill')).toEqual([{ ...session_, why: 'hung build' }]);
  expect(asked(session, 'session.freeze')).toEqual([
    { ...session_, freeze: true, why: 'hands off' },
    { ...session_, freeze: false, why: '' },
  ]);
  expect(asked(session, 'session.message')).toEqual([{ ...session_, text: 'coffee in five' }]);
  expect(asked(session, 'session.extend')).toEqual([{ ...session_, why: 'restore runs' }]);
  expect(asked(session, 'session.mark')).toEqual([{ ...session_, label: 'it breaks here' }]);
});

test('[S61] an invitation shows its code and how to use it; the code goes in whatever case, and names the role by itself', async () => {
  const id = mintId('inv', wordBytes('inv'));
  const invite = { id, session: farId, personName: 'uma', role: 'peer' as const, by: 'ana', expiresAt: 1_795_000_060_000 };
  const session = await far({
    'session.share': () => fine({ invite, code: 'hk4m-9wzt' }),
    'session.unshare': () => fine({}),
    'session.join': () => refuse('not-found'),
  });
  const shared = await run('sallyport', ['sessions', 'share', 'web-1', 'uma', '--role', 'peer', '--ttl', '2h', ...session.flags]);
  expect(shared.code).toBe(0);
  expect(shared.out).toContain('sallyport join hk4m-9wzt');
  expect(asked(session, 'session.share')).toEqual([{ session: farId, person: 'uma', role: 'peer', minutes: 120 }]);
  const terminal = at(session, ['join', 'HK4M-9WZT'], 80, 24);
  expect((await terminal.exited).code).toBe(6);
  expect(asked(session, 'session.join')).toEqual([{ session: 'hk4m-9wzt', size: { cols: 80, rows: 23 } }]);
  expect((await run('sallyport', ['sessions', 'unshare', id, ...session.flags])).code).toBe(0);
  expect(asked(session, 'session.unshare')).toEqual([{ invite: id }]);
  expect((await run('sallyport', ['sessions', 'unshare', 'hk4m-9wzt', ...session.flags])).code).toBe(2);
  expect((await run('sallyport', ['sessions', 'share', 'web-1', 'uma', '--role', 'driver', ...session.flags])).code).toBe(2);
});

test('[S61] join bogus ends at once: 6 on a terminal, 2 without one', async () => {
  const session = await far({ 'session.join': () => refuse('not-found') });
  const before = performance.now();
  const terminal = at(session, ['join', 'bogus'], 80, 24);
  expect((await terminal.exited).code).toBe(6);
  // The goal is 2 s; the bound only catches something that waits.
  expect(performance.now() - before).toBeLessThan(8_000);
  expect((await run('sallyport', ['join', 'bogus', ...session.flags])).code).toBe(2);
});

test('[S60] attach --last goes back to the session left last; 6 with a sentence when there is none', async () => {
  const other = mintId('ses', wordBytes('other'));
  const rows = (session: FarSession): readonly SessionRow[] => [
    { ...session.row(), id: other, serverName: 'db-1', state: 'detached', detachedAt: 1_795_000_001_000 },
    { ...session.row(), state: 'detached', detachedAt: 1_795_000_002_000 },
  ];
  const session = await far({ 'session.list': () => fine({ sessions: [...rows(session)] }) });
  const last = run('sallyport', ['attach', '--last', ...session.flags], { input: 'exit\n' });
  await expect.poll(() => session.typed()).toContain('exit');
  session.end({ reason: 'exited', exitCode: 0 });
  expect((await last).code).toBe(0);
  expect(asked(session, 'session.attach')).toMatchObject([{ session: farId }]);

  const none = await far({ 'session.list': () => fine({ sessions: [{ ...none.row(), mine: false }] }) });
  const { code, err } = await run('sallyport', ['attach', '--last', ...none.flags]);
  expect(code).toBe(6);
  expect(err).toContain('no session of yours goes on');
  for (const wrong of [
    ['--last', '--session', farId],
    ['--last', '--user', 'root'],
    ['web-1', '--take-over'],
  ])
    expect([wrong, (await run('sallyport', ['attach', ...wrong, ...none.flags])).code]).toEqual([wrong, 2]);
});

test('[E1] sessions take asks for the keyboard of somebody else’s session', async () => {
  const session = await far({ 'session.attach': () => refuse('denied') });
  expect((await run('sallyport', ['sessions', 'take', 'web-1', ...session.flags])).code).toBe(3);
  expect(asked(session, 'session.attach')).toMatchObject([{ session: farId, takeOver: true }]);
});

test('[E44] sessions ls --user shows one person’s; --all the ended ones too; a name that fits several says which', async () => {
  const twin = mintId('ses', wordBytes('twin'));
  const session = await far({
    'session.list': () =>
      fine({
        sessions: [
          { ...session.row(), freezes: [{ cause: 'held', by: 'omar', why: 'hands off' }], state: 'frozen' },
          { ...session.row(), id: twin, personName: 'uma' },
        ],
      }),
  });
  const ls = await run('sallyport', ['sessions', 'ls', '--user', 'uma', '--all', '--json', ...session.flags]);
  expect(json(ls.out)).toMatchObject([{ id: twin, personName: 'uma' }]);
  expect(asked(session, 'session.list')).toEqual([{ ended: true }]);
  expect((await run('sallyport', ['sessions', 'ls', ...session.flags])).out).toContain('by omar: hands off');
  const kill = await run('sallyport', ['sessions', 'kill', 'web-1', '--why', 'x', ...session.flags]);
  expect(kill.code).toBe(2);
  expect(kill.err).toContain(twin);
});

const lockRow = (word: string, targetName: string): LockRow => ({
  id: mintId('lck', wordBytes(word)),
  kind: 'person',
  target: mintId('usr', wordBytes(targetName)),
  targetName,
  why: 'lost laptop',
  by: 'ana',
  at: 1_795_000_000_000,
});

test('[S55] lock user NAME --ttl --why shuts out and says what ended; unlock takes every lock on it off', async () => {
  const [first, second, others] = [lockRow('a', 'uma'), lockRow('b', 'uma'), lockRow('c', 'rob')];
  const session = await far({
    'lock.add': () => fine({ lock: { ...first, until: 1_795_000_060_000 }, sessions: 2 }),
    'lock.list': () => fine({ locks: [first, second, others] }),
    'lock.remove': () => fine({}),
  });
  const added = await run('sallyport', ['lock', 'user', 'uma', '--ttl', '2h', '--why', 'lost laptop', ...session.flags]);
  expect([added.code, added.err]).toEqual([0, '']);
  expect(added.out).toMatch(/uma is locked until .*\n2 live sessions ended\./);
  expect(asked(session, 'lock.add')).toEqual([{ kind: 'person', target: 'uma', why: 'lost laptop', minutes: 120 }]);
  expect((await run('sallyport', ['unlock', 'user', 'uma', '--why', 'found', ...session.flags])).code).toBe(0);
  expect(asked(session, 'lock.remove')).toEqual([
    { lock: first.id, why: 'found' },
    { lock: second.id, why: 'found' },
  ]);
  expect((await run('sallyport', ['unlock', 'server', 'uma', '--why', 'x', ...session.flags])).code).toBe(6);
  expect((await run('sallyport', ['locks', 'rm', others.id, '--why', 'found', ...session.flags])).code).toBe(0);
  expect((await run('sallyport', ['locks', ...session.flags])).out).toMatch(/rob .*lost laptop/);
  for (const wrong of [
    ['lock', 'user', 'uma'],
    ['lock', 'door', 'uma', '--why', 'x'],
    ['lock', 'user', 'uma', '--why', 'x', '--ttl', 'soon'],
    ['locks', 'rm', 'uma', '--why', 'x'],
  ])
    expect([wrong, (await run('sallyport', [...wrong, ...session.flags])).code]).toEqual([wrong, 2]);
});

test('[S27] sessions put-out sends a guest away, with a reason', async () => {
  const session = await far({ 'session.put-out': () => fine({}) });
  expect((await run('sallyport', ['sessions', 'put-out', farId, 'omar', ...session.flags])).code).toBe(2);
  const out = await run('sallyport', ['sessions', 'put-out', farId, 'omar', '--why', 'a secret', ...session.flags]);
  expect(out).toMatchObject({ code: 0, out: expect.stringContaining('omar is out') });
  expect(asked(session, 'session.put-out')).toEqual([{ session: farId, person: 'omar', why: 'a secret' }]);
});

test('[E28] with --readonly nothing that changes something is asked', async () => {
  const session = await far(quiet);
  for (const args of [
    ['sessions', 'freeze', farId, '--why', 'x'],
    ['sessions', 'unfreeze', farId],
    ['sessions', 'message', farId, 'x'],
    ['sessions', 'extend', farId, '--why', 'x'],
    ['sessions', 'mark', farId, 'x'],
    ['sessions', 'share', farId, 'uma'],
    ['sessions', 'unshare', mintId('inv', wordBytes('x'))],
    ['sessions', 'put-out', farId, 'uma', '--why', 'x'],
    ['sessions', 'take', farId],
    ['attach', '--last'],
    ['join', farId],
    ['lock', 'user', 'uma', '--why', 'x'],
    ['unlock', 'user', 'uma', '--why', 'x'],
    ['locks', 'rm', mintId('lck', wordBytes('x')), '--why', 'x'],
  ])
    expect([args, (await run('sallyport', ['--readonly', ...args, ...session.flags])).code]).toEqual([args, 3]);
  expect(session.peer.asked).toEqual([]);
});
