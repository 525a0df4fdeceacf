import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aSelf } from '../../fixtures/shots/cast-of-people.ts';
import { line, open, press, push } from '../../fixtures/shots/happenings.ts';
import { sceneAt, sceneServers } from '../../fixtures/shots/scenery.ts';
import { keepMatching } from '../../gateway/protocol/filter.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { ServerRow } from '../../gateway/protocol/nouns.ts';
import type { ListWindow, Push } from '../../gateway/protocol/operator.ts';
import { headerLine, statusLine } from '../present/header.ts';
import type { Action } from './action.ts';
import { pageRows } from './layout.ts';
import { chosenOf, rowAt } from './listing.ts';
import { beginModel, type Model } from './model.ts';
import { serverKind } from './row-kinds.ts';
import { update } from './update.ts';

const size = { cols: 80, rows: 24 };
const page = pageRows(size);
const [like] = sceneServers();
if (like === undefined) throw new Error('no scenery');
const many: readonly ServerRow[] = Array.from({ length: 1_000 }, (_, n) => ({
  ...like,
  id: mintId(
    'srv',
    Uint8Array.from({ length: 26 }, (__, i) => (i < 4 ? (n >> (5 * i)) & 31 : 7)),
  ),
  name: `${n % 3 === 0 ? 'db' : 'web'}-${String(n).padStart(4, '0')}`,
  tier: n % 7 === 0 ? 'critical' : 'normal',
}));

/** The gateway's side of it: what it was told is held, and the answers it owes. */
function peer(all: readonly ServerRow[] = many) {
  const told = new Set<string>();
  let first = true;
  const rowsSent: number[] = [];
  const answer = (window: ListWindow): Push => {
    const sort = serverKind.sorts.find(({ name }) => name === window.sort) ?? serverKind.sorts[0];
    const kept = keepMatching(all.toSorted(sort.compare), window.filter, serverKind.haystack);
    const at = window.near === undefined ? -1 : kept.findIndex(({ id }) => id === window.near?.id);
    const wanted = at < 0 || window.near === undefined ? window.from : at - window.near.above;
    const from = Math.max(0, Math.min(wanted, kept.length - window.count));
    const shown = kept.slice(from, from + window.count);
    const rows = shown.filter(({ id }) => !told.has(id));
    for (const { id } of rows) told.add(id);
    rowsSent.push(rows.length);
    const anew = first;
    first = false;
    return {
      type: 'servers.window',
      number: window.number,
      anew,
      total: all.length,
      match: kept.length,
      from,
      order: shown.map(({ id }) => id),
      rows,
      gone: [],
    };
  };
  return { answer, rowsSent };
}

const opened = line(open(aSelf(), { protocol: 3 }), 300);

/** A face on a line: windows it asked for wait until they are answered. */
function face() {
  let model: Model = beginModel({ now: sceneAt, size, readonly: false, url: 'https://gate' });
  const owed: ListWindow[] = [];
  const does = (...actions: readonly Action[]): void => {
    for (const action of actions) {
      const { model: next, effects } = update(model, action);
      model = next;
      for (const effect of effects) if (effect.effect === 'look' || effect.effect === 'subscribe') owed.push(effect.window);
    }
  };
  does(opened);
  return {
    does,
    owed,
    /** Everything asked for is answered, in order; as with `newest`, only the last of them. */
    answered: (by: ReturnType<typeof peer>, newest = false) => {
      for (let windows = owed.splice(0); windows.length > 0; windows = owed.splice(0))
        for (const window of newest ? windows.slice(-1) : windows) does(push(by.answer(window)));
    },
    get model() {
      return model;
    },
    names: () =>
      Array.from(
        { length: Math.min(page, model.servers.match - model.servers.top) },
        (_, i) => rowAt(model.servers, model.servers.top + i)?.name,
      ),
    text: (of: typeof headerLine | typeof statusLine) =>
      (of === headerLine ? headerLine(model, true, 80) : statusLine(model, 80)).map(({ text }) => text).join(''),
  };
}

const sorted = (filter = ''): readonly string[] =>
  keepMatching(many.toSorted((serverKind.sorts[0] ?? { compare: () => 0 }).compare), filter, serverKind.haystack).map(
    ({ name }) => name,
  );

test('[O10] the first window is a screen and a half; what one scrolls to was there before it is reached', () => {
  const gateway = peer();
  const one = face();
  expect(one.owed).toMatchObject([{ number: 1, from: 0, count: page + Math.ceil(page / 2) }]);
  expect(one.owed[0]).not.toHaveProperty('held');
  one.answered(gateway);
  expect(one.names()).toEqual(sorted().slice(0, page));
  expect(one.text(headerLine)).toContain('1 Servers 1,000');
  for (let key = 0; key < 200; key += 1) {
    one.does(...press('down'));
    expect(one.names()).not.toContain(undefined);
    one.answered(gateway);
  }
  expect(chosenOf(one.model.servers)?.name).toBe(sorted()[200]);
  // A row is told once, and few more than were seen.
  expect(gateway.rowsSent.reduce((sum, count) => sum + count, 0)).toBeLessThan(200 + 3 * page);
  expect(gateway.rowsSent.length).toBeLessThan(30);
});

