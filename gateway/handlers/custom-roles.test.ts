// Roles of an organisation's own (S36, S50): a group and added policies that speak of it. viewer = sees, ops = terminal, deployer = the same where the
// label says so, cut to what the organisation wants by its own policies.
import { expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { readAdded } from '../policy/added.ts';
import { builtinPolicies } from '../policy/policies.ts';

const base = builtinPolicies();
const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

/** Viewers see every server and its sessions and no more, whatever a group of theirs gives; auditors of one label read its recordings. */
const policies = `
@id("viewers-see-servers")
permit (principal in Group::"viewers", action == Action::"server.see", resource);

@id("viewers-watch-outside-production")
permit (principal in Group::"viewers", action in [Action::"session.see", Action::"session.watch"], resource)
unless { resource.hasTag("env") && resource.getTag("env") == "production" };

@id("viewers-only-look")
forbid (
  principal in Group::"viewers",
  action in [Action::"shell.open", Action::"session.attach", Action::"session.join", Action::"session.take-over", Action::"server.request"],
  resource
);

@id("ops-of-the-web-open-shells")
@level("terminal")
permit (principal in Group::"ops", action in [Action::"server.see", Action::"shell.open"], resource)
when { resource.hasTag("team") && resource.getTag("team") == "web" };
`;

test('[S36, S50] a group with added policies is a role of its own: viewers only see, ops get a terminal where a label says so', async () => {
  expect(readAdded(policies, base)).toMatchObject({ problems: [] });
  const { person, server, group, session, commit, enforcer, caller } = await openWorkspace('roles', base);
  for (const name of ['vic', 'ola', 'rob'] as const) await person(name, 'user');
  await person('ana', 'superuser');
  const web = await server('web-1', { team: 'web', env: 'staging' });
  const prod = await server('prod-1', { team: 'data', env: 'production' });
  await group('viewers', ['vic'], []);
  await group('ops', ['ola'], []);
  // Something that a viewer is given elsewhere does not count: a forbid wins.
  await group('backend', ['vic'], [{ servers: {}, level: 'full', users: [] }]);
  const { session: live } = await session(web, 'ana');
  const { session: critical } = await session(prod, 'ana');
  const on = (name: string, action: 'server.see' | 'shell.open', row: typeof web) =>
    enforcer.decide(caller(name), action, { kind: 'server', server: row });
  const watch = (name: string, row: typeof live, of: typeof web) =>
    enforcer.decide(caller(name), 'session.watch', { kind: 'session', session: row, server: of }).verdict;
  expect([on('vic', 'shell.open', web).verdict, on('ola', 'shell.open', web).verdict]).toEqual(['allow', 'deny']);

  const digest = 'e'.repeat(64);
  const by = caller('ana').person.id;
  const data = { version: 1, before: digest, after: digest, policies, added: [], changed: [], removed: [], by, why: '' };
  await commit({ ...quiet, type: 'policy.applied', data });

  expect([on('vic', 'server.see', web).verdict, on('vic', 'server.see', prod).verdict]).toEqual(['allow', 'allow']);
  expect(on('vic', 'shell.open', web)).toMatchObject({ verdict: 'deny', hidden: false, policies: ['viewers-only-look'] });
  expect([watch('vic', live, web), watch('vic', critical, prod)]).toEqual(['allow', 'deny']);
  expect(on('ola', 'shell.open', web)).toMatchObject({ verdict: 'allow', level: 'terminal' });
  expect(on('ola', 'shell.open', prod)).toMatchObject({ verdict: 'deny', hidden: true });
  expect(on('rob', 'server.see', web)).toMatchObject({ verdict: 'deny' });
});
