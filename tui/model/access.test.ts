// Access control in the dashboard as values: what keys ask for, what a code is bound to, what counts down, what a refusal leads to.
import { expect, test } from 'vitest';
import { sceneExplained, sceneRequests } from '../../fixtures/shots/access-scenery.ts';
import { accessTold } from '../../fixtures/shots/access-told.ts';
import { aSelf } from '../../fixtures/shots/cast-of-people.ts';
import { line, open, press, push, type Run, run } from '../../fixtures/shots/happenings.ts';
import { sceneAt, sceneServers } from '../../fixtures/shots/scenery.ts';
import type { GrantRow, RequestRow } from '../../gateway/protocol/access-nouns.ts';
import { displayedDigest, termsDigest } from '../../gateway/protocol/displayed.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import { bindings } from '../keys/keymap.ts';
import type { Action } from './action.ts';
import type { Ask } from './ask.ts';
import { countsInSeconds, firstToEnd, glassBroken, waitingForOne } from './countdown.ts';
import { chosenOf } from './listing.ts';
import { listRoutes } from './lists.ts';
import { beginModel, type Model } from './model.ts';
import { countsDown } from './place.ts';

const minute = 60_000;
const begin = (readonly = false): Model =>
  run(
    {
      ...beginModel({ now: sceneAt, size: { cols: 100, rows: 30 }, readonly, url: 'https://gate' }),
      stage: { stage: 'workspace' },
      line: { line: 'open' },
      self: aSelf(),
    },
    push({ type: 'servers.changed', whole: true, rows: sceneServers(), gone: [] }),
    ...accessTold,
  ).model;
const asked = ({ effects }: Run): readonly Ask[] => effects.flatMap((effect) => (effect.effect === 'ask' ? [effect.ask] : []));
const said = ({ model }: Run): string => model.messages.at(-1)?.text ?? '';
/** A screen with the bar on the row that has this word. */
const on = (route: string, word: string, model = begin()): Model =>
  run(model, ...press(':', ...route, 'enter', '/', ...word, 'enter')).model;

const [ofUma, ofRob] = sceneRequests();
if (ofUma === undefined || ofRob === undefined) throw new Error('nobody asks in the scene');
const changed = (row: RequestRow): Action =>
  push({ type: 'access.changed', whole: false, requests: [row], grants: [], gone: [] });

test('[S45] pending requests stand first; those that wait for one are counted, one’s own are not', () => {
  const model = begin();
  expect(model.lists.requests.shown.map((row) => row.state)).toEqual(['pending', 'pending', 'pending', 'denied']);
  expect(waitingForOne(model)).toBe(2);
});

test('[M5] the code is bound to the digest of what is displayed, computed here; narrower terms have a digest of their own', () => {
  const whole = run(on('requests', 'rob'), ...press('a', 'enter'));
  expect(asked(whole)).toMatchObject([
    {
      ask: 'approve',
      request: ofRob.id,
      digest: displayedDigest(ofRob),
      terms: undefined,
      bound: `${ofRob.id}#${ofRob.digest.slice(0, 32)}`,
    },
  ]);
  const less = run(on('requests', 'rob'), ...press('a', 'left', 'down', 'down', 'enter'));
  const terms = { ...ofRob.terms, level: 'read-only', minutes: 120 } as const;
  const bound = `${ofRob.id}#${termsDigest(ofRob.digest, terms).slice(0, 32)}`;
  expect(asked(less)).toMatchObject([{ ask: 'approve', digest: ofRob.digest, terms, bound }]);
  const [what] = asked(less);
  if (what === undefined) throw new Error('nothing asked');
  const challenge = (target: string): Action => ({
    action: 'answered',
    ask: what,
    now: sceneAt,
    result: refuse('step-up', undefined, {
      decision: { verdict: 'challenge', action: 'request.review', target, policies: [], missing: ['a code'] },
    }),
  });
  const proving = run(less.model, challenge(bound), ...press(...'123456', 'enter'));
  expect(proving.effects.filter(({ effect }) => effect === 'prove')).toEqual([
    { effect: 'prove', code: '123456', action: 'request.review', target: bound },
  ]);
  expect(asked(run(proving.model, { action: 'proven', result: fine({}), now: sceneAt }))).toEqual([what]);
  // A gateway that wants the code for something else does not get one.
  const other = run(less.model, challenge(`${ofRob.id}#${'0'.repeat(32)}`));
  expect([other.model.overlay, said(other)]).toEqual([undefined, expect.stringContaining('not what is asked for now')]);
});

