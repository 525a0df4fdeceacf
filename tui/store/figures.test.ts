import { expect, test } from 'vitest';
import { sceneAt, sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import { sceneTrail } from '../../fixtures/shots/workspace.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import type { TrailStatus } from '../../gateway/protocol/trail-nouns.ts';
import { changeRows } from '../model/listing.ts';
import { beginModel, type Model } from '../model/model.ts';
import { serverKind } from '../model/row-kinds.ts';
import { holdFigures } from './figures.ts';

const [first, second] = sceneServers();
if (first === undefined || second === undefined) throw new Error('no scene');
const fresh = beginModel({ now: sceneAt, size: { cols: 80, rows: 24 }, readonly: false, url: 'https://gate' });
const model: Model = {
  ...fresh,
  servers: changeRows(fresh.servers, serverKind, { whole: true, rows: [first, second], gone: [] }, 9),
};
const busier = { ...first, metrics: { load100: 9_900, memoryUsedBytes: 1, diskUsedPercent: 1, uptimeSeconds: 1 } };
const changed = (...rows: (typeof first)[]): Push => ({ type: 'servers.changed', whole: false, rows, gone: [] });

test('figures wait for the tick, the newest of them; what else changes goes through at once', () => {
  const hold = holdFigures(() => model);
  expect(hold.sift(changed({ ...busier, metrics: { ...busier.metrics, load100: 1 } }))).toBe(undefined);
  expect(hold.sift(changed(busier, { ...second, state: 'offline' }))).toEqual(changed({ ...second, state: 'offline' }));
  expect(hold.release()).toEqual([changed(busier)]);
  expect(hold.release()).toEqual([]);
});

test('a held figure never overtakes a newer whole row, and goes with its server', () => {
  const hold = holdFigures(() => model);
  hold.sift(changed(busier));
  hold.sift(changed({ ...busier, state: 'offline' }));
  expect(hold.release()).toEqual([]);
  hold.sift(changed(busier));
  hold.sift({ type: 'servers.changed', whole: false, rows: [], gone: [first.id] });
  expect(hold.release()).toEqual([]);
});

test('a session’s title is no figure, its bytes are, and when it ends by itself', () => {
  const [session] = sceneSessions([first]);
  if (session === undefined) throw new Error('no scene');
  const known: Model = { ...model, sessions: { ...model.sessions, rows: new Map([[session.id, session]]) } };
  const hold = holdFigures(() => known);
  expect(hold.sift({ type: 'sessions.changed', whole: false, rows: [{ ...session, bytes: 1 }], gone: [] })).toBe(undefined);
  expect(hold.sift({ type: 'sessions.changed', whole: false, rows: [{ ...session, title: 'vim' }], gone: [] })).toBeDefined();
  // Every key puts an idle end off.
  const idle = (at: number) => ({ ...session, ends: { at, reason: 'idle' as const } });
  const typing: Model = { ...model, sessions: { ...model.sessions, rows: new Map([[session.id, idle(1)]]) } };
  const still = holdFigures(() => typing);
  expect(still.sift({ type: 'sessions.changed', whole: false, rows: [idle(2)], gone: [] })).toBe(undefined);
  const other = { ...idle(2), ends: { at: 2, reason: 'expired' as const } };
  expect(still.sift({ type: 'sessions.changed', whole: false, rows: [other], gone: [] })).toBeDefined();
});

test('of a window, figures wait for the tick; an answer and a change of order go through', () => {
  const order = [first.id, second.id];
  const window = (more: Partial<Extract<Push, { type: 'servers.window' }>>): Push => ({
    type: 'servers.window',
    number: 3,
    anew: false,
    total: 900,
    match: 900,
    from: 0,
    rows: [busier],
    gone: [],
    ...more,
  });
  const servers = { ...model.servers, far: true, total: 900, match: 900, order };
  const asked = { number: 3, filter: '', sort: 'name', from: 0, count: 20 } as const;
  const far: Model = { ...model, servers, looking: { asked, heard: 3, late: false } };
  const hold = holdFigures(() => far);
  expect(hold.sift(window({}))).toBe(undefined);
  expect(hold.release()).toEqual([window({})]);
  expect(hold.sift(window({ number: 4, rows: [] }))).toEqual(window({ number: 4, rows: [] }));
  expect(hold.sift(window({ order: order.toReversed() }))).toEqual(window({ order: order.toReversed() }));
  hold.sift(window({}));
  hold.sift(window({ total: 899, rows: [], gone: [first.id] }));
  expect(hold.release()).toEqual([]);
});

test('S75: that an anchor took a newer head waits for the tick; that it is late, or that somebody remembers another log, does not', () => {
  const known: Model = { ...model, trail: { ...model.trail, status: sceneTrail } };
  const hold = holdFigures(() => known);
  const [anchor] = sceneTrail.anchors;
  if (anchor === undefined) throw new Error('no anchor');
  const told = (change: Partial<TrailStatus>): Push => ({ type: 'trail.changed', status: { ...sceneTrail, ...change } });
  expect(holdFigures(() => model).sift(told({}))).toEqual(told({}));
  const newer = told({ head: { size: 12_400, epoch: 4, at: sceneAt }, anchors: [{ ...anchor, size: 12_400, at: sceneAt }] });
  expect(hold.sift(newer)).toBe(undefined);
  expect(hold.release()).toEqual([newer]);
  hold.sift(newer);
  const late = told({ anchors: [{ ...anchor, state: 'late' }] });
  expect(hold.sift(late)).toEqual(late);
  expect(hold.release()).toEqual([]);
  const conflict = told({ conflicts: [{ kind: 'server', name: 'web-1', size: 3, at: sceneAt }] });
  expect(hold.sift(conflict)).toEqual(conflict);
});
