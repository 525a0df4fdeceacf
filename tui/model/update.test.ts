import { expect, test } from 'vitest';
import { sceneExplained } from '../../fixtures/shots/access-scenery.ts';
import { accessTold } from '../../fixtures/shots/access-told.ts';
import { aSelf, wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import { run as all, line, open, press, type Run } from '../../fixtures/shots/happenings.ts';
import { sceneAt, sceneAudit, sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { InviteRow, Self } from '../../gateway/protocol/nouns.ts';
import { bindings, type Place } from '../keys/keymap.ts';
import type { Action, Effect } from './action.ts';
import { moreBelow } from './commanded.ts';
import { chosenOf } from './listing.ts';
import { beginModel, type Card, type Model } from './model.ts';
import { placeOf } from './place.ts';
import { update } from './update.ts';

const size = { cols: 80, rows: 24 };
const servers = sceneServers();
const lists: readonly Action[] = [
  { action: 'push', push: { type: 'servers.changed', whole: true, rows: servers, gone: [] }, now: sceneAt },
  { action: 'push', push: { type: 'sessions.changed', whole: true, rows: sceneSessions(servers), gone: [] }, now: sceneAt },
  { action: 'audit-page', query: '', older: false, page: { events: sceneAudit(300, 60), head: 300 } },
];

/** The model after all, and every effect on the way, save what one looks at: that is in looking.test.ts. */
const run = (from: Model, ...actions: readonly Action[]): Run => {
  const { model, effects } = all(from, ...actions);
  return { model, effects: effects.filter(({ effect }) => effect !== 'look') };
};
const fresh = (readonly = false) => beginModel({ now: sceneAt, size, readonly, url: 'https://gate' });
const inside = (readonly = false): Model => run(fresh(readonly), line(open(aSelf())), ...lists).model;
const effectsOf = ({ effects }: Run, kind: Effect['effect']) => effects.filter((effect) => effect.effect === kind);
const on = (model: Model, name: string): Model => run(model, ...press('/', ...name, 'enter')).model;

const anInvite: InviteRow = {
  id: mintId('inv', wordBytes('i')),
  session: mintId('ses', wordBytes('s')),
  personName: 'rob',
  role: 'peer',
  by: 'ana',
  expiresAt: sceneAt,
};

const withAccess = (model: Model): Model => run(model, ...accessTold).model;

/** A model in which the keyboard talks to this place, with something before and after what is chosen. */
function modelAt(place: Place): Model {
  const moved = run(inside(), ...press('down', 'down', '2', 'down', '3', 'up', 'up', '1')).model;
  const filtered = (m: Model) => run(m, ...press('/', 'e', 'enter')).model;
  switch (place) {
    case 'servers':
      return filtered(moved);
    case 'sessions':
      return filtered(run(moved, ...press('2')).model);
    case 'audit':
      return run(moved, ...press('3')).model;
    case 'help':
      return run(moved, { action: 'resized', size: { cols: 60, rows: 12 } }, ...press('?', 'down')).model;
    case 'messages':
      return run(
        { ...moved, messages: Array.from({ length: 40 }, (_, id) => ({ id, at: 0, tone: 'plain' as const, text: 'x' })) },
        ...press('m', 'down'),
      ).model;
    case 'requests':
    case 'grants':
    case 'people':
    case 'groups':
    case 'policies':
    case 'locks':
    case 'devices':
    case 'logins':
    case 'breakglass':
    case 'reviews':
      return run(withAccess(moved), ...press(':', ...place, 'enter', '/', ...'!zqx', 'enter', 'down')).model;
    case 'card':
    case 'explained': {
      const small = run(withAccess(moved), { action: 'resized', size: { cols: 60, rows: 12 } }).model;
      const card: Card =
        place === 'card'
          ? { card: 'row', route: 'requests', id: small.lists.requests.ordered[0]?.id ?? '' }
          : { card: 'explained', name: 'a shell', given: sceneExplained(), again: undefined };
      return run({ ...small, overlay: { overlay: 'card', card, top: 0 } }, ...press('down')).model;
    }
    case 'refused':
      return {
        ...moved,
        overlay: { overlay: 'refused', ask: { ask: 'open', server: 's', name: 'db' }, problem: { code: 'approval-needed' } },
      };
    case 'review':
      return run(withAccess(moved), ...press('4', 'a', 'left', 'down')).model;
    case 'resume': {
      const [first] = moved.sessions.shown;
      if (first === undefined) throw new Error('no session');
      return { ...moved, overlay: { overlay: 'resume', server: 's', name: 'n', sessions: [first, first], at: 1 } };
    }
    case 'invited':
      return { ...moved, overlay: { overlay: 'invited', code: 'abcd-efgh', name: 'web', invite: anInvite } };
    case 'sign-in':
      return run(inside(), ...press(':', ...'login', 'enter')).model;
    case 'enrolment':
      return run(inside(), ...press(':', ...'totp', 'enter')).model;
    case 'codes':
      return run(inside(), {
        action: 'answered',
        ask: { ask: 'codes' },
        result: fine({ ask: 'codes', codes: ['a'] }),
        now: 0,
      }).model;
    case 'waiting':
      return run(fresh(), line({ state: 'waiting', attempt: 1, retryAt: sceneAt + 9000, problem: { code: 'unreachable' } }))
        .model;
    default:
      return place satisfies never;
  }
}

test.each(bindings.flatMap((binding) => binding.places.map((place) => [place, binding.presses.join(' '), binding] as const)))(
  '[E27] on %s, %s does something',
  (place, _keys, binding) => {
    for (const key of binding.presses) {
      let model = modelAt(place);
      // A retry means something only while the line is down.
      if (binding.command === 'retry' && place !== 'sign-in')
        model = run(model, line({ state: 'waiting', attempt: 1, retryAt: sceneAt, problem: { code: 'unreachable' } })).model;
      // Going where one is already is the one thing that may do nothing.
      if (binding.command === place) continue;
      expect(placeOf(model)).toBe(place);
      const after = update(model, { action: 'press', press: key === 'space' ? ' ' : key });
      expect(after.model !== model || after.effects.length > 0, `${key} on ${place}`).toBe(true);
    }
  },
);

test('nothing is on two commands in one place, but `r` on the servers: it asks for access, and connects when the line is down', () => {
  const seen = bindings.flatMap((b) => b.places.flatMap((place) => b.presses.map((key) => `${place} ${key}`)));
  expect(seen.filter((one, at) => seen.indexOf(one) !== at)).toEqual(['servers r']);
  const down = line({ state: 'waiting', attempt: 1, retryAt: sceneAt, problem: { code: 'unreachable' } });
  for (const readonly of [false, true]) expect(run(inside(readonly), down, ...press('r')).effects).toEqual([{ effect: 'retry' }]);
  expect(run(inside(), ...press('r')).model.overlay).toMatchObject({ overlay: 'form', purpose: { purpose: 'request' } });
  expect(run(inside(true), ...press('r')).model.overlay).toBe(undefined);
});

test('the first open line subscribes to the lists, the tail is followed while one looks at it; a lost and found one goes on after what is held (M8)', () => {
  const first = run(fresh(), line(open(aSelf())));
  expect(first.effects).toMatchObject([
    { effect: 'subscribe', window: { number: 1, filter: '', sort: 'name', from: 0 } },
    { effect: 'witness' },
  ]);
  const tail = run(first.model, ...press('3'));
  expect(tail.effects).toEqual([{ effect: 'follow-audit', after: undefined, query: '', rows: 30, instead: false }]);
  expect(run(tail.model, ...press('1')).effects).toEqual([{ effect: 'leave-audit' }]);
  expect(first.model.stage.stage).toBe('workspace');
  const again = run(
    inside(),
    ...press('3'),
    line({ state: 'waiting', attempt: 1, retryAt: 0, problem: { code: 'unreachable' } }),
    line({ state: 'connecting', attempt: 1 }),
    line(open(aSelf())),
  );
  expect(again.effects.slice(1)).toMatchObject([
    { effect: 'subscribe' },
    { effect: 'witness' },
    { effect: 'follow-audit', after: 300, query: '' },
  ]);
  expect(again.model.servers.rows.size).toBe(servers.length);
});

test('a line where nobody is signed in leads to the sign-in, a found login back to the lists', () => {
  const asked = run(fresh(), line(open(undefined)));
  expect(asked.effects).toEqual([{ effect: 'sign-in' }]);
  expect(run(asked.model, line(open(aSelf()))).model.stage.stage).toBe('workspace');
});

test('a line that drops during the sign-in does not begin it anew', () => {
  const { model } = run(
    fresh(),
    line(open(undefined)),
    { action: 'sign-in-code', code: { userCode: 'A', address: 'x', expiresAt: 1, peer: 'p', machine: 'm' }, now: 0 },
    line({ state: 'waiting', attempt: 1, retryAt: 0, problem: { code: 'unreachable' } }),
  );
  expect(run(model, line(open(undefined))).effects).toEqual([]);
});

test('a sign-in as somebody else can be left while one is somebody', () => {
  const again = run(inside(), ...press(':', ...'login', 'enter')).model;
  const back = run(again, ...press('esc'));
  expect([back.model.stage.stage, back.effects]).toEqual(['workspace', [{ effect: 'stop-sign-in' }]]);
  const nobody = run(fresh(), line(open(undefined))).model;
  expect(run(nobody, ...press('esc')).model).toBe(nobody);
});

test('ctrl-c leaves what is typed, and only then the dashboard', () => {
  const typing = run(inside(), ...press(':', 'x')).model;
  const back = run(typing, ...press('ctrl+c'));
  expect([back.model.overlay, back.effects]).toEqual([undefined, []]);
  expect(run(back.model, ...press('ctrl+c')).effects).toEqual([{ effect: 'quit' }]);
});

test('what is pasted goes into a field, and where there is none it is no key', () => {
  const paste: Action = { action: 'pasted', text: 'q\rk' };
  expect(run(inside(), paste).effects).toEqual([]);
  expect(run(inside(), ...press(':'), paste)).toMatchObject({ effects: [], model: { overlay: { field: { text: ['q', 'k'] } } } });
});

test('a failed sign-in says why, and r begins again', () => {
  const { model } = run(fresh(), line(open(undefined)), { action: 'sign-in-over', result: refuse('login-denied'), now: 0 });
  expect(model.stage).toMatchObject({ signIn: { signIn: 'failed', problem: { code: 'login-denied' } } });
  expect(run(model, ...press('r')).effects).toEqual([{ effect: 'stop-sign-in' }, { effect: 'sign-in' }]);
});

test('[T17] a person without a factor is led to one at sign-in and may put it off', () => {
  const first = run(fresh(), line(open(aSelf({ factor: 'none' }))));
  expect(effectsOf(first, 'enroll')).toHaveLength(1);
  const scanned = run(first.model, { action: 'enrolment-begun', result: fine({ secret: 'S', uri: 'otpauth://totp/x' }) });
  expect(run(scanned.model, ...press('esc')).model.stage.stage).toBe('workspace');
  const wrong = run(scanned.model, ...press(...'123 456', 'enter'), { action: 'enrolment-over', result: refuse('code-wrong') });
  expect(effectsOf(wrong, 'confirm-factor')).toEqual([{ effect: 'confirm-factor', code: '123456' }]);
  expect(wrong.model.stage).toMatchObject({ enrolment: { problem: { code: 'code-wrong' }, checking: false } });
  const right = run(wrong.model, { action: 'enrolment-over', result: fine({ recoveryCodes: ['a', 'b'] }) });
  expect(right.model.stage).toMatchObject({ stage: 'codes', codes: ['a', 'b'] });
  expect(run(right.model, ...press('y')).model.stage.stage).toBe('workspace');
});

const challenge = refuse('step-up', undefined, {
  decision: { verdict: 'challenge', action: 'shell.open', target: 'srv_x', policies: [], missing: ['a code'] },
});

test('[T18] enter on a server that needs a code: the code is asked, then exactly the same thing again', () => {
  const asked = run(on(inside(), 'db-prod-2'), ...press('enter'));
  const [first] = effectsOf(asked, 'ask');
  expect(first).toMatchObject({ ask: { ask: 'open', name: 'db-prod-2' } });
  if (first?.effect !== 'ask') throw new Error('nothing asked');
  const stopped = run(asked.model, { action: 'answered', ask: first.ask, result: challenge, now: sceneAt });
  expect(stopped.model.overlay).toMatchObject({ overlay: 'step-up', challenge: { action: 'shell.open', target: 'srv_x' } });
  const typed = run(stopped.model, ...press(...'123456', 'enter'));
  expect(typed.effects).toEqual([{ effect: 'prove', code: '123456', action: 'shell.open', target: 'srv_x' }]);
  const again = run(typed.model, { action: 'proven', result: fine({ until: 1 }), now: sceneAt });
  expect(again.effects).toEqual([first]);
});

test('wrong, used and throttled codes are explained where one is; esc leads back and nothing is opened', () => {
  const ask = { ask: 'open', server: 's', name: 'db' } as const;
  const stopped = run({ ...inside(), asking: ask }, { action: 'answered', ask, result: challenge, now: sceneAt }).model;
  for (const code of ['code-wrong', 'code-used'] as const) {
    const { model } = run(stopped, ...press('1', 'enter'), { action: 'proven', result: refuse(code), now: sceneAt });
    expect(model.overlay).toMatchObject({ overlay: 'step-up', problem: { code }, checking: false, field: { text: [] } });
  }
  const throttled = run(stopped, ...press('1', 'enter'), {
    action: 'proven',
    result: refuse('code-throttled', undefined, { retryAfterMs: 30_000 }),
    now: sceneAt,
  }).model;
  expect(run(throttled, ...press('1', 'enter')).effects).toEqual([]);
  const later = run(throttled, { action: 'tick', now: sceneAt + 30_001, roundTripMs: 1 }, ...press('1', 'enter'));
  expect(effectsOf(later, 'prove')).toHaveLength(1);
  const left = run(stopped, ...press('1', 'enter', 'x')).model;
  const back = run(left, ...press('esc')).model;
  expect(back.overlay).toBe(undefined);
  expect(run(back, { action: 'proven', result: fine({ until: 1 }), now: sceneAt }).effects).toEqual([]);
});

test('without a factor a challenge leads to enrolment, and what was asked is asked afterwards', () => {
  const ask = { ask: 'open', server: 's', name: 'db' } as const;
  const { model, effects } = run(
    { ...inside(), asking: ask },
    { action: 'answered', ask, result: refuse('factor-none'), now: 0 },
  );
  expect(effects).toEqual([{ effect: 'enroll' }]);
  const done = run(
    model,
    { action: 'enrolment-begun', result: fine({ secret: 'S', uri: 'u' }) },
    ...press('1', 'enter'),
    { action: 'enrolment-over', result: fine({ recoveryCodes: [] }) },
    ...press('y'),
  );
  expect(effectsOf(done, 'ask')).toEqual([{ effect: 'ask', ask }]);
});

test('an opened session takes the terminal; keys mean nothing meanwhile; its ending is said', () => {
  const ask = { ask: 'watch', session: 'ses', name: 'db' } as const;
  const [session] = sceneSessions(servers);
  if (session === undefined) throw new Error('no session');
  const given = { session, channel: 1, participant: mintId('par', new Uint8Array(26)), credit: 1 };
  const away = run({ ...inside(), asking: ask }, { action: 'answered', ask, result: fine({ ask: 'watch', given }), now: 0 });
  expect(away.effects).toEqual([{ effect: 'turn', turn: { turn: 'watch', given } }]);
  expect(run(away.model, ...press('q', 'j')).effects).toEqual([]);
  const back = run(away.model, {
    action: 'returned',
    outcome: { ending: 'left', sentence: 'left it', tone: 'good', session: session.id },
    now: 0,
  });
  expect(back.model.messages.at(-1)?.text).toBe('left it');
  expect(chosenOf(back.model.sessions)?.id).toBe(session.id);
});

test('one thing is asked at a time: a second enter asks nothing', () => {
  const asked = run(on(inside(), 'web-staging'), ...press('enter', 'enter'));
  expect(effectsOf(asked, 'ask')).toHaveLength(1);
});

test('ending a session takes a reason in words', () => {
  const asked = run(inside(), ...press('2', 'k', 'enter'));
  expect(asked.effects).toEqual([]);
  const done = run(asked.model, ...press(...'hung', 'enter'));
  expect(done.effects).toMatchObject([{ effect: 'ask', ask: { ask: 'kill', why: 'hung' } }]);
  expect(run(asked.model, ...press('esc')).model.overlay).toBe(undefined);
});

test('[E28] with --readonly the keys that change something do nothing', () => {
  const model = inside(true);
  expect(run(model, ...press('enter')).effects).toEqual([]);
  expect(run(model, ...press('2', 'k')).model.overlay).toBe(undefined);
  expect(run(model, ...press('2', 'w')).effects).toMatchObject([{ effect: 'ask', ask: { ask: 'watch' } }]);
});

test('enter on one’s own session goes back to it, on another’s watches', () => {
  const own = run(on(run(inside(), ...press('2')).model, 'ana'), ...press('enter'));
  expect(effectsOf(own, 'ask')).toMatchObject([{ ask: { ask: 'attach' } }]);
  const other = run(on(run(inside(), ...press('2')).model, 'make'), ...press('enter'));
  expect(effectsOf(other, 'ask')).toMatchObject([{ ask: { ask: 'watch' } }]);
});

test('the filter follows every key, esc brings the old one back', () => {
  const typing = run(inside(), ...press('/', ...'edge')).model;
  expect(typing.servers.shown.map((row) => row.name)).toEqual(['edge-ber-1', 'edge-sfo-1', 'edge-sgp-1']);
  expect(run(typing, ...press('esc')).model.servers.filter).toBe('');
  const kept = run(typing, ...press('enter'));
  expect(kept.model.servers.filter).toBe('edge');
  expect(run(kept.model, ...press('esc')).model.servers.filter).toBe('');
});

test('a query of the audit log begins a new tail, and its late answers do not mix with another', () => {
  const asked = run(inside(), ...press('3', '/', ...'rob', 'enter'));
  expect(asked.effects).toMatchObject([
    { effect: 'follow-audit', after: 300, query: '', instead: false },
    { effect: 'follow-audit', after: undefined, query: 'rob', instead: true },
  ]);
  expect(asked.model.audit.entries).toEqual([]);
  const late = run(asked.model, { action: 'audit-page', query: '', older: false, page: { events: sceneAudit(9, 3), head: 9 } });
  expect(late.model.audit.entries).toEqual([]);
  const push = { type: 'audit.appended' as const, from: 300, head: 301, rows: sceneAudit(301, 1) };
  expect(run(late.model, { action: 'push', push, now: 0 }).model.audit.entries).toEqual([]);
});

test('at the oldest record, up asks for older ones', () => {
  const top = run(inside(), ...press('3', 'g'));
  expect(top.effects.slice(1)).toEqual([{ effect: 'older-audit', before: 241, query: '' }]);
  expect(run(top.model, ...press('up')).effects).toEqual([]);
});

test('the command line completes, remembers and explains what it does not know', () => {
  const typed = run(inside(), ...press(':', 's', 'e', 's', 'tab', 'enter')).model;
  expect(typed.route).toBe('sessions');
  const again = run(typed, ...press('1', ':', 'up', 'enter')).model;
  expect(again.route).toBe('sessions');
  const wrong = run(inside(), ...press(':', ...'dance', 'enter')).model;
  expect(wrong.messages.at(-1)?.text).toContain('dance');
  expect(run(inside(), ...press(':', ...'attach db-staging', 'enter')).effects).toMatchObject([
    { effect: 'ask', ask: { ask: 'open', name: 'db-staging' } },
  ]);
});

test('the help scrolls to its end and not beyond, and says so', () => {
  const small = run(inside(), { action: 'resized', size: { cols: 80, rows: 12 } }, ...press('?')).model;
  const end = run(small, ...press('G')).model;
  expect(moreBelow(small)).toBeGreaterThan(0);
  expect(moreBelow(end)).toBe(0);
  expect(run(end, ...press('down')).model.overlay).toEqual(end.overlay);
});

test('an ended session leaves the list; one’s own detached sessions are pointed out once', () => {
  const model = inside();
  expect(model.messages.map((m) => m.text).join()).toContain('Your session on db-prod-1 goes on, left at');
  const rows = [...model.sessions.rows.values()].map((row) => ({ ...row, state: 'ended' as const }));
  const after = run(model, { action: 'push', push: { type: 'sessions.changed', whole: false, rows, gone: [] }, now: 0 }).model;
  expect(after.sessions.rows.size).toBe(0);
  expect(after.messages).toHaveLength(model.messages.length);
});

test('the wall takes the sessions in sight', () => {
  const wall = run(on(run(inside(), ...press('2')).model, 'omar'), ...press('W'));
  expect(effectsOf(wall, 'turn')).toMatchObject([{ turn: { turn: 'wall', sessions: [expect.any(String), expect.any(String)] } }]);
});

test('signing out leaves nothing of the lists behind', () => {
  const out = run(inside(), ...press(':', ...'logout', 'enter'), line(open(undefined)), {
    action: 'signed-out',
    result: fine({ ended: 1 }),
    now: 0,
  }).model;
  expect([out.servers.rows.size, out.sessions.rows.size, out.audit.entries.length, out.audit.through]).toEqual([
    0,
    0,
    0,
    undefined,
  ]);
});

test('a sign-in that ran out keeps the lists for the same person only', () => {
  const lost = run(inside(), line(open(undefined))).model;
  const tail = (self: Self) => run(lost, line(open(self)), ...press('3')).effects;
  expect(tail(aSelf())).toMatchObject([{ effect: 'subscribe' }, { effect: 'witness' }, { effect: 'follow-audit', after: 300 }]);
  const other = aSelf({
    person: mintId(
      'usr',
      Uint8Array.from({ length: 26 }, () => 7),
    ),
  });
  expect(tail(other)).toMatchObject([
    { effect: 'subscribe' },
    { effect: 'witness' },
    { effect: 'follow-audit', after: undefined },
  ]);
});

test('somebody else who signs in starts from nothing', () => {
  const other = aSelf({
    person: mintId(
      'usr',
      Uint8Array.from({ length: 26 }, () => 7),
    ),
    login: mintId(
      'lgn',
      Uint8Array.from({ length: 26 }, () => 7),
    ),
  });
  const { model, effects } = run(inside(), line(open(other)));
  expect(model.servers.rows.size).toBe(0);
  expect(effects).toMatchObject([{ effect: 'subscribe', window: { from: 0, filter: '' } }, { effect: 'witness' }]);
});
