// Every query that a document shows is run against a lived-in log, and finds what the document says it finds.
import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { search } from '../handlers/audit-search.ts';
import type { Actor } from '../protocol/events.ts';
import { mintId } from '../protocol/ids.ts';
import type { AuditRow } from '../protocol/nouns.ts';
import { parseQuery } from './query.ts';
import { fieldAliases, fieldNames } from './query-fields.ts';
import { aroundOf, spanOf } from './query-time.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const hour = 3_600_000;
const digest = 'd'.repeat(64);

/** Four days of a workspace, Monday 24 November 2025, 16:00, to Thursday. */
async function fourDays() {
  const workspace = await openWorkspace('queries');
  const { clock, commit, log } = workspace;
  for (const [name, role] of [
    ['ana', 'superuser'],
    ['omar', 'staff'],
    ['uma', 'user'],
    ['rob', 'user'],
  ] as const)
    await workspace.person(name, role);
  const chance = seededChance('queries');
  const servers = {
    web: await workspace.server('web-1'),
    db: await workspace.server('db-1'),
    other: await workspace.server('db-2'),
  };
  const group = await workspace.group('web', ['uma'], []);
  const by = (name: string, address = '192.0.2.7') => {
    const { person, login, device } = workspace.caller(name);
    return { actor: { kind: 'person', id: person.id, login: login.id, device: device.id } as Actor, personal: { address } };
  };
  const denied = (name: string, server: keyof typeof servers, address?: string) =>
    commit({
      ...by(name, address),
      type: 'access.denied',
      outcome: 'denied',
      target: servers[server].id,
      data: { action: 'shell.open', target: servers[server].id, policies: ['on-call-only'], missing: ['on call'] },
    });
  const shell = async (name: string, server: keyof typeof servers): Promise<void> => {
    const [session, recording] = [mintId('ses', chance.bytes(26)), mintId('rec', chance.bytes(26))];
    const { person, login } = workspace.caller(name);
    const started = {
      session,
      recording,
      server: servers[server].id,
      person: person.id,
      login: login.id,
      level: 'terminal',
      tier: 'normal',
    } as const;
    const size = { cols: 80, rows: 24 };
    await commit({
      ...by(name),
      type: 'session.started',
      outcome: 'ok',
      session,
      data: { ...started, size, policies: [], policyDigest: digest },
    });
    const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {}, session } as const;
    await commit({ ...quiet, type: 'recording.started', data: { recording, session, keyDigest: digest } });
    await commit({
      ...quiet,
      type: 'session.ended',
      data: { session, reason: 'exited', code: 0, bytes: 10, lostBytes: 0, survivors: 0 },
    });
  };
  await shell('uma', 'web');
  clock.pass(23 * hour + 5 * 60_000); // Tuesday 15:05
  await shell('uma', 'db');
  await denied('rob', 'db', '198.51.100.9');
  clock.pass(21 * hour); // Wednesday 12:05
  await shell('omar', 'other');
  await denied('uma', 'other', '10.1.2.3');
  await commit({
    ...by('ana'),
    personal: {},
    type: 'lock.added',
    outcome: 'ok',
    data: {
      lock: mintId('lck', chance.bytes(26)),
      kind: 'person',
      target: workspace.caller('rob').person.id,
      why: 'out of hours',
      by: workspace.caller('ana').person.id,
    },
    target: workspace.caller('rob').person.id,
  });
  await commit({
    actor: { kind: 'stranger' },
    outcome: 'denied',
    type: 'stranger.refused',
    data: { cause: 'token', count: 3 },
    personal: { address: '203.0.113.5' },
  });
  clock.pass(22 * hour); // Thursday 10:05
  await shell('uma', 'other');
  await commit({
    ...by('ana'),
    personal: {},
    type: 'group.removed',
    outcome: 'ok',
    data: { group, name: 'web', why: 'nobody is left' },
  });
  clock.pass(25 * 60_000); // Thursday 10:30
  const rows = (
    await search(
      { log, clock },
      parsed('', clock.now()),
      { from: 0, to: log.settled.seq },
      { newestFirst: false, limit: 10_000, turnMs: 60_000 },
    )
  ).rows;
  return { workspace, rows, now: clock.now() };
}

function parsed(query: string, now: number) {
  const made = parseQuery(query, now);
  if (!made.ok) throw new Error(`${query}: ${made.problem.detail}`);
  return made.value;
}

