import { expect, test } from 'vitest';
import { aSelf } from '../../fixtures/shots/cast-of-people.ts';
import { sceneAt } from '../../fixtures/shots/scenery.ts';
import { sceneTrail } from '../../fixtures/shots/workspace.ts';
import type { AnchorRow, TrailStatus } from '../../gateway/protocol/trail-nouns.ts';
import { beginModel, type Model } from '../model/model.ts';
import type { WitnessedLog } from '../model/trail.ts';
import { update } from '../model/update.ts';
import { headerLine, statusLine } from './header.ts';
import { type Line, lineCells } from './span.ts';
import { witnessBanner } from './trail.ts';

const [anchor] = sceneTrail.anchors;
if (anchor === undefined) throw new Error('no anchor');
const kept = (...anchors: Partial<AnchorRow>[]): TrailStatus => ({
  ...sceneTrail,
  anchors: anchors.map((change) => ({ ...anchor, ...change })),
});
const conflict: WitnessedLog = {
  log: 'conflict',
  remembered: 12_346,
  shown: 12_300,
  why: 'it has 12300 records, 12346 were there',
  problem: { code: 'witness-conflict' },
};
const held: WitnessedLog = { log: 'held', size: 12_346, kept: undefined };
function seen(status: TrailStatus | undefined, own: WitnessedLog | undefined, more: Partial<Model> = {}): Model {
  const begun = beginModel({ now: sceneAt, size: { cols: 80, rows: 24 }, readonly: false, url: 'https://gate' });
  const self = aSelf();
  return { ...begun, line: { line: 'open' }, roundTripMs: 12, self, trail: { status, own, askedAt: sceneAt }, ...more };
}
const text = (line: Line | undefined): string => (line ?? []).map((piece) => piece.text).join('');
const bar = (model: Model, width = 80): string => text(statusLine(model, width));
const hueOf = (model: Model, words: string) => statusLine(model, 80).find((piece) => piece.text.includes(words))?.hue;

test('S75: the last line says how old the newest anchor is, and every state of it in words, at 80 columns', () => {
  expect(bar(seen(sceneTrail, held))).toContain('anchored <1m ago');
  expect(bar(seen(kept({ at: sceneAt - 130_000 }), held))).toContain('anchored 2m ago');
  // The newest of several that work.
  expect(bar(seen(kept({ at: sceneAt - 240_000 }, { name: 'b', at: sceneAt - 5_000 }), held))).toContain('anchored <1m ago');
  expect(bar(seen(kept(), held))).toContain('no anchor');
  expect(bar(seen(kept({ state: 'waiting' }), held))).toContain('anchor waits');
  const late = seen(kept({ state: 'late', at: sceneAt - 420_000 }, { name: 'b' }), held);
  expect(bar(late)).toContain('anchor late 7m');
  expect(hueOf(late, 'anchor late')).toBe('warn');
  expect(hueOf(seen(kept({ state: 'stale', at: sceneAt - 7_200_000 }), held), 'anchor late 2h')).toBe('bad');
  for (const broken of [
    seen(kept({ state: 'conflict' }), held),
    seen(sceneTrail, conflict),
    seen(undefined, conflict),
    seen({ ...sceneTrail, conflicts: [{ kind: 'server', name: 'web-1', size: 3, at: sceneAt }] }, held),
  ]) {
    expect(bar(broken)).toContain('LOG CONFLICT');
    expect(bar(broken, 40)).toContain('LOG CONFLICT');
    expect(hueOf(broken, 'LOG CONFLICT')).toBe('bad');
    expect(bar(broken)).not.toContain('anchored');
  }
});

test('A28: who may not read the log sees what this program holds of it; a log that is not shown is said', () => {
  expect(bar(seen(undefined, undefined))).not.toMatch(/log|anchor/);
  expect(bar(seen(undefined, held))).toContain('log 12,346 held');
  expect(bar(seen(sceneTrail, { log: 'unproven', problem: { code: 'bad-request' } }))).toContain('log not shown');
  expect(bar(seen(sceneTrail, { ...held, kept: { code: 'credentials' } }))).toContain('log not remembered');
  // Without a line nothing is news of now, except what is remembered.
  const line = { line: 'waiting', attempt: 1, retryAt: sceneAt, problem: { code: 'unreachable' } } as const;
  expect(bar(seen(sceneTrail, held, { line }))).not.toContain('anchored');
  expect(bar(seen(sceneTrail, conflict, { line }))).toContain('LOG CONFLICT');
});

test('A28: a conflict is a line over the whole width: what is remembered, what was shown, what to do', () => {
  expect(witnessBanner(held, 80)).toBe(undefined);
  for (const width of [40, 60, 80, 120, 200]) {
    const banner = witnessBanner(conflict, width);
    expect(lineCells(banner ?? [])).toBe(width);
    expect(banner?.every((piece) => piece.hue === 'bad' && piece.inverse === true)).toBe(true);
    expect(text(banner)).toContain('LOG CONFLICT');
  }
  expect(text(witnessBanner(conflict, 80))).toContain(
    'LOG CONFLICT: 12,346 remembered, 12,300 shown · sallyport audit witness ls',
  );
  expect(text(witnessBanner(conflict, 120))).toMatch(/12,346 records remembered, 12,300 shown · .*audit witness forget/);
  expect(headerLine(seen(undefined, conflict), true, 80)).toEqual(headerLine(seen(undefined, held), true, 80));
});

test('[W6] A28: with a conflict nothing new is opened: asked is nothing, and it is said why; what is not opened is asked as ever', () => {
  const model = seen(undefined, conflict, { stage: { stage: 'workspace' } });
  const { model: after, effects } = update(model, { action: 'witnessed', own: conflict, now: sceneAt });
  expect(effects).toEqual([]);
  const first = update(seen(undefined, held), { action: 'witnessed', own: conflict, now: sceneAt });
  expect(first.model.messages.at(-1)).toMatchObject({
    tone: 'bad',
    text: expect.stringContaining('not the one remembered here'),
  });
  expect(after.trail.own).toEqual(conflict);
  // Unproven is no better answer; held is: somebody said forget.
  const unproven: WitnessedLog = { log: 'unproven', problem: { code: 'bad-request' } };
  expect(update(model, { action: 'witnessed', own: unproven, now: sceneAt }).model.trail.own).toEqual(conflict);
  expect(update(model, { action: 'witnessed', own: held, now: sceneAt }).model.trail.own).toEqual(held);
});

test('A11: the log is looked at every five minutes, at a minute, on an open line, and never while the line is a session’s', () => {
  const tick = (model: Model, now: number) => update(model, { action: 'tick', now, roundTripMs: 12 });
  const model = seen(undefined, held);
  expect(tick(model, sceneAt + 299_000).effects).toEqual([]);
  const due = tick(model, sceneAt + 300_000);
  expect(due.effects).toEqual([{ effect: 'witness' }]);
  expect(tick(due.model, sceneAt + 360_000).effects).toEqual([]);
  expect(tick({ ...model, away: true }, sceneAt + 300_000).effects).toEqual([]);
  expect(tick({ ...model, line: { line: 'connecting', attempt: 0 } }, sceneAt + 300_000).effects).toEqual([]);
  // A clock that was set back does not silence it.
  expect(tick(model, sceneAt - 1).effects).toEqual([{ effect: 'witness' }]);
});
