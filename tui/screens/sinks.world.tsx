// Law 7 in the dashboard: every hostile text in every place that shows a text which is not ours, drawn by the real code (X6, X10, X11). What is
// written holds our colours and nothing else; nothing is wider than its place; what stands beside it does not move.
import { renderToString } from 'ink';
import { expect, test } from 'vitest';
import { escapes, harmless } from '../../fixtures/escapes.ts';
import { colour, objections } from '../../fixtures/inert.ts';
import {
  sceneCampaigns,
  sceneDevices,
  sceneEntrances,
  sceneExplained,
  sceneGrants,
  sceneGroups,
  sceneLocks,
  sceneLogins,
  scenePeople,
  scenePolicies,
  scenePolicyList,
  sceneRequests,
} from '../../fixtures/shots/access-scenery.ts';
import { aSelf, wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import { line, open } from '../../fixtures/shots/happenings.ts';
import { sceneAt, sceneAudit, sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import { fine, type Problem } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { AuditRow, InviteRow, ServerRow, SessionRow } from '../../gateway/protocol/nouns.ts';
import { screenText } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import type { Action } from '../model/action.ts';
import { openForm } from '../model/form.ts';
import { type ListRoute, listRoutes, type Rows } from '../model/lists.ts';
import { beginModel, type Model } from '../model/model.ts';
import { fieldOf } from '../model/text-field.ts';
import { update } from '../model/update.ts';
import { paintBar, paintLine, paletteOf } from '../parts/palette.ts';
import { auditColumns, auditPane, entriesPane, recordCard, tailTitle } from '../present/audit.ts';
import { cardLines } from '../present/card.ts';
import { connectingLines } from '../present/connecting.ts';
import { emptyLines } from '../present/empty.ts';
import { codesLines, enrolmentView } from '../present/enrolment.ts';
import { headerLine, statusLine } from '../present/header.ts';
import { type ListView, listViews } from '../present/list-views.ts';
import { messageLines } from '../present/messages.ts';
import { modalLines } from '../present/modal.ts';
import { promptLine } from '../present/prompt.ts';
import { serverColumns, serverPane } from '../present/servers.ts';
import { sessionColumns, sessionPane } from '../present/sessions.ts';
import { signInView } from '../present/sign-in.ts';
import { type Line, lineCells } from '../present/span.ts';
import { placeColumns, rowLine } from '../present/table.ts';
import { DashboardScreen } from './dashboard-screen.tsx';

/** As the contract lets them through: at most 512 units; JSON can also bring halves of characters. */
const hostile = [
  ...escapes.map(({ name, bytes }) => ({
    name,
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).slice(0, 512),
  })),
  { name: 'high surrogate alone', text: 'a\ud800b' },
  { name: 'low surrogate alone', text: 'a\udc00' },
  { name: 'wide word', text: '字'.repeat(40) },
];
const long = (text: string, most: number) => text.slice(0, most);

const [server] = sceneServers();
const [session] = sceneSessions(sceneServers());
const [record] = sceneAudit(60, 1);
if (server === undefined || session === undefined || record === undefined) throw new Error('an empty scene');

const serverOf = (text: string): ServerRow => ({
  ...server,
  name: text as ServerRow['name'],
  labels: { [text]: text },
  groups: [text],
  users: [text],
  state: 'online',
  facts: {
    hostname: text,
    os: text,
    kernel: text,
    arch: text,
    cpus: 2,
    memoryBytes: 1e9,
    bootId: text,
    user: text,
    agentVersion: text,
  },
});
const sessionOf = (text: string): SessionRow => ({
  ...session,
  serverName: text,
  personName: text,
  osUser: text,
  title: text,
  freezes: [{ cause: 'held', by: text, why: text }],
  moderation: { needs: 2, present: 0, eligible: [text, text] },
  participants: session.participants.map((one) => ({ ...one, name: text, role: 'observer' })),
});
const recordOf = (text: string): AuditRow => ({
  ...record,
  type: text,
  code: long(text, 8),
  actor: { kind: 'stranger', name: text },
  target: { id: text, name: text },
  address: text,
  summary: text,
  hash: text,
  data: { why: text, [text]: text, nested: { [text]: [text] } },
});
/** A session whose every record says it. */
const sessionRecordsOf = (text: string): AuditRow[] =>
  [
    'session.started',
    'session.joined',
    'session.frozen',
    'session.marked',
    'session.handed',
    'session.shared',
    'session.ended',
  ].map((type, seq) => ({
    ...recordOf(text),
    seq,
    type,
    data: {
      cause: text,
      by: text,
      why: text,
      label: text,
      to: text,
      how: text,
      person: text,
      role: text,
      reason: text,
      signal: text,
    },
  }));
const problemOf = (text: string): Problem => ({ code: 'denied', detail: text });

const base = beginModel({ now: sceneAt, size: { cols: 100, rows: 30 }, readonly: false, url: 'https://gate' });
const after = (...actions: readonly Action[]): Model =>
  actions.reduce<Model>((model, action) => update(model, action).model, base);
const opened = (text: string): Action =>
  line(
    open(aSelf({ name: text, email: text, gatewayName: text }), {
      version: text,
      gateway: text,
      name: text,
      boot: 'boo_00000000000000000000000000' as never,
    }),
  );
const width = 72;
const rows = 24;
const sessionView = { now: sceneAt, wanted: new Map([[session.id as string, 'moderator']]) };
const invite: InviteRow = {
  id: mintId('inv', wordBytes('inv')),
  session: session.id,
  personName: '',
  role: 'peer',
  by: '',
  expiresAt: sceneAt,
};
/** The open form, empty and with the text typed in. */
const formsOf = (model: Model, text: string): readonly Line[] => {
  const inside: Model = { ...model, stage: { stage: 'workspace' } };
  const typed = text === '' ? [] : [update(inside, { action: 'pasted', text }).model];
  return [model, ...typed].flatMap((one) => (one.overlay === undefined ? [] : (modalLines(one, one.overlay, 60) ?? [])));
};

/** Every text in it replaced: what the contract bounds to ids, words and figures stays. */
const kept = new Set([
  'id',
  'state',
  'level',
  'status',
  'role',
  'kind',
  'cause',
  'how',
  'origin',
  'effect',
  'factor',
  'verdict',
  'answer',
  'person',
  'request',
  'device',
  'digest',
  'zone',
  'from',
  'to',
  'now',
  'would',
]);
function hostileIn<T>(value: T, text: string, key = ''): T {
  const change = (one: unknown, at: string): unknown => hostileIn(one, text, at);
  if (typeof value === 'string') return (kept.has(key) ? value : text) as T;
  if (Array.isArray(value)) return value.map((one) => change(one, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one, name)])) as T;
}
const rowsOf: { readonly [K in ListRoute]: readonly Rows[K][] } = {
  requests: sceneRequests(),
  grants: sceneGrants(),
  people: scenePeople(),
  groups: sceneGroups(),
  policies: scenePolicies(),
  locks: sceneLocks(),
  devices: sceneDevices(),
  logins: sceneLogins(),
  breakglass: sceneEntrances(),
  reviews: sceneCampaigns().flatMap(({ items, ...campaign }) => items.map((item) => ({ ...item, campaign }))),
};
const listLines = <K extends ListRoute>(route: K, text: string): readonly Line[] => {
  const view: ListView<Rows[K]> = listViews[route];
  const all: readonly Rows[K][] = rowsOf[route];
  return all.map((row) => rowLine(placeColumns(view.columns, width), hostileIn(row, text), { now: sceneAt }));
};
const paneLines = <K extends ListRoute>(route: K, text: string): readonly Line[] => {
  const view: ListView<Rows[K]> = listViews[route];
  const all: readonly Rows[K][] = rowsOf[route];
  return all.flatMap((row) => view.pane(hostileIn(row, text), sceneAt, 60));
};
const [request] = sceneRequests();
if (request === undefined) throw new Error('nobody asks');
const { policies: _policies, added: _added, ...policySet } = scenePolicyList();
const asRefused = (text: string): Problem => ({
  code: 'denied',
  detail: text,
  decision: { verdict: 'ask', action: text, target: text, policies: [text, text], missing: [text] },
});

