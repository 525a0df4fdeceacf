// A lock on all servers that a selector chooses (E42): an environment that is frozen, with whatever is added to it meanwhile.
import { expect, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { typedSelector } from '../access/selector.ts';
import { lockIn } from '../relay/re-check.ts';
import { addLockHandler, listLocks, removeLockHandler } from './locks.ts';

test('[E42, S55] frozen servers are shut, those of tomorrow too; who is in one is put out, and all is open again when it is off', async () => {
  const { person, server, group, session, call, caller, prove, enforcer, log } = await openWorkspace('freeze');
  await person('ana', 'superuser');
  await person('uma', 'user');
  await group('all', ['uma'], [{ servers: {}, level: 'terminal', users: [] }]);
  const web = await server('web-1', { env: 'staging' });
  const shop = await server('shop-1', { env: 'staging', team: 'shop' });
  const { session: onShop } = await session(shop, 'uma');
  const { session: onWeb } = await session(web, 'uma');
  await prove('ana', 'lock.manage');
  const freeze = { kind: 'servers', target: 'shop-*,team=shop', why: 'the sale begins' } as const;
  const shown = await addLockHandler(call('ana'), { ...freeze, preview: true });
  expect(shown).toMatchObject({ ok: true, value: { sessions: 1, affected: [{ session: onShop.id, serverName: 'shop-1' }] } });
  expect(code(await addLockHandler(call('ana'), { ...freeze, target: 'a,b' }))).toBe('bad-request');
  expect(code(await addLockHandler(call('ana'), { ...freeze, target: '' }))).toBe('bad-request');
  expect(code(await addLockHandler(call('ana'), freeze))).toBe('ok');

  const opens = (on: typeof web, name = 'uma') => enforcer.decide(caller(name), 'shell.open', { kind: 'server', server: on });
  expect([opens(shop), opens(shop, 'ana')].map(({ verdict, policies }) => [verdict, policies])).toEqual([
    ['deny', ['locked-servers-are-shut']],
    ['deny', ['locked-servers-are-shut']],
  ]);
  expect(opens(web).verdict).toBe('allow');
  const later = await server('shop-2', { team: 'shop' });
  expect(opens(later).verdict).toBe('deny');
  expect(await enforcer.enforce(caller('uma'), 'shell.open', { kind: 'server', server: shop })).toMatchObject({
    problem: { code: 'access-locked', detail: 'the sale begins' },
  });
  const member = { person: caller('uma').person.id, login: caller('uma').login.id };
  expect(lockIn(log.settled, onShop, member)).toMatchObject({ why: 'the sale begins' });
  expect(lockIn(log.settled, onWeb, member)).toBeUndefined();

  const listed = await listLocks(call('ana'), {});
  const [lock] = listed.ok ? listed.value.locks : [];
  expect(lock).toMatchObject({ kind: 'servers', targetName: 'shop-*,team=shop' });
  if (lock === undefined) throw new Error('no lock');
  expect(code(await removeLockHandler(call('ana'), { lock: lock.id, why: 'over' }))).toBe('ok');
  expect(opens(shop).verdict).toBe('allow');
});

test('[E42] a selector is typed as a pattern, labels or both; what chooses nothing in particular is none', () => {
  expect(typedSelector('web-*')).toEqual({ name: 'web-*' });
  expect(typedSelector('env=production')).toEqual({ labels: { env: 'production' } });
  expect(typedSelector('web-*,env=production,tier=critical')).toEqual({
    name: 'web-*',
    labels: { env: 'production', tier: 'critical' },
  });
  for (const none of ['', ',', 'a,b', 'Env=x', 'env=', '=x', 'env=a=b', 'web 1'])
    expect([none, typedSelector(none)]).toEqual([none, undefined]);
});
