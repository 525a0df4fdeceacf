import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeRows, choose, chosenOf, emptyListing, filterBy, type Kind, type Listing, moveBy, sortBy } from './listing.ts';

type Row = { readonly id: string; readonly name: string; readonly weight: number };
const kind: Kind<Row> = {
  sorts: [
    { name: 'name', compare: (a, b) => a.name.localeCompare(b.name) },
    { name: 'weight', compare: (a, b) => b.weight - a.weight || a.name.localeCompare(b.name) },
  ],
  haystack: (row) => row.name,
};
const row = (id: string, weight = 0): Row => ({ id, name: id, weight });
const whole = (...rows: Row[]) => ({ whole: true, rows, gone: [] });
const list = (...rows: Row[]) => changeRows(emptyListing(kind), kind, whole(...rows), 3);
const shown = (l: Listing<Row>) => l.shown.map((r) => r.id).join('');

test('what is chosen stays chosen when rows come, go and change places', () => {
  let l = moveBy(list(row('b'), row('d')), 1, 3);
  expect(chosenOf(l)?.id).toBe('d');
  l = changeRows(l, kind, { whole: false, rows: [row('a'), row('c')], gone: [] }, 3);
  expect([shown(l), chosenOf(l)?.id, l.top]).toEqual(['abcd', 'd', 1]);
  l = sortBy(changeRows(l, kind, { whole: false, rows: [row('d', 9)], gone: ['a'] }, 3), kind, 'weight', 3);
  expect([shown(l), chosenOf(l)?.id]).toEqual(['dbc', 'd']);
});

test('when the chosen row goes, its neighbour takes its place', () => {
  const l = choose(list(row('a'), row('b'), row('c')), 'b', 3);
  expect(chosenOf(changeRows(l, kind, { whole: false, rows: [], gone: ['b'] }, 3))?.id).toBe('c');
});

test('[E27] words must occur, !words must not, a word that occurs nowhere is tried fuzzily', () => {
  const l = list(row('web-prod-12'), row('db-prod-1'), row('web-dev-1'));
  const filtered = (text: string) => filterBy(l, kind, text, 3).shown.map((r) => r.id);
  expect(filtered('prod web')).toEqual(['web-prod-12']);
  expect(filtered('!prod')).toEqual(['web-dev-1']);
  expect(filtered('wbprd12')).toEqual(['web-prod-12']);
  expect(filtered('nowhere')).toEqual([]);
  expect(filtered('!')).toHaveLength(3);
});

test('sorting goes round the columns, or to the one named; an unknown one changes nothing', () => {
  const l = list(row('a', 1), row('b', 2));
  const next = sortBy(l, kind, undefined, 3);
  expect([next.sort, shown(next)]).toEqual(['weight', 'ba']);
  expect(sortBy(next, kind, undefined, 3).sort).toBe('name');
  expect(sortBy(l, kind, 'nonsense', 3)).toBe(l);
});

test('whatever happens, the choice is shown and inside the window', () => {
  const id = fc.integer({ min: 0, max: 12 }).map(String);
  const event = fc.oneof(
    fc.record({ do: fc.constant('move' as const), by: fc.integer({ min: -20, max: 20 }) }),
    fc.record({ do: fc.constant('change' as const), whole: fc.boolean(), rows: fc.array(id), gone: fc.array(id) }),
    fc.record({ do: fc.constant('filter' as const), text: fc.constantFrom('', '1', '!1', '2 1') }),
    fc.record({ do: fc.constant('sort' as const) }),
  );
  fc.assert(
    fc.property(fc.array(event), fc.integer({ min: 1, max: 5 }), (events, page) => {
      let l: Listing<Row> = emptyListing(kind);
      for (const e of events) {
        if (e.do === 'move') l = moveBy(l, e.by, page);
        else if (e.do === 'change')
          l = changeRows(l, kind, { whole: e.whole, rows: e.rows.map((i) => row(i)), gone: e.gone }, page);
        else if (e.do === 'filter') l = filterBy(l, kind, e.text, page);
        else l = sortBy(l, kind, undefined, page);
        const compare = kind.sorts.find((sort) => sort.name === l.sort)?.compare;
        expect(l.ordered).toEqual([...l.rows.values()].sort(compare));
        expect(l.at).toBeGreaterThanOrEqual(0);
        expect(l.shown.length === 0 ? l.at === 0 : l.at < l.shown.length).toBe(true);
        expect(l.top <= l.at && l.at < l.top + page).toBe(true);
        expect(l.top === 0 || l.top + page <= l.shown.length).toBe(true);
      }
    }),
  );
});
