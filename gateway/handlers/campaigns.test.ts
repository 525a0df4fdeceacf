import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { answerItem, resultDigest, resultStatement } from '../access/campaigns.ts';
import type { Log } from '../audit/commit.ts';
import type { EventType } from '../protocol/events.ts';
import { type CampaignId, type CampaignItemId, idRandomBytes, mintId } from '../protocol/ids.ts';
import { fit } from '../protocol/json.ts';
import { requests } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import type { Call } from './call.ts';
import { callersOf } from './caller.ts';
import { openCampaignDeadlines } from './campaign-deadlines.ts';
import { answerCampaign, listCampaign, startCampaign } from './campaigns.ts';

const why = 'because';
const dayMs = 86_400_000;
const byGateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signer = {
  publicKey: String(publicKey.export({ format: 'jwk' }).x),
  sign: (statement: string) => sign(null, Buffer.from(statement), privateKey).toString('base64url'),
};

const settledOf = (log: Log, type: EventType): Promise<void> =>
  new Promise((resolve) => {
    log.onSettled((group) => {
      if (group.some(({ event }) => event.type === type)) resolve();
    });
  });

async function office() {
  const workspace = await openWorkspace('campaigns');
  const { log, parts, commit, prove, group, clock, server } = workspace;
  for (const [name, role] of [
    ['ana', 'superuser'],
    ['eva', 'superuser'],
    ['omar', 'staff'],
    ['uma', 'user'],
  ] as const)
    await workspace.person(name, role);
  const web = await server('web-1');
  const access = [{ servers: { name: 'web-*' }, level: 'terminal' as const, users: [] }];
  const webs = await group('web', ['uma', 'omar'], access);
  await group('ops', ['ana'], [{ servers: {}, level: 'full', users: [] }]);
  const grant = mintId('gra', parts.chance.bytes(idRandomBytes));
  const id = (name: string) => workspace.caller(name).person.id;
  await commit({
    ...byGateway,
    type: 'grant.made',
    data: {
      grant,
      person: id('uma'),
      terms: { servers: { name: 'db-*' }, level: 'full', minutes: 600 },
      until: clock.now() + 600 * 60_000,
      by: [id('omar')],
      why,
    },
  });
  const call = (name: string): Call => {
    const made = workspace.call(name);
    return { ...made, parts: { ...made.parts, signer } };
  };
  const start = async (more: { readonly group?: string; readonly days?: number } = {}) => {
    await prove('ana', 'review.manage');
    const started = await startCampaign(call('ana'), { name: 'spring', days: 14, why, ...more });
    if (!started.ok) throw new Error(JSON.stringify(started.problem));
    expect(fit(requests['campaign.start'].gives, started.value)).toMatchObject({ ok: true });
    return started.value.campaign;
  };
  const answer = async (name: string, campaign: CampaignId, item: CampaignItemId, kept: 'keep' | 'revoke') => {
    await prove(name, 'review.manage');
    return answerCampaign(call(name), { campaign, item, answer: kept, why: `${name} says so` });
  };
  const row = (campaign: CampaignId) => {
    const found = log.settled.campaigns[campaign];
    if (found === undefined) throw new Error('no such review');
    return found;
  };
  /** Whether the gateway signed the result as the state has it. */
  const signed = (campaign: CampaignId): boolean =>
    verify(
      null,
      Buffer.from(resultStatement(campaign, resultDigest(row(campaign)))),
      createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: signer.publicKey }, format: 'jwk' }),
      Buffer.from(row(campaign).signature ?? '', 'base64url'),
    );
  return { ...workspace, web, webs, grant, id, call, start, answer, row, signed };
}