/** Lines of one sink for one text; each at most `width` cells. */
const sinks: Readonly<Record<string, (text: string) => readonly Line[]>> = {
  'server list': (text) => [rowLine(placeColumns(serverColumns, width), serverOf(text), { now: sceneAt })],
  'server pane': (text) => serverPane(serverOf(text), [sessionOf(text)], sceneAt, 200).filter((_, at) => at > 0),
  'session list': (text) => [rowLine(placeColumns(sessionColumns, width), sessionOf(text), sessionView)],
  'session pane': (text) => sessionPane(sessionOf(text), sessionView, 200),
  'audit tail': (text) => [rowLine(placeColumns(auditColumns, width), { row: recordOf(text) }, { now: sceneAt })],
  'audit detail': (text) => auditPane(recordOf(text), 60),
  'audit group': (text) =>
    entriesPane(
      [
        { entry: 'row', row: recordOf(text) },
        { entry: 'row', row: { ...recordOf(text), summary: 'otherwise' } },
      ],
      sceneAt,
      60,
    ),
  'session summary': (text) => recordCard({ ...recordOf(text), type: 'session.ended' }, fine(sessionRecordsOf(text)), 60),
  'audit title': (text) => [tailTitle(placeColumns(auditColumns, width), { ...base.audit, through: 1, query: text }, width)],
  connecting: (text) => connectingLines({ ...base, url: text, line: { line: 'refused', problem: problemOf(text) } }, width),
  'empty list': (text) => emptyLines({ ...base, refusals: { servers: problemOf(text) } }, width),
  'empty filter': (text) => emptyLines({ ...base, servers: { ...base.servers, loaded: true, filter: text } }, width),
  'step-up': (text) =>
    modalLines(
      base,
      {
        overlay: 'step-up',
        ask: { ask: 'open', server: text, name: text },
        challenge: { action: 'session.open' as never, target: text, missing: [text, text] },
        field: fieldOf(text),
        checking: false,
        problem: problemOf(text),
        refusedUntil: undefined,
      } as never,
      60,
    ) ?? [],
  form: (text) =>
    (['kill', 'freeze', 'message', 'extend', 'take-over', 'invite'] as const).flatMap((purpose) => {
      const { model } = openForm(base, { purpose, session: text, who: text, name: text });
      return formsOf(model, purpose === 'kill' ? text : '');
    }),
  lock: (text) => {
    const known = {
      ...base,
      sessions: { ...base.sessions, rows: new Map([['x', { ...sessionOf(text), person: text as never }]]) },
    };
    return formsOf(openForm(known, { purpose: 'lock', kind: 'person', target: text, name: text }).model, text);
  },
  resume: (text) =>
    modalLines(base, { overlay: 'resume', server: text, name: text, sessions: [sessionOf(text), sessionOf(text)], at: 0 }, 60) ??
    [],
  invited: (text) =>
    modalLines(base, { overlay: 'invited', code: text, name: text, invite: { ...invite, personName: text, by: text } }, 60) ?? [],
  ...Object.fromEntries(
    listRoutes.flatMap((route) => [
      [`list of ${route}`, (text: string) => listLines(route, text)],
      [`pane of ${route}`, (text: string) => paneLines(route, text)],
    ]),
  ),
  approve: (text) =>
    modalLines(base, { overlay: 'review', request: hostileIn(request, text), level: 'terminal', minutes: 5 }, 60, 20) ?? [],
  refused: (text) =>
    modalLines(base, { overlay: 'refused', ask: { ask: 'open', server: text, name: text }, problem: asRefused(text) }, 60) ?? [],
  explained: (text) =>
    cardLines(
      base,
      {
        card: 'explained',
        name: text,
        given: hostileIn(sceneExplained(), text),
        again: { ask: 'open', server: text, name: text },
      },
      width,
    ),
  'policy history': (text) => cardLines({ ...base, policySet: hostileIn(policySet, text) }, { card: 'policy-history' }, width),
  'access form': (text) =>
    (['suspend', 'restore', 'set-role'] as const).flatMap((purpose) =>
      formsOf(openForm(base, { purpose, person: text as never, name: text, role: 'user' }).model, text),
    ),
  'request form': (text) => formsOf(openForm(base, { purpose: 'request', name: text, level: 'full' }).model, text),
  'denial form': (text) =>
    formsOf(openForm(base, { purpose: 'deny', request: text as never, bound: text, name: text }).model, text),
  'broken glass': (text) => [
    headerLine(
      {
        ...base,
        lists: {
          ...base.lists,
          breakglass: {
            ...base.lists.breakglass,
            rows: new Map(sceneEntrances().map((row) => [row.id, hostileIn({ ...row, until: sceneAt + 60_000 }, text)])),
          },
        },
      },
      true,
      width,
    ),
  ],
  'own grant': (text) => [
    statusLine(
      {
        ...base,
        lists: {
          ...base.lists,
          grants: { ...base.lists.grants, rows: new Map(sceneGrants().map((row) => [row.id, hostileIn(row, text)])) },
        },
      },
      width,
    ),
  ],
  call: (text) => [
    statusLine({ ...base, calls: [{ session: text, serverName: text, by: text, role: 'peer', why: 'invitation' }] }, width),
  ],
  header: (text) => [headerLine(after(opened(text)), true, width)],
  status: (text) => [statusLine(after(opened(text)), width)],
  messages: (text) => messageLines([{ id: 1, at: sceneAt, tone: 'bad', text }], sceneAt, width),
  toast: (text) => [promptLine({ ...base, messages: [{ id: 1, at: sceneAt, tone: 'bad', text }], toast: 1 }, undefined, width)],
  asking: (text) => [promptLine({ ...base, asking: { ask: 'watch', session: text, name: text } }, undefined, width)],
  'command line': (text) => [
    promptLine(
      {
        ...base,
        servers: { ...base.servers, shown: [serverOf(text)] },
        overlay: { overlay: 'command', field: fieldOf(':attach '.slice(1)), past: 0 },
      },
      undefined,
      width,
    ),
    promptLine({ ...base, overlay: { overlay: 'command', field: fieldOf(text), past: 0 } }, undefined, width),
  ],
  'recovery codes': (text) => codesLines([text, 'b', 'c', 'd'], width),
  enrolment: (text) =>
    enrolmentView(
      { enrolment: 'scan', secret: text, uri: text, field: fieldOf(''), checking: false, problem: problemOf(text) },
      width,
      rows,
    ).lines,
};