test('[M5] a row whose digest is not that of what it shows is not opened; one that changes while it is read is shown anew, not approved', () => {
  const forged = run(on('requests', 'rob', run(begin(), changed({ ...ofRob, why: 'nothing much' })).model), ...press('a'));
  expect([forged.model.overlay, said(forged)]).toEqual([undefined, expect.stringContaining('not what is displayed')]);
  const reading = run(on('requests', 'rob'), ...press('a')).model;
  const wider = { ...ofRob, servers: [...ofRob.servers, 'vault-1'], serverCount: 4 };
  const now = { ...wider, digest: displayedDigest(wider) };
  const again = run(reading, changed(now), ...press('enter'));
  expect([asked(again), again.model.overlay]).toMatchObject([[], { overlay: 'review', request: now }]);
  expect(said(again)).toContain('changed while you read it');
  const over = run(reading, changed({ ...ofRob, state: 'withdrawn' }), ...press('enter'));
  expect([asked(over), over.model.overlay]).toEqual([[], undefined]);
});

test('[M5] what has no room on the screen is not approved', () => {
  const servers = Array.from({ length: 64 }, (_, n) => `web-production-${n}`);
  const wide = { ...ofRob, servers, serverCount: 64 };
  const row = { ...wide, digest: displayedDigest(wide) };
  const at = (rows: number): Run => {
    const sized = run(begin(), changed(row), { action: 'resized', size: { cols: 80, rows } }).model;
    return run(on('requests', 'rob', sized), ...press('a', 'enter'));
  };
  expect([asked(at(24)), said(at(24))]).toEqual([[], expect.stringContaining('has room here')]);
  expect(asked(at(50))).toMatchObject([{ ask: 'approve' }]);
});

test('[S45] narrowing never goes beyond what was asked, nor below the least', () => {
  const of = (...keys: string[]) => run(on('requests', 'rob'), ...press('a', ...keys)).model.overlay;
  expect(of('right', 'up')).toMatchObject({ level: 'terminal', minutes: 240 });
  expect(of(...Array<string>(30).fill('down'), 'left', 'left')).toMatchObject({ level: 'read-only', minutes: 5 });
});

test('nobody approves their own; one takes it back instead; a denial takes a reason', () => {
  const own = run(on('requests', 'ana'), ...press('a'));
  expect([own.model.overlay, said(own)]).toEqual([undefined, 'Nobody approves a request of their own.']);
  expect(asked(run(on('requests', 'ana'), ...press('w', 'enter')))).toMatchObject([{ ask: 'withdraw' }]);
  expect(said(run(on('requests', 'rob'), ...press('w')))).toContain('Only who asked');
  const empty = run(on('requests', 'rob'), ...press('d', 'enter'));
  expect([asked(empty), empty.model.overlay]).toMatchObject([[], { lacks: 'reason' }]);
  expect(asked(run(empty.model, ...press(...'not now', 'enter')))).toMatchObject([
    { ask: 'deny', request: ofRob.id, why: 'not now' },
  ]);
  expect(asked(run(on('requests', 'rob'), ...press('a', 'd', ...'no', 'enter')))).toMatchObject([{ ask: 'deny', why: 'no' }]);
});

test('[S44] `r` on a server asks for it: level, minutes, reason; `:request` takes a pattern and labels', () => {
  const filled = run(on('servers', 'db-staging'), ...press('r', 'left', 'tab', 'ctrl+u', ...'90', 'tab', ...'restore', 'enter'));
  expect(asked(filled)).toEqual([
    {
      ask: 'request',
      name: 'db-staging',
      terms: { servers: { name: 'db-staging' }, level: 'terminal', minutes: 90 },
      why: 'restore',
    },
  ]);
  const typed = run(begin(), ...press(':', ...'request web-*,env=prod', 'enter', 'tab', 'tab', ...'roll', 'enter'));
  expect(asked(typed)).toMatchObject([{ terms: { servers: { name: 'web-*', labels: { env: 'prod' } }, level: 'terminal' } }]);
  const wrong = run(begin(), ...press(':', ...'request a,b', 'enter', 'tab', 'tab', ...'x', 'enter'));
  expect([asked(wrong), wrong.model.overlay]).toMatchObject([[], { at: 0, lacks: expect.stringContaining('name*') }]);
  const long = run(begin(), ...press(':', ...'request db', 'enter', 'tab', 'ctrl+u', ...'999999', 'tab', ...'x', 'enter'));
  expect(long.model.overlay).toMatchObject({ lacks: 'minutes from 1 to 129600' });
});

test('[S44, M14] the grant of one’s own that ends first counts down; by the second only at the end', () => {
  const model = begin();
  const grant = firstToEnd(model);
  expect([grant?.servers, countsInSeconds(model), countsDown(model)]).toEqual([['db-prod-1'], true, true]);
  if (grant === undefined) return;
  const later = (until: number, more: Partial<GrantRow> = {}): Model =>
    run(begin(), push({ type: 'access.changed', whole: false, requests: [], grants: [{ ...grant, until, ...more }], gone: [] }))
      .model;
  expect(countsInSeconds(later(sceneAt + 60 * minute))).toBe(false);
  expect(firstToEnd(later(sceneAt - 1))).toBe(undefined);
  expect(firstToEnd(later(sceneAt + minute, { state: 'ended' }))).toBe(undefined);
  const gone = push({ type: 'access.changed', whole: false, requests: [], grants: [], gone: [grant.id] });
  expect(firstToEnd(run(begin(), gone).model)).toBe(undefined);
});