test('[S81] a review asks about every membership and grant, says what each gives and when it was used last', async () => {
  const { call, start, session, web, clock, id } = await office();
  await session(web, 'uma');
  expect(code(await startCampaign(call('omar'), { name: 'spring', days: 14, why }))).toBe('denied');
  expect(code(await startCampaign(call('ana'), { name: 'spring', days: 14, why }))).toBe('step-up');
  const campaign = await start();
  expect(
    campaign.items.map(({ personName, kind, what, lastUsedAt, mayAnswer }) => [personName, kind, what, lastUsedAt, mayAnswer]),
  ).toEqual([
    ['ana', 'member', 'group ops: full on every server', undefined, false],
    ['uma', 'member', 'group web: terminal on web-*', clock.now(), true],
    ['omar', 'member', 'group web: terminal on web-*', undefined, true],
    ['uma', 'grant', expect.stringContaining('full on db-*'), undefined, true],
  ]);
  expect(campaign.deadline).toBe(clock.now() + 14 * dayMs);
  expect(code(await startCampaign(call('ana'), { name: 'spring', days: 14, why }))).toBe('exists');
  const listed = await listCampaign(call('omar'), {});
  expect(listed).toMatchObject({ ok: true, value: { campaigns: [{ name: 'spring', state: 'open' }] } });
  expect(listed.ok && listed.value.campaigns[0]?.items.some(({ mayAnswer }) => mayAnswer)).toBe(false);
  expect(code(await listCampaign(call('uma'), {}))).toBe('denied');
  const only = await startCampaign(call('ana'), { name: 'web only', days: 1, group: 'web', why });
  expect(only.ok && only.value.campaign.items.map(({ person }) => person).toSorted()).toEqual([id('uma'), id('omar')].toSorted());
});

test('[S81] revoking takes the right away in the same change; of two who answer one item at once, one wins', async () => {
  const { log, start, answer, webs, grant, id } = await office();
  const { id: campaign, items } = await start();
  const item = (person: string, kind: string) => {
    const found = items.find((one) => one.personName === person && one.kind === kind);
    if (found === undefined) throw new Error('no such item');
    return found.id;
  };
  const both = await Promise.all([
    answer('ana', campaign, item('uma', 'member'), 'keep'),
    answer('eva', campaign, item('uma', 'member'), 'revoke'),
  ]);
  expect(both.map(code).toSorted()).toEqual(['bad-request', 'ok']);
  const kept = both[0]?.ok === true;
  expect(log.settled.groups[webs]?.members.includes(id('uma'))).toBe(kept);
  expect(code(await answer('eva', campaign, item('omar', 'member'), 'revoke'))).toBe('ok');
  expect(log.settled.groups[webs]?.members).not.toContain(id('omar'));
  expect(log.events.at(-1)).toMatchObject({ type: 'campaign.answered', data: { answer: 'revoke', by: id('eva') } });
  expect(code(await answer('eva', campaign, item('uma', 'grant'), 'revoke'))).toBe('ok');
  expect(log.settled.grants[grant]?.ended).toMatchObject({ cause: 'review', by: id('eva'), why: 'eva says so' });
});

test('[S81, S50] nobody answers about themselves, and who may not answer learns nothing', async () => {
  const { start, answer, call } = await office();
  const { id: campaign, items } = await start();
  const own = items.find(({ personName }) => personName === 'ana')?.id ?? items[0]?.id;
  const other = items.find(({ personName }) => personName === 'uma')?.id;
  if (own === undefined || other === undefined) throw new Error('no items');
  expect(code(await answer('ana', campaign, own, 'keep'))).toBe('denied');
  expect(code(await answer('omar', campaign, other, 'keep'))).toBe('denied');
  expect(code(await answerCampaign(call('uma'), { campaign, item: other, answer: 'keep', why }))).toBe('not-found');
  expect(code(await answer('eva', campaign, own, 'keep'))).toBe('ok');
});

test('[S81] the last answer closes the review, with a result that the gateway signed', async () => {
  const { start, answer, row, signed, log } = await office();
  const { id: campaign, items } = await start();
  for (const { id, personName } of items)
    expect(code(await answer(personName === 'ana' ? 'eva' : 'ana', campaign, id, 'keep'))).toBe('ok');
  expect(row(campaign).closedAt).toBeDefined();
  expect(signed(campaign)).toBe(true);
  expect(log.events.at(-1)).toMatchObject({
    type: 'campaign.closed',
    data: { kept: items.length, revoked: 0, unanswered: 0, digest: resultDigest(row(campaign)) },
  });
});