/** Cut by whoever shows them, not by themselves: a page, or the box that Ink clips. Tried whole below. */
const cutLater = new Set([
  ...listRoutes.map((route) => `pane of ${route}`),
  'connecting',
  'messages',
  'audit detail',
  'audit group',
  'session summary',
  'server pane',
  'session pane',
  'recovery codes',
]);
const accessSinks = new Set([
  'audit group',
  'session summary',
  ...listRoutes.flatMap((route) => [`list of ${route}`, `pane of ${route}`]),
]);
const accessShare = 8;
const palette = paletteOf(256);

test('[X6] every hostile text in every place of the dashboard: our colours and nothing else, never wider than its place', () => {
  const wrong: string[] = [];
  for (const [nth, { name, text }] of hostile.entries())
    for (const [place, [sink, lines]] of Object.entries(sinks).entries()) {
      // Of the many lists of access control, and what is made of several records, each takes a share of the texts, and all of them together every one.
      if (accessSinks.has(sink) && (nth + place) % accessShare !== 0) continue;
      for (const line of lines(text)) {
        const found = [
          ...objections(paintLine(line, palette), [colour]),
          ...objections(paintBar(line, width, lineCells, palette), [colour]),
        ];
        if (!cutLater.has(sink) && lineCells(line) > width) found.push(`${lineCells(line)} cells`);
        if (found.length > 0) wrong.push(`${sink}, ${name}: ${found.join(' ')}`);
      }
    }
  expect(wrong).toEqual([]);
});

