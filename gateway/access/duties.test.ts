import { expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { bothDuties } from './duties.ts';

test('[S50] who can both ask for and approve the same tier is found, and whether one approval is enough there', async () => {
  const { person, server, log, enforcer, caller } = await openWorkspace('duties');
  for (const [name, role] of [
    ['uma', 'user'],
    ['omar', 'staff'],
    ['ana', 'superuser'],
  ] as const)
    await person(name, role);
  await server('web-1');
  await server('db-1', { tier: 'critical' });
  const servers = Object.values(log.settled.servers);
  const found = bothDuties(Object.values(log.settled.people), servers, ({ name }, action, on, request) => {
    const target =
      action === 'request.review'
        ? ({ kind: 'request', request, servers: [on], digest: '' } as const)
        : ({ kind: 'server', server: on } as const);
    const { verdict } = enforcer.decide(caller(name), action, target);
    return verdict === 'allow' || verdict === 'challenge';
  });
  expect(found.map((one) => [one.person.name, one.tier, one.alone])).toEqual([
    ['ana', 'normal', true],
    ['ana', 'critical', false],
    ['omar', 'normal', true],
  ]);
});
