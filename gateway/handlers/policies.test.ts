import { expect, test } from 'vitest';
import { code, good } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { servable } from '../policy/in-force.ts';
import { openEnforcer } from './enforce.ts';
import { applyPolicy, checkPolicy, listPolicy, rollbackPolicy, testPolicy, trialPolicy } from './policies.ts';

const why = 'tried in a test';

/** Nobody from the group web opens a shell on a server with the label freeze=yes. */
const frozen = `// A change freeze.
@id("freeze")
forbid (principal, action == Action::"shell.open", resource)
when { resource.hasTag("freeze") && resource.getTag("freeze") == "yes" };`;

async function office() {
  const workspace = await openWorkspace();
  await workspace.person('ana', 'superuser');
  await workspace.person('omar', 'staff');
  await workspace.person('uma', 'user');
  const web = await workspace.server('web-1', { freeze: 'yes' });
  const other = await workspace.server('web-2');
  await workspace.group('web', ['uma'], [{ servers: { name: 'web-*' }, level: 'terminal', users: [] }]);
  const shell = (name: string, server = web) =>
    workspace.enforcer.decide(workspace.caller(name), 'shell.open', { kind: 'server', server }).verdict;
  const apply = async (policies: string, expects: number) => {
    await workspace.prove('ana', 'policy.manage', undefined, 30_000);
    workspace.clock.pass(1);
    return applyPolicy(workspace.call('ana'), { policies, expect: expects, why });
  };
  const rollback = async (version: number) => {
    await workspace.prove('ana', 'policy.manage', undefined, 30_000);
    workspace.clock.pass(1);
    return rollbackPolicy(workspace.call('ana'), { version, why });
  };
  return { ...workspace, web, other, shell, apply, rollback };
}

test('[S47] a policy that is applied is in force at once, goes back as it came, and stands whole in the log', async () => {
  const { shell, other, apply, rollback, log, call, enforcer } = await office();
  const builtin = enforcer.policyDigest;
  expect(shell('uma')).toBe('allow');
  const version = log.settled.accessVersion;
  expect(good(await apply(frozen, 0))).toMatchObject({ version: 1 });
  expect(log.settled.accessVersion).toBeGreaterThan(version);
  expect([shell('uma'), shell('ana'), shell('uma', other)]).toEqual(['deny', 'deny', 'allow']);
  expect(enforcer.policyDigest).not.toBe(builtin);
  const listed = good(await listPolicy(call('omar'), {}));
  expect(listed).toMatchObject({ version: 1, added: frozen, versions: [{ version: 1, policies: 1, by: 'ana', why }] });
  expect(listed.policies.filter(({ origin }) => origin === 'added').map(({ id }) => id)).toEqual(['freeze']);

  expect(good(await apply(frozen.replace('"yes"', '"no"'), 1))).toMatchObject({ version: 2 });
  expect(shell('uma')).toBe('allow');
  expect(good(await rollback(1))).toMatchObject({ version: 3 });
  expect(shell('uma')).toBe('deny');
  expect(good(await rollback(0))).toMatchObject({ version: 4, digest: builtin });
  expect([shell('uma'), enforcer.policyDigest]).toEqual(['allow', builtin]);
  expect(code(await rollback(9))).toBe('not-found');
  const applied = log.events.flatMap((event) => (event.type === 'policy.applied' ? [event.data] : []));
  expect(applied.map(({ version: v, added, changed, removed, rollbackTo }) => [v, added, changed, removed, rollbackTo])).toEqual([
    [1, ['freeze'], [], [], undefined],
    [2, [], ['freeze'], [], undefined],
    [3, [], ['freeze'], [], 1],
    [4, [], [], ['freeze'], 0],
  ]);
  for (const [i, one] of applied.entries()) if (i > 0) expect(one.before).toBe(applied[i - 1]?.after);
});

test('[S47] who may not change policies does not, a superuser takes a factor each time, and nobody overwrites what they have not seen', async () => {
  const { apply, call, prove } = await office();
  const body = { policies: frozen, expect: 0, why };
  expect(code(await applyPolicy(call('uma'), body))).toBe('denied');
  await prove('omar', 'policy.manage');
  expect(code(await applyPolicy(call('omar'), body))).toBe('denied');
  expect(code(await applyPolicy(call('ana'), body))).toBe('step-up');
  expect(code(await apply(frozen, 0))).toBe('ok');
  expect(code(await apply(`${frozen}\n`, 0))).toBe('changed-meanwhile');
});

