import { expect, test } from 'vitest';
import { code, good, problem } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { Target } from '../policy/decision.ts';
import { standingIn } from '../relay/re-check.ts';

const gateway = { actor: { kind: 'gateway' }, personal: {} } as const;

test('TRUST §5: when every anchor is stale no new privileged session begins, with the reason; what is open goes on; it opens again by itself', async () => {
  const workspace = await openWorkspace();
  const { commit, enforcer, caller, prove, log } = workspace;
  await workspace.person('ana', 'superuser');
  const web = await workspace.server('web-1');
  const db = await workspace.server('db-1', { env: 'production', tier: 'critical' });
  const on = (server: typeof db): Target => ({ kind: 'server', server });
  await prove('ana', 'shell.open', db.id);
  await prove('ana', 'policy.manage');
  // Decided, and remembered, before it turns.
  good(await enforcer.enforce(caller('ana'), 'shell.open', on(db)));
  const { session } = await workspace.session(db, 'ana', 'full');
  const { person, login } = caller('ana');
  const member = { person: person.id, login: login.id, role: 'owner', address: '192.0.2.7' } as const;
  const standing = () => standingIn(log.settled, enforcer, session, member, new Set());
  expect(standing()).toBe('stays');

  await commit({ ...gateway, type: 'trail.stale', outcome: 'failed', data: { anchors: ['vault'] } });
  const refused = problem(await enforcer.enforce(caller('ana'), 'shell.open', on(db)));
  expect(refused).toMatchObject({
    code: 'denied',
    detail: 'no anchor vouches for the audit log: sallyport audit anchors',
    decision: { verdict: 'deny', policies: ['no-new-shells-that-matter-unvouched'] },
  });
  expect(code(await enforcer.enforce(caller('ana'), 'policy.manage', { kind: 'workspace' }))).toBe('denied');
  expect(enforcer.explain(caller('ana'), 'shell.open', on(db)).decision.verdict).toBe('deny');
  // Whoever is in stays, comes back, and is stopped as ever; what does not matter as much goes on.
  expect(standing()).toBe('stays');
  await prove('ana', 'session.attach', session.id);
  good(await enforcer.enforce(caller('ana'), 'session.attach', { kind: 'session', session, server: db }));
  good(await enforcer.enforce(caller('ana'), 'session.kill', { kind: 'session', session, server: db }));
  good(await enforcer.enforce(caller('ana'), 'shell.open', on(web)));
  await prove('ana', 'lock.manage');
  good(await enforcer.enforce(caller('ana'), 'lock.manage', { kind: 'workspace' }));

  await commit({ ...gateway, type: 'trail.restored', outcome: 'ok', data: { anchors: ['vault'] } });
  await prove('ana', 'shell.open', db.id);
  good(await enforcer.enforce(caller('ana'), 'shell.open', on(db)));
});
