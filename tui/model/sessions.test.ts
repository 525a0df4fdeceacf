// What the dashboard does to live sessions, as values: forms, calls, one's own that go on.
import { expect, test } from 'vitest';
import { aSelf, wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import { press, push, type Run, run } from '../../fixtures/shots/happenings.ts';
import { sceneAt, sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import { chosenOf } from './listing.ts';
import { beginModel, type Model } from './model.ts';

const servers = sceneServers();
const rows = sceneSessions(servers);
const changed = (...changes: readonly SessionRow[]) =>
  push({ type: 'sessions.changed', whole: false, rows: [...changes], gone: [] });
const begin = (sessions: readonly SessionRow[] = rows, readonly = false): Model =>
  run(
    {
      ...beginModel({ now: sceneAt, size: { cols: 100, rows: 30 }, readonly, url: 'https://gate' }),
      stage: { stage: 'workspace' },
      self: aSelf(),
    },
    push({ type: 'servers.changed', whole: true, rows: servers, gone: [] }),
    push({ type: 'sessions.changed', whole: true, rows: [...sessions], gone: [] }),
  ).model;
/** The sessions screen with the bar on one. */
const on = (server: string, person: string, model = begin()): Model => {
  const front = run(model, ...press('2')).model;
  const at = front.sessions.shown.findIndex((row) => row.serverName === server && row.personName === person);
  if (at < 0) throw new Error('no such session');
  return { ...front, sessions: { ...front.sessions, at } };
};
const asked = ({ effects }: Run) => effects.flatMap((effect) => (effect.effect === 'ask' ? [effect.ask] : []));
const target = (model: Model) => chosenOf(model.sessions)?.id ?? '';

test('[E1] each key of a row asks for what it says, of the chosen session', () => {
  const model = on('build-arm-1', 'omar');
  const session = target(model);
  const of = { session, name: 'build-arm-1' };
  expect(asked(run(model, ...press('w')))).toEqual([{ ask: 'watch', ...of }]);
  expect(asked(run(model, ...press('p')))).toEqual([{ ask: 'join', ...of, role: 'peer' }]);
  expect(asked(run(model, ...press('J')))).toEqual([{ ask: 'join', ...of, role: 'moderator' }]);
  expect(asked(run(model, ...press('T', 'enter')))).toEqual([{ ask: 'take-over', ...of }]);
  expect(asked(run(model, ...press('f', ...'hands off', 'enter')))).toEqual([
    { ask: 'freeze', ...of, freeze: true, why: 'hands off' },
  ]);
  expect(asked(run(model, ...press('M', ...'coffee?', 'enter')))).toEqual([{ ask: 'message', ...of, text: 'coffee?' }]);
  expect(asked(run(model, ...press('x', ...'restore', 'enter')))).toEqual([{ ask: 'extend', ...of, why: 'restore' }]);
  expect(asked(run(model, ...press('k', ...'hung', 'enter')))).toEqual([{ ask: 'kill', ...of, why: 'hung' }]);
});

test('what destroys or tells somebody something is confirmed: esc leaves it, an empty reason is asked for', () => {
  for (const key of ['T', 'f', 'M', 'x', 'i', 'L', 'k']) {
    const model = on('build-arm-1', 'omar');
    const opened = run(model, ...press(key));
    expect([key, asked(opened), opened.model.overlay?.overlay]).toEqual([key, [], 'form']);
    const left = run(opened.model, ...press('x', 'esc'));
    expect([key, asked(left), left.model.overlay]).toEqual([key, [], undefined]);
    if (key === 'T') continue;
    const empty = run(opened.model, ...press('enter'));
    expect([key, asked(empty)]).toEqual([key, []]);
    expect(empty.model.overlay).toMatchObject({ lacks: expect.any(String) });
  }
});

test('`f` on a frozen session frees it at once', () => {
  const model = on('monitor-1', 'uma');
  expect(asked(run(model, ...press('f')))).toEqual([
    { ask: 'freeze', session: target(model), name: 'monitor-1', freeze: false, why: '' },
  ]);
});

test('[S61] an invitation names person, role and minutes; its code is shown until one puts it away', () => {
  const model = on('build-arm-1', 'omar');
  const filled = run(model, ...press('i', ...'lena', 'tab', 'm', 'tab', 'ctrl+u', ...'9x0', 'enter'));
  expect(asked(filled)).toEqual([
    { ask: 'share', session: target(model), name: 'build-arm-1', person: 'lena', role: 'moderator', minutes: 90 },
  ]);
  const [what] = asked(filled);
  if (what === undefined) throw new Error('nothing asked');
  const invite = {
    id: mintId('inv', wordBytes('lena')),
    session: mintId('ses', wordBytes('s')),
    personName: 'lena',
    role: 'moderator' as const,
    by: 'ana',
    expiresAt: sceneAt + 5_400_000,
  };
  const given = fine({ ask: 'share' as const, given: { invite, code: 'hk4m-9wzt' } });
  const shown = run(filled.model, { action: 'answered', ask: what, result: given, now: sceneAt });
  expect(shown.model.overlay).toMatchObject({ overlay: 'invited', code: 'hk4m-9wzt' });
  expect(run(shown.model, ...press('j', 'z')).model.overlay).toBe(shown.model.overlay);
  expect(run(shown.model, ...press('enter')).model.overlay).toBe(undefined);
  expect(asked(run(model, ...press('i', ...'lena', 'enter')))).toMatchObject([{ role: 'observer', minutes: 60 }]);
  const wrong = run(model, ...press('i', ...'lena', 'tab', 'tab', 'ctrl+u', ...'9999', 'enter'));
  expect([asked(wrong), wrong.model.overlay]).toMatchObject([[], { lacks: 'minutes from 1 to 1440' }]);
});

test('[S55] `L` locks the person of a row, on servers the server; without minutes until it is taken off', () => {
  const model = on('build-arm-1', 'omar');
  const person = mintId('usr', wordBytes('omar'));
  expect(asked(run(model, ...press('L', ...'lost', 'enter')))).toEqual([
    { ask: 'lock', kind: 'person', target: person, name: 'omar', why: 'lost', minutes: undefined },
  ]);
  expect(asked(run(model, ...press('L', ...'lost', 'tab', ...'30', 'enter')))).toMatchObject([{ minutes: 30 }]);
  const server = chosenOf(begin().servers);
  expect(asked(run(begin(), ...press('L', ...'swap', 'enter')))).toMatchObject([
    { kind: 'server', target: server?.id, name: server?.name },
  ]);
});

test('[T18] a step-up in between comes back to the very same thing, and a refusal is said in words that lead on', () => {
  const filled = run(on('build-arm-1', 'omar'), ...press('L', ...'lost', 'enter'));
  const [what] = asked(filled);
  if (what === undefined) throw new Error('nothing asked');
  const decision = { verdict: 'challenge', action: 'lock.manage', policies: [], missing: ['a code'] } as const;
  const stopped = run(filled.model, {
    action: 'answered',
    ask: what,
    result: refuse('step-up', undefined, { decision: { ...decision, policies: [], missing: ['a code'] } }),
    now: sceneAt,
  });
  expect(stopped.model.overlay).toMatchObject({ overlay: 'step-up', challenge: { action: 'lock.manage' } });
  const again = run(stopped.model, ...press(...'123456', 'enter'), { action: 'proven', result: fine({}), now: sceneAt });
  expect(asked(again)).toEqual([what]);
  for (const [problem, words] of [
    [refuse('limit', 'it lives as long as a session may'), 'as long as a session may'],
    [refuse('access-locked', 'laptop lost'), 'laptop lost'],
    [refuse('not-found'), 'nothing by that name'],
  ] as const) {
    const { model } = run(again.model, { action: 'answered', ask: what, result: problem, now: sceneAt });
    expect(model.messages.at(-1)).toMatchObject({ tone: 'bad', text: expect.stringContaining(words) });
  }
});

test('the field of a code takes digits and what recovery codes are made of, and no more than one', () => {
  const what = { ask: 'codes' } as const;
  const { model } = run(begin(), { action: 'answered', ask: what, result: refuse('step-up'), now: sceneAt });
  const typed = (...keys: string[]) => {
    const { overlay } = run(model, ...press(...keys)).model;
    return overlay?.overlay === 'step-up' ? overlay.field.text.join('') : undefined;
  };
  expect(typed(...'12é3 45ö6!')).toBe('123 456');
  expect(typed(...'k7dm-2xqp-abcd-efgh')).toBe('k7dm-2xqp-abcd-efgh');
  expect(typed(...'1'.repeat(40))).toHaveLength(24);
});

const waiting = rows.find((row) => row.state === 'pending');
if (waiting === undefined) throw new Error('nobody waits in the scene');
const call: Push = {
  type: 'session.called',
  session: waiting.id,
  serverName: waiting.serverName,
  by: waiting.personName,
  role: 'moderator',
  why: 'moderation',
};

test('[E2] a call is said, stays, comes under the bar with `2`, and goes when it is answered, put away or over', () => {
  const heard = run(begin(), push(call)).model;
  expect(heard.messages.at(-1)?.text).toBe('jo waits on vault-1 for a moderator: 2, then J.');
  expect(heard.calls).toHaveLength(1);
  expect(run(heard, push(call)).model.calls).toHaveLength(1);
  const front = run(heard, ...press('down', '2')).model;
  expect(chosenOf(front.sessions)?.id).toBe(waiting.id);
  expect(front.calls).toHaveLength(1);
  expect(run(front, ...press('esc')).model.calls).toEqual([]);
  const joined = run(front, ...press('J'));
  const [what] = asked(joined);
  expect(what).toMatchObject({ ask: 'join', session: waiting.id, role: 'moderator' });
  if (what === undefined) return;
  const given = {
    session: waiting,
    channel: 1,
    participant: mintId('par', wordBytes('ana')),
    credit: 1,
    role: 'moderator' as const,
  };
  const inside = run(joined.model, { action: 'answered', ask: what, result: fine({ ask: 'join', given }), now: sceneAt });
  expect(inside.model.calls).toEqual([]);
  expect(inside.effects).toMatchObject([{ effect: 'turn', turn: { turn: 'join' } }]);
  const moderated = { ...waiting, moderation: { needs: 1, present: 1, eligible: ['ana'] } };
  expect(run(heard, changed(moderated)).model.calls).toEqual([]);
  expect(run(heard, changed({ ...waiting, state: 'ended' })).model.calls).toEqual([]);
  expect(run(heard, changed({ ...waiting, bytes: 9 })).model.calls).toHaveLength(1);
});

test('a filter does not hide the session that calls', () => {
  const filtered = run(begin(), ...press('2', '/', ...'omar', 'enter', '1')).model;
  const front = run(filtered, push(call), ...press('2')).model;
  expect([chosenOf(front.sessions)?.id, front.sessions.filter]).toEqual([waiting.id, '']);
});

test('[S60] one’s own session goes on at a server: enter there offers it, `n` opens another', () => {
  const model = run(begin(), ...press('/', ...'db-prod-1', 'enter', 'enter'));
  expect([asked(model), model.model.overlay?.overlay]).toEqual([[], 'resume']);
  const own = rows.find((row) => row.mine);
  expect(asked(run(model.model, ...press('enter')))).toEqual([{ ask: 'attach', session: own?.id, name: 'db-prod-1' }]);
  for (const keys of [['n'], ['down', 'enter'], ['down', 'down', 'enter']])
    expect(asked(run(model.model, ...press(...keys)))).toMatchObject([{ ask: 'open', name: 'db-prod-1' }]);
  expect(run(model.model, ...press('esc')).model.overlay).toBe(undefined);
  expect(asked(run(begin(), ...press('/', ...'db-prod-2', 'enter', 'enter')))).toMatchObject([{ ask: 'open' }]);
});

test('[M12] enter on one’s own session whose keyboard somebody else has comes in beside them', () => {
  const own = rows.filter((row) => row.mine);
  const [lena] = rows.flatMap((row) => row.participants.filter(({ name }) => name === 'lena'));
  if (lena === undefined) throw new Error('no lena');
  const taken = own.map((row) => ({ ...row, state: 'running' as const, participants: [{ ...lena, role: 'driver' as const }] }));
  const session = own[0]?.id;
  const back = { session, name: 'db-prod-1' };
  expect(asked(run(begin(taken), ...press('2', 'enter')))).toEqual([{ ask: 'join', ...back, role: 'peer' }]);
  expect(asked(run(begin(own), ...press('2', 'enter')))).toEqual([{ ask: 'attach', ...back }]);
});

test('[S60] sessions of one’s own that go on are said once, with how to go back', () => {
  const own = rows.filter((row) => row.mine);
  const said = (sessions: readonly SessionRow[]) => begin(sessions).messages.map(({ text }) => text);
  expect(said(own)).toEqual([expect.stringMatching(/^Your session on db-prod-1 goes on, left at \d\d:\d\d: 2, then enter/)]);
  expect(asked(run(begin(), ...press('2', 'enter')))).toEqual([{ ask: 'attach', session: own[0]?.id, name: 'db-prod-1' }]);
  // Afterwards the bar stays where one leaves it.
  expect(chosenOf(run(begin(), ...press('2', 'home', '1', '2')).model.sessions)?.id).not.toBe(own[0]?.id);
  const two = own.map((row) => ({ ...row, id: mintId('ses', wordBytes('two')), serverName: 'web', detachedAt: sceneAt }));
  expect(said([...own, ...two])).toEqual([expect.stringMatching(/^2 sessions of yours go on, the last on web/)]);
  expect(said(own.map((row) => ({ ...row, state: 'running' as const, detachedAt: undefined as never })))).toEqual([]);
});

test('[E27] the words of the `:` line mean the chosen session, or the one they name', () => {
  const model = on('build-arm-1', 'omar');
  const typed = (line: string, from = model) => run(from, ...press(':', ...line, 'enter'));
  expect(asked(typed('watch'))).toMatchObject([{ ask: 'watch', name: 'build-arm-1' }]);
  expect(asked(typed('moderate vault-1'))).toMatchObject([{ ask: 'join', role: 'moderator', name: 'vault-1' }]);
  expect(typed('kill').model.overlay).toMatchObject({ overlay: 'form', purpose: { purpose: 'kill', name: 'build-arm-1' } });
  expect(typed('kill web-prod-1').model.messages.at(-1)?.text).toContain('2 sessions fit web-prod-1');
  expect(asked(typed('join hk4m-9wzt', begin()))).toEqual([
    { ask: 'join', session: 'hk4m-9wzt', name: 'hk4m-9wzt', role: undefined },
  ]);
  expect(typed('locks', begin())).toMatchObject({ model: { route: 'locks' }, effects: [{ effect: 'list', route: 'locks' }] });
  expect(typed('kill', begin()).model.messages.at(-1)?.text).toContain('Which session?');
});

test('[E28] with --readonly no key and no word of these changes anything', () => {
  const model = on('build-arm-1', 'omar', begin(rows, true));
  for (const key of ['p', 'J', 'T', 'f', 'M', 'x', 'i', 'L', 'k']) {
    const after = run(model, ...press(key));
    expect([key, after.effects, after.model.overlay]).toEqual([key, [], undefined]);
  }
  // `message` and `lock` are then beginnings of messages and locks, which only show.
  for (const word of ['join', 'moderate', 'take', 'kill', 'freeze', 'message', 'extend', 'invite', 'lock']) {
    const after = run(model, ...press(':', ...word, 'enter'));
    expect([word, asked(after)]).toEqual([word, []]);
    expect([word, after.model.overlay?.overlay === 'form']).toEqual([word, false]);
  }
});