test.each([
  ['does not parse', '@id("a") permit everything;'],
  ['has no id', 'permit (principal, action, resource);'],
  ['takes the id of a built-in one', '@id("locks-shut") permit (principal, action == Action::"lock.see", resource);'],
  ['shares its id', `${frozen}\n\n${frozen}`],
  [
    'speaks of what is not in the schema',
    '@id("a") permit (principal, action == Action::"server.see", resource) when { resource.owner };',
  ],
  ['names an action there is not', '@id("a") forbid (principal, action == Action::"shell.fly", resource);'],
  ['has an annotation we do not know', '@id("a") @notify("slack") forbid (principal, action == Action::"shell.open", resource);'],
  [
    'says who approves where nobody reads it',
    '@id("a") @approvers("web") forbid (principal, action == Action::"grant.single", resource);',
  ],
  [
    'asks for approvals where none are counted',
    '@id("a") @approvals("3") forbid (principal, action == Action::"shell.open", resource);',
  ],
  ['names a role there is not', '@id("a") permit (principal in Role::"admin", action == Action::"audit.read", resource);'],
  ['names a server', '@id("a") forbid (principal, action == Action::"server.see", resource == Server::"web-1");'],
  [
    'denies whom proof makes known',
    '@id("a") forbid (principal, action == Action::"shell.open", resource) when { context.factor.fresh };',
  ],
  ['shuts every superuser out', '@id("a") forbid (principal, action == Action::"policy.manage", resource);'],
  ['lets no superuser prove anything', '@id("a") forbid (principal, action == Action::"self.manage", resource);'],
])('[A6, D3] a policy that %s is refused, and nothing changes', async (_why, policies) => {
  const { apply, log, call, enforcer } = await office();
  const before = enforcer.policyDigest;
  const checked = good(await checkPolicy(call('omar'), { policies }));
  expect(checked.problems.length).toBeGreaterThan(0);
  expect(['bad-request', 'last-superuser']).toContain(code(await apply(policies, 0)));
  expect([enforcer.policyDigest, log.settled.policy]).toEqual([before, undefined]);
});

test('[S47] a check says what a set would change, and changes nothing', async () => {
  const { call, log } = await office();
  const events = log.events.length;
  const checked = good(await checkPolicy(call('omar'), { policies: frozen }));
  expect(checked).toMatchObject({ problems: [], added: ['freeze'], changed: [], removed: [], gained: 0, lost: 3 });
  expect(checked.examples.map(({ person, target, now, would }) => [person, target, now, would])).toEqual([
    ['ana', 'web-1', 'allow', 'deny'],
    ['omar', 'web-1', 'ask', 'deny'],
    ['uma', 'web-1', 'allow', 'deny'],
  ]);
  const opened = good(
    await checkPolicy(call('omar'), {
      policies: '@id("users-read") permit (principal, action == Action::"audit.read", resource);',
    }),
  );
  expect(opened).toMatchObject({
    gained: 1,
    lost: 0,
    examples: [{ person: 'uma', action: 'audit.read', now: 'deny', would: 'allow' }],
  });
  expect(log.events.length).toBe(events);
});

test('[S47] a set on trial counts what it would have denied, and denies nothing', async () => {
  const { call, caller, prove, clock, enforcer, web, shell } = await office();
  await prove('ana', 'policy.manage', undefined, 30_000);
  clock.pass(1);
  good(await trialPolicy(call('ana'), { policies: frozen }));
  const target = { kind: 'server', server: web } as const;
  expect((await enforcer.enforce(caller('uma'), 'shell.open', target)).ok).toBe(true);
  expect((await enforcer.enforce(caller('uma'), 'shell.open', target)).ok).toBe(true);
  expect(shell('uma')).toBe('allow');
  const { trial } = good(await listPolicy(call('omar'), {}));
  expect(trial).toMatchObject({ by: 'ana', wouldDeny: 2, wouldAllow: 0 });
  expect(trial?.examples).toEqual([{ person: 'uma', action: 'shell.open', target: 'web-1', now: 'allow', would: 'deny' }]);
  await prove('ana', 'policy.manage', undefined, 30_000);
  clock.pass(1);
  good(await trialPolicy(call('ana'), {}));
  expect(good(await listPolicy(call('omar'), {})).trial).toBeUndefined();
});