/** Where a mark stands on a real screen that a line was written to; -1 when it does not. */
function columnOf(line: Line, mark: string): number {
  const terminal = openTerminal({ cols: 120, rows: 2 });
  terminal.feed(Buffer.from(paintLine(line, palette)));
  const screen = terminal.screen();
  terminal.dispose();
  const row = screen.grid[0];
  if (row === undefined || screenText(screen)[1] !== '') return -2;
  let column = -1;
  for (let x = 0; x < 120; x += 1) if (String.fromCodePoint((row.cells[x * 3] ?? 0) & 0x1fffff) === mark) column = x;
  return column;
}

test('[X11] as name, title, actor or label, no hostile text moves what stands beside it', () => {
  const wrong: string[] = [];
  const beside: Readonly<Record<string, (text: string) => readonly [Line, string]>> = {
    server: (text: string) => [rowLine(placeColumns(serverColumns, 110), serverOf(text), { now: sceneAt }), 'w'],
    session: (text: string) => [rowLine(placeColumns(sessionColumns, 110), sessionOf(text), sessionView), '×'],
    audit: (text: string) => [
      rowLine(placeColumns(auditColumns, 110), { row: { ...recordOf(text), seq: 77_777 } }, { now: sceneAt }),
      '7',
    ],
  };
  for (const [sink, made] of Object.entries(beside)) {
    const wanted = columnOf(...made('plain'));
    expect(wanted, sink).toBeGreaterThan(20);
    for (const { name, text } of hostile) {
      // Terminals do not agree whether a spacing mark takes a cell; a text may hold the very mark that is looked for.
      if (/\p{Mc}/u.test(text)) continue;
      const column = columnOf(...made(text.replaceAll(/[w×7]/g, 'x')));
      if (column !== wanted) wrong.push(`${sink}, ${name}: ${column}, not ${wanted}`);
    }
  }
  expect(wrong).toEqual([]);
});

