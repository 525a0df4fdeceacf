// What a hold keeps, when what it names is not there any more.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { bootId, holdId } from '../protocol/ids.ts';
import type { Settled } from './commit.ts';
import { holdingOf } from './holds.ts';

const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

test('TRUST §5: a hold on a server or a group keeps what is told of it when somebody removes it', async () => {
  const { log, commit, person, server, group } = await openWorkspace();
  const zoe = await person('zoe', 'superuser');
  const db = await server('db-1');
  const team = await group('team', [], []);
  const settled: Settled[] = [];
  log.onSettled((some) => settled.push(...some));
  await commit({
    ...gateway,
    type: 'server.disconnected',
    data: { server: db.id, boot: v.parse(bootId, `boo_${'a'.repeat(26)}`), cause: 'gone' },
  });
  await commit({ ...gateway, type: 'group.members-set', data: { group: team, before: [], after: [] } });
  const [ofServer, ofGroup] = settled;
  if (ofServer === undefined || ofGroup === undefined) throw new Error('nothing happened');
  for (const [hold, query] of [
    [`hld_${'a'.repeat(26)}`, 'server:db-*'],
    [`hld_${'b'.repeat(26)}`, 'group:team'],
  ] as const)
    await commit({
      ...gateway,
      type: 'hold.placed',
      data: { hold: v.parse(holdId, hold), name: query, query, by: zoe, why: 'a court asked' },
    });
  const held = () => [ofServer, ofGroup].map((one) => holdingOf(log.settled)(one));
  expect(held()).toEqual(['server:db-*', 'group:team']);
  await commit({ ...gateway, type: 'server.removed', data: { server: db.id, why: 'over' } });
  await commit({ ...gateway, type: 'group.removed', data: { group: team, why: 'over' } });
  expect(held()).toEqual(['server:db-*', 'group:team']);
  // What they were called is remembered no longer than something is held.
  expect(Object.values(log.settled.gone ?? {})).toEqual(['db-1', 'team']);
  for (const hold of Object.keys(log.settled.holds))
    await commit({ ...gateway, type: 'hold.released', data: { hold: v.parse(holdId, hold), by: zoe, why: 'over' } });
  expect(log.settled.gone).toBeUndefined();
});