test('[E18] expectations are asked of the policies in force or of others, with given facts standing in', async () => {
  const { call } = await office();
  const about = { action: 'shell.open', target: 'web-1' } as const;
  const results = async (policies: string | undefined, ...expectations: Parameters<typeof testPolicy>[1]['expectations']) =>
    good(await testPolicy(call('omar'), { ...(policies === undefined ? {} : { policies }), expectations })).results;
  const told = await results(
    undefined,
    { person: 'uma', ...about, expect: 'allow', by: 'group-members-open-shells' },
    { person: 'uma', ...about, expect: 'hidden', given: { groups: [] } },
    { person: 'uma', ...about, expect: 'challenge', given: { device: 'new' } },
    { person: 'uma', ...about, expect: 'allow', given: { device: 'new', factor: 'fresh' } },
    { person: 'omar', ...about, expect: 'ask' },
    { person: 'omar', ...about, expect: 'allow', given: { granted: 'terminal' } },
    { person: 'uma', action: 'audit.read', expect: 'allow', given: { role: 'staff' } },
    { person: 'uma', action: 'audit.read', expect: 'allow' },
    { person: 'uma', ...about, expect: 'allow', by: 'superusers-reach-every-server' },
    { person: 'nobody', ...about, expect: 'deny' },
  );
  expect(told.map(({ ok, got }) => [ok, got])).toEqual([
    [true, 'allow'],
    [true, 'hidden'],
    [true, 'challenge'],
    [true, 'allow'],
    [true, 'ask'],
    [true, 'allow'],
    [true, 'allow'],
    [false, 'deny'],
    [false, 'allow'],
    [false, 'error'],
  ]);
  const hours =
    '@id("nights") forbid (principal, action == Action::"shell.open", resource) when { context.now.hour < 6 || context.now.weekday > 5 };';
  expect(
    (
      await results(
        hours,
        { person: 'uma', ...about, expect: 'deny', by: 'nights', given: { at: '2026-11-23T05:59:00Z' } },
        { person: 'uma', ...about, expect: 'allow', given: { at: '2026-11-23T06:00:00Z' } },
        { person: 'uma', ...about, expect: 'deny', given: { at: '2026-11-22T12:00:00Z' } },
      )
    ).map(({ ok }) => ok),
  ).toEqual([true, true, true]);
});

test('a time that a policy speaks of is looked at again each minute', async () => {
  const { apply, shell, clock } = await office();
  const { hour, minute } = { hour: new Date(clock.now()).getUTCHours(), minute: new Date(clock.now()).getUTCMinutes() };
  const policies = `@id("this-minute") forbid (principal, action == Action::"shell.open", resource) when { context.now.hour == ${hour} && context.now.minute == ${minute} };`;
  good(await apply(policies, 0));
  expect(shell('uma')).toBe('deny');
  clock.pass(60_000);
  expect(shell('uma')).toBe('allow');
});

test('[A6] policies of the log that this program cannot read shut every door, rather than being passed over', async () => {
  const { commit, enforcer, shell, caller } = await office();
  const digest = 'd'.repeat(64);
  const ana = caller('ana').person.id;
  const data = { version: 1, before: digest, after: digest, added: [], changed: [], removed: [], by: ana, why };
  const policies = '@id("newer") forbid (principal, action == Action::"shell.open", resource) when { resource.newer };';
  expect(shell('uma')).toBe('allow');
  await commit({ type: 'policy.applied', actor: { kind: 'gateway' }, outcome: 'ok', personal: {}, data: { ...data, policies } });
  expect([shell('uma'), shell('ana')]).toEqual(['deny', 'deny']);
  const { verdict, policies: by } = enforcer.decide(caller('ana'), 'policy.manage', { kind: 'workspace' });
  expect(verdict).toBe('deny');
  expect(by).toContain('policies-that-cannot-be-read');
});

test('a gateway that starts has the policies of its log, and refuses to start with some that no longer fit', async () => {
  const { apply, log, clock, caller, web, enforcer } = await office();
  good(await apply(frozen, 0));
  const again = openEnforcer(log, clock, enforcer.sets.base);
  expect(again.policyDigest).toBe(enforcer.policyDigest);
  expect(again.decide(caller('uma'), 'shell.open', { kind: 'server', server: web })).toMatchObject({
    verdict: 'deny',
    policies: ['freeze'],
  });
  const current = log.settled.policy?.current;
  if (current === undefined) throw new Error('nothing is in force');
  const older = { policy: { current: { ...current, policies: frozen.replace('hasTag("freeze")', 'owner') }, before: [] } };
  expect(servable(enforcer.sets.base, older)).toMatchObject({
    ok: false,
    problem: { detail: expect.stringContaining('Start the release before it') },
  });
});