test('[S53] a broken glass is known: one’s own first, others as far as they are told; over when its time is', () => {
  expect(glassBroken(begin())).toEqual([{ who: 'lena', until: sceneAt + 40 * minute }]);
  const own = { ...begin(), self: aSelf({ breakGlass: { until: sceneAt + minute } }) };
  expect(glassBroken(own).map(({ who }) => who)).toEqual(['you', 'lena']);
  expect(glassBroken({ ...own, now: sceneAt + 41 * minute })).toEqual([]);
  const called = push({ type: 'access.called', what: 'break-glass', text: 'omar broke the glass' });
  expect(run(begin(), called).effects).toContainEqual({ effect: 'list', route: 'breakglass', whose: undefined });
  expect(run({ ...begin(), self: aSelf({ role: 'user' }) }, called).effects).not.toContainEqual(
    expect.objectContaining({ effect: 'list' }),
  );
});

test('[S53] whoever comes while the glass is broken hears of it: staff and superusers ask for it with their lists, others do not', () => {
  const opened = (role: 'user' | 'staff' | 'superuser') =>
    run(
      beginModel({ now: sceneAt, size: { cols: 80, rows: 24 }, readonly: false, url: 'https://gate' }),
      line(open(aSelf({ role }))),
    ).effects;
  for (const role of ['user', 'staff', 'superuser'] as const)
    expect(opened(role)).toMatchObject([{ effect: 'subscribe', glass: role !== 'user' }, { effect: 'witness' }]);
});

test('each call is said with where it is seen', () => {
  const call = (what: Extract<Push, { type: 'access.called' }>['what']) =>
    said(run(begin(), push({ type: 'access.called', what, text: 'uma asks for full on db-1.' })));
  expect(call('asked')).toBe('uma asks for full on db-1: 4 shows it.');
  expect(call('approved')).toBe('uma asks for full on db-1.');
  expect(call('alert')).toBe('uma asks for full on db-1: 3 shows the log.');
});

test('each key of the other lists asks for what it says, with a reason', () => {
  const of = (route: string, word: string, ...keys: string[]) => asked(run(on(route, word), ...press(...keys, 'enter')));
  expect(of('grants', 'lena', 'x', ...'done')).toMatchObject([{ ask: 'revoke-grant', why: 'done' }]);
  expect(of('grants', 'ana', 'e', ...'more')).toMatchObject([{ ask: 'prolong', why: 'more' }]);
  expect(of('people', 'uma', 'c', 'right', 'tab', ...'on call')).toMatchObject([
    { ask: 'set-role', role: 'staff', why: 'on call' },
  ]);
  expect(of('people', 'uma', 'S', ...'left')).toMatchObject([{ ask: 'set-status', status: 'suspended' }]);
  expect(of('people', 'rob', 'S', ...'back')).toMatchObject([{ ask: 'set-status', status: 'active' }]);
  expect(of('people', 'uma', 'L', ...'lost')).toMatchObject([{ ask: 'lock', kind: 'person', name: 'uma' }]);
  expect(of('groups', 'ops', 'L', ...'leak')).toMatchObject([{ ask: 'lock', kind: 'group', name: 'ops' }]);
  expect(of('locks', 'rob', 'x', ...'found')).toMatchObject([{ ask: 'unlock', name: 'rob' }]);
  expect(of('devices', 'jump', 'x', ...'sold')).toMatchObject([{ ask: 'revoke-device' }]);
  expect(of('logins', 'jump', 'x', ...'not me')).toMatchObject([{ ask: 'revoke-login', why: 'not me' }]);
  expect(of('breakglass', 'waiting', 'a', ...'called them')).toMatchObject([{ ask: 'admit', name: 'omar' }]);
  expect(of('breakglass', 'outage', 'v', ...'right')).toMatchObject([{ ask: 'find', finding: 'right' }]);
  expect(of('reviews', 'uma', 'k', ...'needs it')).toMatchObject([{ ask: 'judge', answer: 'keep' }]);
  expect(of('reviews', 'uma', 'x', ...'unused')).toMatchObject([{ ask: 'judge', answer: 'revoke' }]);
  expect(of('reviews', 'uma', 'n', ...'spring', 'tab', 'tab', ...'yearly')).toMatchObject([
    { ask: 'start-review', name: 'spring', days: 14, why: 'yearly' },
  ]);
  expect(of('servers', 'web-prod-1', 'b', 'tab', 'tab', ...'deploy', 'tab', ...'123 456')).toMatchObject([
    { ask: 'batch', servers: { name: 'web-prod-1' }, minutes: 60, why: 'deploy', code: '123456' },
  ]);
});

