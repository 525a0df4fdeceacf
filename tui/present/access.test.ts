// How access control reads at the widths people have: what decides about a row is there at 80 columns, and nothing is told by colour alone (E47).
import { expect, test } from 'vitest';
import {
  sceneEntrances,
  sceneExplained,
  sceneGrants,
  scenePolicyList,
  sceneRequests,
} from '../../fixtures/shots/access-scenery.ts';
import { accessTold } from '../../fixtures/shots/access-told.ts';
import { aSelf } from '../../fixtures/shots/cast-of-people.ts';
import { sceneAt } from '../../fixtures/shots/scenery.ts';
import type { Ask } from '../model/ask.ts';
import { type ListRoute, listRoutes } from '../model/lists.ts';
import { beginModel, type Model } from '../model/model.ts';
import { update } from '../model/update.ts';
import { cardLines } from './card.ts';
import { headerLine, statusLine } from './header.ts';
import { listViews } from './list-views.ts';
import { modalLines } from './modal.ts';
import { requestColumns, requestPane } from './requests.ts';
import { type Line, lineCells } from './span.ts';
import { placeColumns, rowLine } from './table.ts';

const text = (line: Line) => line.map((piece) => piece.text).join('');
const told = accessTold.reduce<Model>((model, action) => update(model, action).model, {
  ...beginModel({ now: sceneAt, size: { cols: 80, rows: 24 }, readonly: false, url: 'https://gate' }),
  stage: { stage: 'workspace' },
  line: { line: 'open' },
  self: aSelf(),
});
const [ofUma, ofRob] = sceneRequests();
if (ofUma === undefined || ofRob === undefined) throw new Error('nobody asks in the scene');

test('[E47] at 80 columns a request says state, who, what, how long, how many approvals and until when', () => {
  const placed = placeColumns(requestColumns, 78);
  expect(placed.map(({ column }) => column.title)).toEqual(['STATE', 'WHO', 'WHAT', 'FOR', 'YES', 'LEFT', 'WHY']);
  expect(text(rowLine(placed, ofUma, { now: sceneAt }))).toMatch(/^◔ pending +uma +full on db-prod-1 +1h +1\/2 +56m +slow/);
});

test.each(listRoutes)('[E47] the columns of %s fit 80 and 40 columns, and the first sort is one of them', (route: ListRoute) => {
  for (const width of [78, 38]) {
    const { columns } = listViews[route];
    const used = placeColumns<never, { readonly now: number }>(columns, width);
    expect(used.reduce((sum, { width: one }) => sum + one + 2, -2)).toBeLessThanOrEqual(width);
  }
  const titles = listViews[route].columns.map(({ title }) => title.toLowerCase());
  expect(titles).toContain(told.lists[route].sort);
});

test('[M5] the box of an approval shows everything its digest covers, and says so when it has no room for it', () => {
  const overlay = { overlay: 'review', request: ofRob, level: 'terminal', minutes: 60 } as const;
  const box = (rows: number) => (modalLines(told, overlay, 64, rows) ?? []).map(text).join('\n');
  for (const wanted of ['rob', 'terminal', '4h', 'web-*,env=prod', 'web-prod-1, web-prod-2, web-prod-3', 'roll nginx back'])
    expect(box(20)).toContain(wanted);
  expect(box(20)).toContain('you give  terminal for 1h  less than was asked');
  const full = { ...overlay, request: { ...ofRob, servers: Array.from({ length: 64 }, (_, n) => `web-prod-${n}`) } };
  const cramped = modalLines(told, full, 64, 18) ?? [];
  expect([cramped.length <= 18, cramped.map(text).join('\n')]).toEqual([
    true,
    expect.stringMatching(/lines more: make the terminal taller/),
  ]);
});

test('[S44] the status bar counts down the grant that ends first; minutes until the last quarter of an hour', () => {
  expect(text(statusLine(told, 100))).toContain('full on db-prod-1 · 12:04 left');
  const [grant] = sceneGrants();
  if (grant === undefined) throw new Error('no grant');
  const rows = new Map([[grant.id, { ...grant, until: sceneAt + 95 * 60_000 }]]);
  const longer = { ...told, lists: { ...told.lists, grants: { ...told.lists.grants, rows } } };
  expect(text(statusLine(longer, 100))).toContain('full on db-prod-1 · 1h left');
  expect(text(statusLine(told, 140))).toContain('2 requests wait for you · 4');
});

test('[S53, E47] a broken glass is loud in the header, whatever the width and without colour', () => {
  for (const width of [40, 80, 120]) {
    const line = headerLine(told, true, width);
    expect(text(line)).toMatch(/◆ BREAK-GLASS lena until \d\d:\d\d/);
    expect(line.some((piece) => piece.text.includes('BREAK-GLASS') && piece.inverse === true && piece.bold === true)).toBe(true);
    expect(lineCells(line)).toBeLessThanOrEqual(width);
  }
  const quiet = { ...told, now: sceneAt + 41 * 60_000 };
  expect(text(headerLine(quiet, true, 80))).not.toContain('BREAK-GLASS');
  expect(sceneEntrances().some(({ state }) => state === 'open')).toBe(true);
});

test('[law 4] an explanation has verdict, what is missing, conditions in words, what helps, and the policies with their comments', () => {
  const again: Ask = { ask: 'open', server: 's', name: 'vault-1' };
  const card = { card: 'explained', name: 'a shell on vault-1', given: sceneExplained(), again } as const;
  const lines = cardLines(told, card, 76);
  const all = lines.map(text).join('\n');
  for (const wanted of [
    '◇ takes an approval: a shell on vault-1',
    'enter asks for it',
    'an approval (2 of the superusers)',
    'they give',
    'sallyport request vault-1 --level terminal',
    'critical-servers-take-two-approvals',
    'For a critical server it takes two.',
  ])
    expect(all).toContain(wanted);
  expect(Math.max(...lines.map(lineCells))).toBeLessThanOrEqual(76);
  expect(
    cardLines({ ...told, readonly: true }, card, 76)
      .map(text)
      .join('\n'),
  ).not.toContain('enter asks for it');
});

test('the history of the policies names versions, who, why, and what the trial would deny', () => {
  const { policies: _policies, added: _added, ...policySet } = scenePolicyList();
  const all = cardLines({ ...told, policySet }, { card: 'policy-history' }, 76)
    .map(text)
    .join('\n');
  for (const wanted of ['Version 4', 'on-call may again', '17 would be denied', 'omar shell.open web-prod-1  allow → deny'])
    expect(all).toContain(wanted);
});

test('the pane of a request says what became of it, and whether it is one’s own to approve', () => {
  const pane = (row: typeof ofUma) => requestPane(row, sceneAt, 60).map(text).join('\n');
  expect(pane(ofUma)).toContain('you may approve it');
  expect(pane({ ...ofUma, state: 'denied', by: 'lena', because: 'not tonight' })).toMatch(/✗ denied[^]*because not tonight/);
});
