import { expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { fit } from '../protocol/json.ts';
import { requests } from '../protocol/operator.ts';
import { unusedReview } from './review-unused.ts';

const dayMs = 86_400_000;
const byGateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

async function office() {
  const workspace = await openWorkspace('unused');
  const { person, group, server, call, log, parts, clock, commit, caller } = workspace;
  for (const [name, role] of [
    ['ana', 'superuser'],
    ['uma', 'user'],
    ['rob', 'user'],
    ['lea', 'user'],
  ] as const)
    await person(name, role);
  const web = await server('web-1');
  const db = await server('db-1');
  const webs = await group(
    'webs',
    ['uma', 'rob'],
    [
      { servers: { name: 'web-*' }, level: 'terminal', users: [] },
      { servers: { name: 'gone-*' }, level: 'full', users: [] },
    ],
  );
  await group('lookers', ['lea'], [{ servers: {}, level: 'read-only', users: [] }]);
  const grant = mintId('gra', parts.chance.bytes(idRandomBytes));
  const id = (name: string) => caller(name).person.id;
  const terms = { servers: { name: 'db-*' }, level: 'full', minutes: 100_000 } as const;
  await commit({
    ...byGateway,
    type: 'grant.made',
    data: { grant, person: id('lea'), terms, until: clock.now() + 100_000 * 60_000, by: [id('ana')], why: '' },
  });
  const unused = async (days: number) => {
    const told = await unusedReview(call('ana'), { days });
    if (!told.ok) throw new Error(told.problem.code);
    expect(fit(requests['review.unused'].gives, told.value)).toMatchObject({ ok: true });
    return told.value.rights.map(({ kind, person: who, group: name, what }) => [
      kind,
      who ?? name,
      what.replace(/gra_\w+/, 'gra'),
    ]);
  };
  return { ...workspace, web, db, webs, grant, id, unused, log };
}

test('[S80] a right is unused when it is older than the days asked for and opened no shell in them', async () => {
  const { session, web, clock, unused, commit, webs, id } = await office();
  // What was given lately had no time to be used.
  expect(await unused(30)).toEqual([]);
  clock.pass(31 * dayMs);
  await session(web, 'uma');
  expect(await unused(30)).toEqual([
    ['member', 'rob', 'group webs: terminal on web-*, full on gone-*'],
    ['rule', 'webs', 'full on gone-* (no server is chosen)'],
    ['grant', 'lea', expect.stringMatching(/^gra, grant: full on db-\* until /)],
  ]);
  // Somebody new in the group, and nobody else, is left out.
  await commit({
    ...byGateway,
    type: 'group.members-set',
    data: { group: webs, before: [id('uma'), id('rob')], after: [id('uma'), id('rob'), id('lea')] },
  });
  expect((await unused(30)).map(([, who]) => who)).toEqual(['rob', 'webs', 'lea']);
});

test('[S80] who has the keyboard of the session of another uses their own right; a right of another level is not what opened it', async () => {
  const { session, web, clock, unused, commit, parts, id, caller } = await office();
  clock.pass(31 * dayMs);
  const { session: live } = await session(web, 'uma', 'full');
  const participant = mintId('par', parts.chance.bytes(idRandomBytes));
  const login = caller('rob').login.id;
  expect((await unused(30)).map(([, who]) => who)).toContain('uma');
  const { session: other } = await session(web, 'uma', 'terminal');
  const joined = { participant, ordinal: 1, person: id('rob'), login, policies: [] };
  const personal = { address: '192.0.2.7' };
  await commit({ ...byGateway, type: 'session.joined', data: { ...joined, session: live.id, role: 'peer' }, personal });
  await commit({ ...byGateway, type: 'session.joined', data: { ...joined, session: other.id, role: 'observer' }, personal });
  expect((await unused(30)).map(([, who]) => who)).toEqual(['rob', 'webs', 'lea']);
  await commit({ ...byGateway, type: 'session.joined', data: { ...joined, session: other.id, role: 'peer' }, personal });
  expect((await unused(30)).map(([, who]) => who)).toEqual(['webs', 'lea']);
});
