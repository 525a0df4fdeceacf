import { expect, test } from 'vitest';
import { openWorkspace } from '../fixtures/workspace.ts';
import { dutiesOf } from './check-duties.ts';
import { openJudge } from './policy/judgements.ts';
import { builtinPolicies, type Policies, policiesFrom, policySchema } from './policy/policies.ts';

async function asked(policies: Policies) {
  const workspace = await openWorkspace();
  await workspace.person('ana', 'superuser', { factor: false });
  await workspace.person('omar', 'superuser');
  await workspace.person('sam', 'staff');
  await workspace.person('uma', 'user');
  await workspace.group('backend', ['uma'], [{ servers: { name: '*' }, level: 'full', users: [] }]);
  for (const [name, labels] of [
    ['web-1', {}],
    ['web-2', { team: 'backend' }],
    ['db-prod', { tier: 'critical' }],
  ] as const)
    await workspace.server(name, labels);
  return dutiesOf(workspace.log.settled, { policies, judge: openJudge(policies) }, workspace.clock.now());
}

test('S50: as the policies come: nobody approves for themselves; nobody alone gives critical servers; those who review the others both ask and approve', async () => {
  expect(await asked(builtinPolicies())).toEqual([
    { tier: 'normal', alone: ['ana', 'omar', 'sam'], own: [] },
    { tier: 'critical', alone: [], own: [] },
  ]);
});

test('S50: policies that permit more are asked as they are', async () => {
  const source = '@id("everything") permit (principal, action, resource);';
  const everybody = ['ana', 'omar', 'sam', 'uma'];
  expect(await asked(policiesFrom(policySchema(), [{ name: 'open.cedar', source }]))).toEqual([
    { tier: 'normal', alone: everybody, own: everybody },
    { tier: 'critical', alone: everybody, own: everybody },
  ]);
});