test('a list is read when one goes there, and again after what one did there; an answer about somebody one has left is not shown', () => {
  const there = run(begin(), ...press(':', ...'people', 'enter'));
  expect(there.effects).toEqual([{ effect: 'list', route: 'people', whose: undefined }]);
  const done = run(there.model, ...press('c', 'right', 'tab', ...'x', 'enter'));
  const [what] = asked(done);
  if (what === undefined) throw new Error('nothing asked');
  const after = run(done.model, { action: 'answered', ask: what, result: fine({ ask: 'set-role' }), now: sceneAt });
  expect(after.effects).toContainEqual({ effect: 'list', route: 'people', whose: undefined });
  const theirs = run(on('people', 'uma'), ...press('u'));
  expect(theirs.effects).toEqual([{ effect: 'list', route: 'devices', whose: 'uma' }]);
  expect(theirs.model.lists.devices.rows.size).toBe(0);
  expect(run(theirs.model, ...accessTold).model.lists.devices.rows.size).toBe(0);
  expect(run(theirs.model, ...press('u')).effects).toEqual([{ effect: 'list', route: 'logins', whose: 'uma' }]);
  expect(run(theirs.model, ...press('esc')).model.route).toBe('people');
});

test('[law 4] a refusal by policy leads on: why, and asking for it; the nearest step is one key', () => {
  const opening = run(on('servers', 'vault-1'), ...press('enter'));
  const [what] = asked(opening);
  if (what === undefined) throw new Error('nothing asked');
  const decision = { verdict: 'ask', action: 'shell.open', target: 'srv_x', policies: ['p'], missing: ['an approval'] } as const;
  const no = run(opening.model, {
    action: 'answered',
    ask: what,
    now: sceneAt,
    result: refuse('approval-needed', undefined, { decision: { ...decision, policies: ['p'], missing: ['an approval'] } }),
  });
  expect(no.model.overlay).toMatchObject({ overlay: 'refused', ask: what });
  expect(run(no.model, ...press('r')).model.overlay).toMatchObject({ purpose: { purpose: 'request', name: 'vault-1' } });
  const why = run(no.model, ...press('?'));
  expect(asked(why)).toMatchObject([{ ask: 'explain', action: 'shell.open', target: 'srv_x' }]);
  const [explain] = asked(why);
  if (explain === undefined) return;
  const shown = run(why.model, {
    action: 'answered',
    ask: explain,
    now: sceneAt,
    result: fine({ ask: 'explain', given: sceneExplained() }),
  });
  expect(shown.model.overlay).toMatchObject({ overlay: 'card', card: { card: 'explained', again: what } });
  expect(run(shown.model, ...press('enter')).model.overlay).toMatchObject({
    purpose: { purpose: 'request', name: 'vault-1', level: 'terminal' },
  });
});

test('a refusal of what nobody can ask for has a why, and nothing to ask for', () => {
  const what = { ask: 'set-role', person: ofUma.person, name: 'uma', role: 'staff', why: 'x' } as const;
  const no = run(begin(), { action: 'answered', ask: what, now: sceneAt, result: refuse('denied') });
  expect(no.model.overlay).toMatchObject({ overlay: 'refused' });
  expect(run(no.model, ...press('r')).model).toBe(no.model);
  expect(asked(run(no.model, ...press('?')))).toMatchObject([{ ask: 'explain', action: 'role.manage', target: ofUma.person }]);
  expect(run(no.model, ...press('esc')).model.overlay).toBe(undefined);
});

test('[law 4] `y` asks why on every screen, of the chosen row', () => {
  for (const route of ['servers', 'audit', ...listRoutes]) {
    const [what] = asked(run(begin(), ...press(':', ...route, 'enter', 'y')));
    expect([route, what?.ask]).toEqual([route, 'explain']);
  }
  const row = chosenOf(on('requests', 'rob').lists.requests);
  expect(asked(run(on('requests', 'rob'), ...press('y')))).toMatchObject([{ action: 'request.review', target: row?.id }]);
});

test('[E28] with --readonly no key of these screens asks for a change', () => {
  const changes = bindings.filter(({ mutates }) => mutates === true).flatMap(({ presses }) => presses);
  for (const route of listRoutes)
    for (const key of changes) {
      const after = run(begin(true), ...press(':', ...route, 'enter', key, 'x', 'enter'));
      expect([route, key, asked(after).filter(({ ask }) => ask !== 'explain')]).toEqual([route, key, []]);
    }
});