test('[S81] at the deadline what has no answer is revoked, also by a gateway that was not there when it passed', async () => {
  const { start, answer, row, signed, log, parts, clock, webs, grant, id, commit } = await office();
  const { id: campaign, items } = await start({ days: 2 });
  const stop = openCampaignDeadlines({ ...parts, signer });
  const uma = items.find(({ personName, kind }) => personName === 'uma' && kind === 'member');
  if (uma === undefined) throw new Error('no such item');
  expect(code(await answer('ana', campaign, uma.id, 'keep'))).toBe('ok');
  stop();
  // One right goes away by itself meanwhile.
  await commit({ ...byGateway, type: 'person.removed', data: { person: id('omar'), why } });
  clock.pass(3 * dayMs);
  expect(row(campaign).closedAt).toBeUndefined();
  const closed = settledOf(log, 'campaign.closed');
  const stopAgain = openCampaignDeadlines({ ...parts, signer });
  clock.pass(1);
  await closed;
  stopAgain();
  expect(log.settled.groups[webs]?.members).toEqual([id('uma')]);
  expect(log.settled.grants[grant]?.ended).toMatchObject({ cause: 'review' });
  expect(log.events.at(-1)).toMatchObject({ type: 'campaign.closed', data: { kept: 1, revoked: 3, unanswered: 2 } });
  expect(signed(campaign)).toBe(true);
  expect(row(campaign).items.map(({ why: said }) => said)).toContain('it was gone already');
});

test('[S35, S81] the last superuser loses nothing by a review: neither by an answer nor for want of one', async () => {
  const { start, log, parts, clock, id, commit } = await office();
  const { id: campaign, items } = await start({ days: 1, group: 'ops' });
  const [item] = items;
  if (item === undefined) throw new Error('no item');
  await commit({ ...byGateway, type: 'person.role-set', data: { person: id('eva'), before: 'superuser', after: 'staff', why } });
  // An added policy may let others answer than superusers.
  const given = { campaign, item: item.id, answer: 'revoke', person: id('eva'), why } as const;
  const said = answerItem({ actor: { kind: 'gateway' } }, given, signer.sign)(log.settled, clock.now());
  expect(said).toMatchObject({ events: [], answer: { problem: { code: 'last-superuser', detail: 'ana' } } });

  clock.pass(dayMs);
  const closed = settledOf(log, 'campaign.closed');
  const stop = openCampaignDeadlines({ ...parts, signer });
  clock.pass(1);
  await closed;
  stop();
  expect(log.events.at(-1)).toMatchObject({ data: { kept: 1, revoked: 0, unanswered: 0 } });
  expect(Object.values(log.settled.groups).find(({ name }) => name === 'ops')?.members).toEqual([id('ana')]);
});

test('[S81] superusers who are there hear of a review when it begins, and a day before it ends', async () => {
  const { start, parts, clock, caller, call } = await office();
  const told: string[] = [];
  for (const name of ['eva', 'uma']) {
    const connection: Connection = {
      ...call(name).connection,
      push: (push) => {
        if (push.type === 'access.called') told.push(`${name} ${push.what}: ${push.text}`);
      },
    };
    callersOf(parts).bring(connection, caller(name).login.id);
  }
  const stop = openCampaignDeadlines({ ...parts, signer });
  await start({ days: 3 });
  expect(told).toEqual(['eva review: The access review spring asks about 4 rights.']);
  for (let day = 0; day < 2; day += 1) {
    clock.pass(dayMs);
    // It looks once a day, and goes on once the log has answered.
    await turn();
  }
  expect(told.slice(1)).toEqual(['eva review: The access review spring ends in a day; what nobody answers is revoked.']);
  stop();
});