const at = (text: string): number => Date.parse(`2025-11-${text}Z`);
const between = (from: string, to: string) => (row: AuditRow) => row.at >= at(from) && row.at <= at(to);
const by =
  (...names: readonly string[]) =>
  (row: AuditRow) =>
    names.includes(row.actor.name);
const on =
  (...names: readonly string[]) =>
  (row: AuditRow) =>
    row.target !== undefined && names.includes(row.target.name);
const of = (type: RegExp) => (row: AuditRow) => type.test(row.type);
const both =
  (...all: readonly ((row: AuditRow) => boolean)[]) =>
  (row: AuditRow) =>
    all.every((one) => one(row));
const text = (words: string) => (row: AuditRow) => JSON.stringify(row).includes(words);

/** What each query of the page finds, said another way. Thursday, 10:30 is now. */
const finds: Readonly<Record<string, (row: AuditRow) => boolean>> = {
  'actor:uma server:db-* type:session.* since:2d': both(
    by('uma'),
    on('db-1', 'db-2'),
    of(/^session/),
    between('25T10:30', '27T10:30'),
  ),
  'outcome:denied address:10.0.0.0/8 "shell.open"': both(by('uma'), of(/denied/)),
  'actor:uma': by('uma'),
  'actor:uma,omar': by('uma', 'omar'),
  'actor:stranger': of(/^stranger/),
  'person:rob': (row) =>
    by('rob')(row) || on('rob')(row) || (typeof row.data['person'] === 'string' && row.summary.includes('rob')),
  'server:db-*': on('db-1', 'db-2'),
  'target:rob': on('rob'),
  'group:web': both(of(/^group/), on('web')),
  'session:ses_*': (row) => row.session !== undefined || typeof row.data['session'] === 'string',
  'type:session.*': of(/^session\./),
  'type:session.started,session.ended': of(/^session\.(started|ended)$/),
  'action:shell.open': both(of(/^access\.denied$/)),
  'code:D7000W': of(/^access\.denied$/),
  'outcome:denied': (row) => row.outcome === 'denied',
  'severity:>=warning': (row) => row.severity !== 'info',
  'address:192.0.2.*': (row) => row.address?.startsWith('192.0.2.') === true,
  'address:198.51.100.0/24': (row) => row.address === '198.51.100.9',
  'since:2h': between('27T08:30', '27T10:30'),
  'since:today': between('27T00:00', '27T10:30'),
  'since:tue until:wed': between('25T00:00', '26T23:59:59.999'),
  'since:09:00': between('27T09:00', '27T10:30'),
  'since:2025-11-25 until:2025-11-25': between('25T00:00', '25T23:59:59.999'),
  'since:2025-11-25T14:30 until:2025-11-25T17:00+01:00': between('25T14:30', '25T16:00'),
  'at:"tue 15:00±30m"': between('25T14:30', '25T15:30'),
  'at:yesterday': between('26T00:00', '26T23:59:59.999'),
  'at:12:00..13:00': between('26T12:00', '26T13:00'),
  'seq:3': (row) => row.seq === 3,
  'seq:3..9': (row) => row.seq >= 3 && row.seq <= 9,
  'text:"out of hours"': text('out of hours'),
  '-actor:gateway': (row) => row.actor.kind !== 'gateway',
  '(actor:uma OR actor:omar) -type:login.*': both(by('uma', 'omar'), (row) => !row.type.startsWith('login.')),
  'actor:rob outcome:denied since:7d': both(by('rob'), of(/denied/)),
  'server:db-1 type:session.started at:"tue 15:00±30m"': both(on('db-1'), of(/^session\.started$/)),
  'severity:>=warning -outcome:denied since:3d': both(
    (row) => row.severity !== 'info' && row.outcome !== 'denied',
    between('24T10:30', '27T10:30'),
  ),
  'type:lock.* OR type:*.removed': of(/^lock\.|\.removed$/),
  '"on call"': text('on call'),
};
/** Queries that a page shows: those in its blocks of queries, and those that begin a row of a table under "Finds". */
function queriesOf(page: string): readonly string[] {
  const blocks = [...page.matchAll(/^```query\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
  const tables = [...page.matchAll(/^\| Query \| Finds \|\n\| --- \| --- \|\n((?:\|.*\n)+)/gm)].flatMap(([, body = '']) =>
    [...body.matchAll(/^\| `(.+?)` \|/gm)].map(([, query = '']) => query),
  );
  return [...blocks, ...tables];
}

test('§4d: each query of the reference finds what it says, and the reference has every field and every other name of one', async () => {
  const page = await read('gateway/audit/QUERIES.md');
  const queries = queriesOf(page);
  expect(queries.toSorted()).toEqual(Object.keys(finds).toSorted());
  const { rows, now } = await fourDays();
  for (const query of queries) {
    const fits = parsed(query, now);
    const found = rows.filter((row) => fits(row)).map(({ seq, type }) => `${seq} ${type}`);
    const meant = rows.filter((row) => finds[query]?.(row)).map(({ seq, type }) => `${seq} ${type}`);
    expect({ query, found }).toEqual({ query, found: meant });
    expect({ query, some: found.length > 0 && found.length < rows.length }).toEqual({ query, some: true });
  }
  for (const field of fieldNames)
    expect(queries.some((query) => new RegExp(`(^|[ (-])${field}:`).test(query)) ? field : `${field} is not on the page`).toBe(
      field,
    );
  const others = page.slice(page.indexOf('Other names'), page.indexOf('## Together'));
  for (const [alias, field] of fieldAliases)
    expect([alias, others.includes(`\`${alias}\``), others.includes(field)]).toEqual([alias, true, true]);
});