test('[O10] to the end and back: what is not here yet is a place, then a row', () => {
  const gateway = peer();
  const one = face();
  one.answered(gateway);
  one.does(...press('G'));
  expect(one.names()).toEqual(Array.from({ length: page }, () => undefined));
  expect(chosenOf(one.model.servers)).toBe(undefined);
  expect(one.text(statusLine)).toContain('● connected 300 ms');
  one.does({ action: 'awaited', number: one.owed.at(-1)?.number ?? 0 });
  expect(one.text(statusLine)).toContain('◌ catching up');
  one.answered(gateway);
  expect(one.text(statusLine)).toContain('● connected 300 ms');
  expect(one.names()).toEqual(sorted().slice(-page));
  expect(chosenOf(one.model.servers)?.name).toBe(sorted().at(-1));
  one.does(...press('g'));
  expect(one.names()).not.toEqual([]);
  one.answered(gateway);
  expect(one.names()).toEqual(sorted().slice(0, page));
});

test('[O10] a filter shows at once what is known of it, then what there is; esc leads back around the chosen row', () => {
  const gateway = peer();
  const one = face();
  one.answered(gateway);
  one.does(...press('/', '5'));
  const before = one.names();
  expect(before.length).toBeGreaterThan(0);
  expect(before.every((name) => name?.includes('5'))).toBe(true);
  expect(one.text(headerLine)).toMatch(/\d+\+\/1,000/);
  one.answered(gateway, true);
  expect(one.names()).toEqual(sorted('5').slice(0, page));
  expect(one.text(headerLine)).toContain(`${sorted('5').length}/1,000`);
  one.does(...press('enter', 'G'));
  one.answered(gateway);
  const chosen = chosenOf(one.model.servers)?.name;
  const line = one.model.servers.at - one.model.servers.top;
  one.does(...press('esc'));
  one.answered(gateway);
  expect(chosenOf(one.model.servers)?.name).toBe(chosen);
  expect([one.model.servers.filter, one.model.servers.match]).toEqual(['', 1_000]);
  expect(Math.abs(one.model.servers.at - one.model.servers.top - line)).toBeLessThanOrEqual(1);
});

test('[O10] on another screen, and in a session, nothing of the list is looked at; back again, what is known is there', () => {
  const gateway = peer();
  const one = face();
  one.answered(gateway);
  one.does(...press('2'));
  expect(one.owed).toMatchObject([{ count: 0, held: true }]);
  one.answered(gateway);
  const sent = gateway.rowsSent.length;
  one.does(...press('1'));
  expect(one.names()).toEqual(sorted().slice(0, page));
  one.answered(gateway);
  expect(one.names()).toEqual(sorted().slice(0, page));
  // Only the margin below is new.
  expect(gateway.rowsSent.slice(sent).reduce((sum, count) => sum + count, 0)).toBeLessThan(2 * page);
});

test('a list that came whole asks for nothing when it is filtered but which figures to tell', () => {
  const one = face();
  one.does(push({ type: 'servers.changed', whole: true, rows: many.slice(0, 150), gone: [] }));
  one.owed.splice(0);
  one.does(...press('/', ...'web'));
  expect(one.model.servers.guessed).toBe(false);
  expect(one.model.servers.match).toBe(100);
  expect(one.owed.every(({ held }) => held === true)).toBe(true);
  expect(one.text(headerLine)).toContain('100/150');
});

test('[O10] whatever is pressed and however late the answers come, in the end the screen shows what the whole list would', () => {
  const key = fc.constantFrom('down', 'up', 'pagedown', 'pageup', 'g', 'G', 's', '1', '2', 'esc', '/');
  const word = fc.constantFrom('web', 'db', '00', '!web 1', 'critical', '');
  const event = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('press' as const), key }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('filter' as const), word }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), newest: fc.boolean() }) },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const gateway = peer();
      const one = face();
      one.answered(gateway);
      for (const e of events) {
        if (e.do === 'press') one.does(...press(e.key), ...(e.key === '/' ? press('esc') : []));
        else if (e.do === 'filter') one.does(...press('1', '/', 'ctrl+u', ...e.word, 'enter'));
        else one.answered(gateway, e.newest);
        const { at, top, match } = one.model.servers;
        expect(match === 0 ? at === 0 : at >= 0 && at < match).toBe(true);
        expect(top <= at && at < top + page).toBe(true);
      }
      one.does(...press('1'));
      one.answered(gateway);
      const { servers } = one.model;
      const compare = serverKind.sorts.find(({ name }) => name === servers.sort)?.compare ?? (() => 0);
      const all = keepMatching(many.toSorted(compare), servers.filter, serverKind.haystack).map(({ name }) => name);
      expect(servers.match).toBe(all.length);
      expect(one.names()).toEqual(all.slice(servers.top, servers.top + page));
    }),
    { numRuns: 60 },
  );
});
