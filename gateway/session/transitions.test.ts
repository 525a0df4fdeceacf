import { expect, test } from 'vitest';
import type { NewEvent } from '../protocol/events.ts';
import { type IdPrefix, idRandomBytes, mintId } from '../protocol/ids.ts';
import { affected, type Happening } from './affected.ts';
import { closed, ended, frozen, left, unfrozen } from './ending.ts';
import type { Participant, Session } from './session.ts';
import { joined, opened, started } from './start.ts';

let minted = 0;
function id<P extends IdPrefix>(prefix: P) {
  minted += 1;
  return mintId(
    prefix,
    Uint8Array.from({ length: idRandomBytes }, (_, i) => (minted >> (i * 5)) & 31),
  );
}
const person = id('usr');
const login = id('lgn');
const gateway = { kind: 'gateway' } as const;

const opening: Session = {
  state: 'opening',
  id: id('ses'),
  server: id('srv'),
  person,
  login,
  user: 'deploy',
  level: 'terminal',
  tier: 'normal',
  size: { cols: 80, rows: 24 },
  recording: id('rec'),
  startedAt: 1,
  participants: [],
  nextOrdinal: 2,
};
const driver: Participant = { id: id('par'), ordinal: 1, person, login, role: 'driver', joinedAt: 1, left: undefined };
const running: Session = { ...opening, state: 'running', boot: id('boo'), pid: 7, participants: [driver] };
const icy: Session = { ...running, freezes: [{ cause: 'recording', by: undefined, why: undefined, at: 1 }] };
const over: Session = {
  ...opening,
  state: 'ended',
  boot: undefined,
  ending: {
    at: 2,
    reason: 'exited',
    code: 0,
    signal: undefined,
    by: undefined,
    why: undefined,
    bytes: 0,
    lostBytes: 0,
  },
};
const end = { reason: 'exited', code: 0, bytes: 5, lostBytes: 0, survivors: 0 } as const;
const file = { bytes: 5, chunks: 1, root: 'a'.repeat(64), durationMs: 3, incomplete: false };
const types = (events: readonly NewEvent[]) => events.map(({ type }) => type);

test('[A2] session, recording and driver begin together', () => {
  const events = started({
    actor: gateway,
    address: '192.0.2.7',
    request: '1.1',
    session: opening.id,
    server: opening.server,
    person,
    login,
    user: undefined,
    level: 'full',
    tier: 'critical',
    size: opening.size,
    recording: opening.recording,
    keyDigest: 'b'.repeat(64),
    participant: driver.id,
    policies: ['p'],
    policyDigest: 'c'.repeat(64),
    moderators: 0,
  });
  expect(types(events)).toEqual(['session.started', 'recording.started', 'session.joined']);
  expect(events.every(({ session, request }) => session === opening.id && request === '1.1')).toBe(true);
  expect(events[0]?.data).not.toHaveProperty('user');
});

test('[law 9] nothing happens to a session that has ended, and nothing happens twice', () => {
  expect(opened(over, id('boo'), 1)).toEqual([]);
  expect(opened(running, id('boo'), 1)).toEqual([]);
  expect(types(opened(opening, id('boo'), 1))).toEqual(['session.opened']);
  expect(joined(over, { ...who, participant: driver.id })).toBe(undefined);
  expect(left(over, driver.id, 'detached')).toEqual([]);
  expect(left({ ...running, participants: [{ ...driver, left: { at: 2, cause: 'detached' } }] }, driver.id, 'revoked')).toEqual(
    [],
  );
  expect(ended(over, end, file)).toEqual([]);
  expect(ended(undefined, end, file)).toEqual([]);
  expect(frozen(over, 'recording')).toEqual([]);
  expect(frozen(icy, 'recording')).toEqual([]);
  expect(types(frozen(icy, 'held'))).toEqual(['session.frozen']);
  expect(unfrozen(running, 'recording')).toEqual([]);
  expect(unfrozen(icy, 'held')).toEqual([]);
  expect(types(unfrozen(icy, 'recording'))).toEqual(['session.unfrozen']);
});
const who = {
  actor: gateway,
  address: '192.0.2.7',
  request: undefined,
  person,
  login,
  role: 'driver',
  policies: [],
} as const;

test('[law 5] who comes back as the same participant keeps the number of their keys; anybody else gets a new one', () => {
  expect(joined(running, { ...who, participant: driver.id })?.ordinal).toBe(1);
  expect(joined(running, { ...who, participant: id('par') })?.ordinal).toBe(2);
  expect(joined(running, { ...who, participant: driver.id, person: id('usr') })?.ordinal).toBe(2);
  expect(joined(running, { ...who, participant: driver.id, role: 'observer' })?.ordinal).toBe(2);
});

test('an end says who did it, and closes the recording in the same group where its file is whole', () => {
  expect(types(ended(running, end, file))).toEqual(['session.ended', 'recording.closed']);
  expect(types(ended(running, end, undefined))).toEqual(['session.ended']);
  expect(ended(running, { ...end, by: person }, undefined)[0]?.actor).toEqual({ kind: 'person', id: person });
  expect(ended(running, { ...end, reason: 'agent-lost' }, undefined)[0]).toMatchObject({
    outcome: 'failed',
    actor: { kind: 'server', id: running.server },
  });
  expect(closed(over, { ...file, incomplete: true })[0]).toMatchObject({ outcome: 'failed', target: over.recording });
});

test('[T1] a change names every session it may concern', () => {
  const watcher = { ...driver, id: id('par'), ordinal: 2, person: id('usr'), login: id('lgn'), role: 'observer' } as const;
  const watched: Session = { ...running, participants: [driver, watcher] };
  const gone: Session = { ...running, id: id('ses'), participants: [{ ...watcher, left: { at: 2, cause: 'detached' } }] };
  const of = (happening: Happening) => affected([happening], [watched, gone]);
  const why = 'x';
  expect([...of({ type: 'person.suspended', data: { person: watcher.person, why } }).sessions]).toEqual([watched.id]);
  expect(of({ type: 'person.removed', data: { person, why } }).sessions.size).toBe(2);
  expect(of({ type: 'group.removed', data: { group: id('grp'), why } }).sessions.size).toBe(2);
  expect(of({ type: 'server.removed', data: { server: running.server, why } }).sessions.size).toBe(2);
  expect(of({ type: 'server.removed', data: { server: id('srv'), why } }).sessions.size).toBe(0);
  const idle = of({ type: 'login.ended', data: { login: watcher.login, person: watcher.person, cause: 'idle' } });
  expect([...idle.signedOut]).toEqual([watcher.login]);
  expect(idle.revoked.size).toBe(0);
  const taken = of({ type: 'login.ended', data: { login, person, cause: 'provider' } });
  expect([...taken.revoked]).toEqual([login]);
  expect(taken.sessions.size).toBe(2);
});