test('§4d: each query that another page shows is one, and finds something', async () => {
  const { rows, now } = await fourDays();
  const shown: string[] = [];
  for (const path of ['README.md', 'gateway/AUDITOR.md']) {
    const page = await read(path).catch(() => '');
    shown.push(...queriesOf(page));
    for (const [, quote, query] of page.matchAll(/^sallyport audit (?:tail|search|export)\b.*?--query (["'])(.*?)\1/gm))
      if (quote !== undefined && query !== undefined) shown.push(query);
    for (const [, query] of page.matchAll(/filters it: `([^`]+)`/g)) if (query !== undefined) shown.push(query);
  }
  expect(shown.length).toBeGreaterThan(1);
  for (const query of shown) {
    const fits = parsed(query, now);
    expect({ query, finds: rows.some((row) => fits(row)) }).toEqual({ query, finds: true });
  }
});

test('what cannot be meant is refused, and the refusal says what would be right', () => {
  const refused = (query: string): string => {
    const made = parseQuery(query, Date.now());
    return made.ok ? 'taken' : `${made.problem.code} ${made.problem.detail}`;
  };
  expect(refused('acter:uma')).toMatch(/^bad-request acter:uma: there is no field acter; did you mean actor:\?/);
  expect(refused('outcom:denied')).toContain('did you mean outcome:?');
  expect(refused('serv:db-1')).toContain('did you mean server:?');
  expect(refused('zzzzz:1')).toContain('fields are actor, server');
  expect(refused('outcome:maybe')).toContain('one of ok, denied, failed');
  expect(refused('since:soon')).toContain('a span like 30m');
  expect(refused('since:25:00')).toContain('a span like 30m');
  expect(refused('at:"tue 15:00±soon"')).toContain('±30m');
  expect(refused('address:10.0.0.1/8')).toContain('10.0.0.0/8');
  for (const query of [
    '(actor:uma',
    'actor:uma OR',
    'OR actor:uma',
    '( )',
    'NOT',
    'a OR OR b',
    '(((((((((a)))))))))',
    'actor:',
    'actor:,',
    Array(33).fill('a').join(' '),
  ])
    expect([query, refused(query)]).not.toEqual([query, 'taken']);
  for (const query of [
    '',
    'a)',
    'foo()',
    '"(a"',
    '"actor:uma"',
    '-',
    '"',
    'a,b',
    'https://x',
    'OR-ganised',
    'http',
    'x "y',
    'not or and',
  ]) {
    const said = refused(query);
    expect([
      query,
      query.startsWith('https:') ? said.startsWith('bad-request https://x: there is no field') : said === 'taken',
    ]).toEqual([query, true]);
  }
});

test('parentheses, OR and NOT mean what they mean in logic', () => {
  const rows = Array.from(
    { length: 8 },
    (_, seq) =>
      ({
        seq,
        summary: ['a', 'b', 'c'].filter((_, i) => (seq >> i) % 2 === 1).join(' '),
        type: '',
        code: '',
        actor: { kind: 'gateway', name: '' },
        data: {},
      }) as unknown as AuditRow,
  );
  type Tree = string | readonly ['all' | 'any', ...Tree[]] | readonly ['not', Tree];
  const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; node: Tree }>((tie) => ({
    tree: fc.oneof({ depthSize: 'small', maxDepth: 3 }, tie('leaf'), tie('node')),
    leaf: fc.constantFrom('a', 'b', 'c'),
    node: fc.oneof(
      fc.tuple(fc.constantFrom('all' as const, 'any' as const), tie('tree'), tie('tree')),
      fc.tuple(fc.constant('not' as const), tie('tree')),
    ) as fc.Arbitrary<Tree>,
  }));
  const written = (one: Tree): string =>
    typeof one === 'string'
      ? one
      : one[0] === 'not'
        ? `${one[1].length % 2 ? '-' : 'NOT '}(${written(one[1])})`
        : `(${one
            .slice(1)
            .map((part) => written(part as Tree))
            .join(one[0] === 'all' ? ' ' : ' OR ')})`;
  const true_ = (one: Tree, seq: number): boolean =>
    typeof one === 'string'
      ? (seq >> 'abc'.indexOf(one)) % 2 === 1
      : one[0] === 'not'
        ? !true_(one[1], seq)
        : one[0] === 'all'
          ? one.slice(1).every((part) => true_(part as Tree, seq))
          : one.slice(1).some((part) => true_(part as Tree, seq));
  fc.assert(
    fc.property(tree, (one) => {
      const query = written(one);
      const fits = parsed(query, 0);
      expect([query, rows.filter((row) => fits(row)).map(({ seq }) => seq)]).toEqual([
        query,
        rows.map(({ seq }) => seq).filter((seq) => true_(one, seq)),
      ]);
    }),
    { numRuns: 200 },
  );
});

test('S71: a clock time is the last there was, a weekday the last one, a day is whole', () => {
  // A Thursday.
  const now = at('27T10:30:00');
  const says = (moment: string) => {
    const span = spanOf(moment, now);
    return span === undefined ? undefined : [span.from, span.to].map((one) => new Date(one).toISOString().slice(5, 19));
  };
  expect(says('thu')).toEqual(['11-27T00:00:00', '11-27T23:59:59']);
  expect(says('friday')).toEqual(['11-21T00:00:00', '11-21T23:59:59']);
  expect(says('10:30')).toEqual(['11-27T10:30:00', '11-27T10:30:00']);
  expect(says('10:31')).toEqual(['11-26T10:31:00', '11-26T10:31:00']);
  expect(says('thu 10:31')).toEqual(['11-20T10:31:00', '11-20T10:31:00']);
  expect(says('Tue at 15:00')).toEqual(['11-25T15:00:00', '11-25T15:00:00']);
  expect(says('yesterday 23:59')).toEqual(['11-26T23:59:00', '11-26T23:59:00']);
  expect(says('2025-11-20 08:00+02:00')).toEqual(['11-20T06:00:00', '11-20T06:00:00']);
  expect(says('1h30m ago')).toEqual(['11-27T09:00:00', '11-27T09:00:00']);
  for (const nothing of ['soon', '24:00', '2025-02-30', '2025-11-20T', 'm', '', '15', 'tue±', '9:5'])
    expect([nothing, says(nothing)]).toEqual([nothing, undefined]);
  expect(aroundOf('22:00..02:00', now)).toEqual({ from: at('26T22:00'), to: at('27T02:00') });
  expect(aroundOf('thu+-1d', now)).toEqual({ from: at('26T00:00'), to: at('28T23:59:59.999') });
});

test('a query of any text is answered or refused, never a crash, and in no time', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 512 }),
        fc
          .array(fc.constantFrom('(', ')', '-', 'OR', 'NOT', '"', 'a', 'actor:', 'at:', '±', '*', ',', ' ', '1h', '..', ':'))
          .map((parts) => parts.join('').slice(0, 512)),
      ),
      (query) => {
        const made = parseQuery(query, 0);
        if (!made.ok) expect(made.problem).toMatchObject({ code: 'bad-request' });
      },
    ),
    { numRuns: 500 },
  );
});