/** Whole frames by Ink, which lays out and clips by its own rules. */
function frame(model: Model): string {
  return renderToString(<DashboardScreen model={model} />, { columns: model.size.cols });
}

test('[X6] whole frames: lists, sign-in card, modal, codes, messages; each of its size and with our colours only', () => {
  const wrong: string[] = [];
  const judge = (what: string, model: Model) => {
    const shown = frame(model);
    const found = [...objections(shown.replaceAll('\n', ''), [colour])];
    const plain = shown.replaceAll(/\u001B\[[\d;]*m/g, '').split('\n');
    if (plain.length > model.size.rows) found.push(`${plain.length} rows`);
    for (const line of plain)
      if (lineCells([{ text: line }]) > model.size.cols) found.push(`${lineCells([{ text: line }])} cells`);
    if (found.length > 0) wrong.push(`${what}: ${found.join(' ')}`);
  };
  const signedIn = after(opened('gate'));
  const inLists = { ...signedIn, stage: { stage: 'workspace' } as const, size: { cols: 130, rows: 40 } };
  for (let from = 0; from < hostile.length; from += 30) {
    const some = hostile.slice(from, from + 30);
    const ids = (at: number) => `srv_${String(at).padStart(26, '0')}` as never;
    judge(
      `servers from ${from}`,
      update(inLists, {
        action: 'push',
        now: sceneAt,
        push: {
          type: 'servers.changed',
          whole: true,
          gone: [],
          rows: some.map(({ text }, at) => ({ ...serverOf(text), id: ids(at) })),
        },
      }).model,
    );
    judge(
      `sessions from ${from}`,
      update(
        { ...inLists, route: 'sessions' },
        {
          action: 'push',
          now: sceneAt,
          push: {
            type: 'sessions.changed',
            whole: true,
            gone: [],
            rows: some.map(({ text }, at) => ({ ...sessionOf(text), id: ids(at) })),
          },
        },
      ).model,
    );
    judge(
      `audit from ${from}`,
      update(
        { ...inLists, route: 'audit' },
        {
          action: 'audit-page',
          query: '',
          older: false,
          page: { head: 100, events: some.map(({ text }, at) => ({ ...recordOf(text), seq: at + 1 })) },
        },
      ).model,
    );
  }
  for (const { name, text } of hostile) {
    const code = { userCode: text, address: text, expiresAt: sceneAt + 60_000, peer: text, machine: text };
    judge(`sign-in, ${name}`, {
      ...signedIn,
      gatewayName: text,
      stage: { stage: 'sign-in', signIn: { signIn: 'code', code, progress: 'waiting', startedAt: sceneAt } },
    } as Model);
  }
  for (const { name, text } of hostile.filter((_, at) => at % 8 === 0)) {
    judge(`codes, ${name}`, { ...signedIn, stage: { stage: 'codes', codes: [text, text, 'c'], afterwards: undefined } } as Model);
    judge(`messages, ${name}`, {
      ...inLists,
      messages: [{ id: 1, at: sceneAt, tone: 'bad', text }],
      overlay: { overlay: 'messages', top: 0 },
    } as Model);
  }
  expect(wrong).toEqual([]);
});

test('[X10] harmless text of any script stands in every list and pane as it was given', () => {
  for (const text of harmless) {
    const plain = (lines: readonly Line[]) => lines.map((line) => line.map((piece) => piece.text).join('')).join('\n');
    expect(plain(serverPane(serverOf(text), [], sceneAt, 200))).toContain(text);
    expect(plain(sessionPane(sessionOf(text), sessionView, 200))).toContain(text);
    expect(plain(auditPane(recordOf(text), 200))).toContain(text);
    expect(plain(signInView(base, { signIn: 'failed', problem: problemOf(text) }, 72, 20).lines).replaceAll('\n', ' ')).toContain(
      text,
    );
    expect(
      plain([promptLine({ ...base, messages: [{ id: 1, at: sceneAt, tone: 'bad', text }], toast: 1 }, undefined, 100)]),
    ).toContain(text);
  }
});
