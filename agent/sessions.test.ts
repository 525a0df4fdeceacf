import { randomBytes } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import type { FromAgent, Order } from '../gateway/protocol/agent.ts';
import { mintId, type SessionId } from '../gateway/protocol/ids.ts';
import { openSessions, type Sessions } from './sessions.ts';
import type { ShellChoice } from './shell.ts';

const cleanUp: Sessions[] = [];
afterEach(async () => {
  for (const sessions of cleanUp.splice(0)) await sessions.endAll();
});
const soon = { timeout: 15_000, interval: 5 };

function open(shell: ShellChoice = { program: '/bin/sh', home: '/' }) {
  const notes: string[] = [];
  const told: FromAgent[] = [];
  const sessions = openSessions({ wake: () => {}, note: (event) => notes.push(event), changed: () => {} }, shell);
  cleanUp.push(sessions);
  const order = (channel: number, change: Partial<Order> = {}): SessionId => {
    const session = mintId('ses', randomBytes(26));
    sessions.obey(
      {
        kind: 'open',
        server: mintId('srv', randomBytes(26)),
        nonce: 'x',
        serial: 0,
        issuedMs: 0,
        session,
        channel,
        level: 'full',
        size: { cols: 80, rows: 24 },
        term: 'xterm',
        lang: 'C.UTF-8',
        hangUpAfterMs: 60_000,
        policy: 'test',
        ...change,
      },
      (message) => told.push(message),
    );
    return session;
  };
  return { sessions, notes, told, order };
}

test('a shell that cannot be started is refused on the connection that asked; after a cut the news travels as an exit', async () => {
  const { sessions, told, order } = open({ program: '/no/such/shell' });
  const first = order(1);
  await vi.waitFor(
    () => expect(told).toMatchObject([{ type: 'session.refused', session: first, problem: { code: 'spawn' } }]),
    soon,
  );
  expect(sessions.standing()).toEqual([]);
  const second = order(2);
  sessions.part();
  sessions.join({ type: 'welcome', at: 0, resume: [{ session: second, channel: 5, durable: 0 }], end: [], unknown: [] });
  await vi.waitFor(
    () =>
      expect(sessions.next()).toEqual({ message: { type: 'session.exited', session: second, end: 0, code: 126, survivors: 0 } }),
    soon,
  );
  expect(told).toHaveLength(1);
  sessions.hear({ type: 'session.release', session: second }, () => {});
  expect(sessions.standing()).toEqual([]);
});

test('a session is opened once, a channel used once, and a running program is never forgotten', async () => {
  const { sessions, notes, told, order } = open();
  const session = order(1);
  await vi.waitFor(() => expect(told).toMatchObject([{ type: 'session.opened', session }]), soon);
  order(2, { session });
  expect(notes.at(-1)).toBe('order.refused');
  order(1);
  expect(told.at(-1)).toMatchObject({ type: 'session.refused', problem: { code: 'order-refused' } });
  sessions.hear({ type: 'session.release', session }, () => {});
  expect(sessions.standing()).toMatchObject([{ session, ended: false }]);
  expect(sessions.take({ kind: 'kept', channel: 99, received: 1, durable: 1 })).toMatchObject({ ok: true });
  expect(sessions.take({ kind: 'typed', channel: 1, offset: 0 })).toMatchObject({ ok: false, problem: { code: 'bad-frame' } });
});

test('a flood does not starve the session beside it: frames go out in turn', async () => {
  const { sessions, told, order } = open();
  order(1);
  order(2);
  await vi.waitFor(() => expect(told).toHaveLength(2), soon);
  const type = (channel: number, text: string) =>
    sessions.take({ kind: 'keys', channel, participant: 1, offset: 0, bytes: Buffer.from(text) });
  type(1, 'stty -echo; seq 100000\n');
  type(2, 'stty -echo; seq 100000\n');
  const turns: number[] = [];
  await vi.waitFor(() => {
    expect(sessions.standing().every(({ produced }) => produced > 200_000)).toBe(true);
  }, soon);
  for (let i = 0; i < 12; i += 1) {
    const next = sessions.next();
    if (next === undefined || !('frame' in next) || next.frame.kind !== 'output') continue;
    turns.push(next.frame.channel);
  }
  expect(new Set(turns)).toEqual(new Set([1, 2]));
  expect(turns.slice(1).every((channel, i) => channel !== turns[i])).toBe(true);
});
