import { expect, test } from 'vitest';
import { code, good, problem } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { addAddress, listAddress, removeAddress } from './addresses.ts';
import type { Call } from './call.ts';
import { explainPolicy } from './policy.ts';
import { listServers } from './servers.ts';

const why = 'because';

async function office() {
  const workspace = await openWorkspace();
  await workspace.person('ana', 'superuser');
  await workspace.person('omar', 'staff');
  await workspace.person('uma', 'user');
  const from = (name: string, address: string): Call => {
    const call = workspace.call(name);
    return { ...call, connection: { ...call.connection, address }, caller: { ...workspace.caller(name), address } };
  };
  /** As a client does: a code for each change. */
  const proven = async <T>(change: () => Promise<T>): Promise<T> => {
    workspace.clock.pass(1000);
    await workspace.prove('ana', 'address.manage');
    return change();
  };
  const allow = (
    cidr: string,
    more: { servers?: { name: string }; force?: boolean; effect?: 'deny' } = {},
    call = workspace.call('ana'),
  ) => proven(() => addAddress(call, { cidr, effect: 'allow', note: 'office', ...more }));
  return { ...workspace, from, proven, allow };
}

test('[S51] a rule is kept in its plain form, by whoever proved a factor for it; one that is there is not added twice', async () => {
  const { call, allow, log, caller } = await office();
  expect(code(await addAddress(call('omar'), { cidr: '192.0.2.0/24', effect: 'allow', note: '' }))).toBe('denied');
  expect(code(await addAddress(call('ana'), { cidr: '192.0.2.0/24', effect: 'allow', note: '' }))).toBe('step-up');
  expect(problem(await allow('192.0.2.1/24'))).toMatchObject({
    code: 'bad-request',
    detail: expect.stringContaining('192.0.2.0/24'),
  });
  const { rule } = good(await allow('::ffff:192.0.2.0/120'));
  expect(rule).toMatchObject({ cidr: '192.0.2.0/24', by: 'ana' });
  expect(log.events.at(-1)).toMatchObject({
    type: 'address.added',
    data: { cidr: '192.0.2.0/24', by: caller('ana').person.id, forced: false },
  });
  expect(code(await allow('192.0.2.0/24'))).toBe('exists');
  expect(good(await listAddress(call('ana'), {}))).toEqual({ rules: [rule], peer: '192.0.2.7' });
});

test('[S51] a set that would shut out whoever makes it is refused unless forced, also when it is made by taking a rule away', async () => {
  const { allow, proven, call, log, from } = await office();
  const refused = await allow('203.0.113.0/24');
  expect(problem(refused)).toMatchObject({
    code: 'address-lockout',
    detail: 'your address 192.0.2.7 is outside the address list of the workspace; to do it all the same: --force',
  });
  expect(code(await allow('192.0.2.7', { effect: 'deny' }))).toBe('address-lockout');
  expect(log.settled.addresses).toEqual({});
  const mine = good(await allow('192.0.2.7')).rule;
  good(await allow('203.0.113.0/24'));
  expect(code(await proven(() => removeAddress(call('ana'), { rule: mine.id, why })))).toBe('address-lockout');
  expect(code(await proven(() => removeAddress(from('ana', '203.0.113.7'), { rule: mine.id, why })))).toBe('ok');
  // From elsewhere nothing is possible any more, also not the way back.
  expect(problem(await proven(() => addAddress(call('ana'), { cidr: '192.0.2.7', effect: 'allow', note: '' })))).toMatchObject({
    code: 'denied',
    detail: 'your address 192.0.2.7 is outside the address list of the workspace',
    decision: { policies: ['addresses-outside-are-shut'] },
  });
});

test('[S51] forced, it is done, and the event says that it was', async () => {
  const { allow, log } = await office();
  expect(code(await allow('203.0.113.0/24', { force: true }))).toBe('ok');
  expect(log.events.at(-1)).toMatchObject({ type: 'address.added', data: { forced: true } });
});

test('[S52] a list for servers lets a partner in to those and nowhere else, and says so to whoever shuts themselves out of them', async () => {
  const { allow, server, from, group, call, enforcer, caller } = await office();
  const db = await server('db-1');
  await server('web-1');
  await group('all', ['uma'], [{ servers: {}, level: 'terminal', users: [] }]);
  good(await allow('192.0.2.0/24'));
  const { warning } = good(await allow('198.51.100.0/24', { servers: { name: 'db-*' } }));
  expect(warning).toBe('your address 192.0.2.7 is outside the address list of db-*');
  const names = async (name: string, address: string) =>
    good(await listServers(from(name, address), {})).servers.map((row) => row.name);
  expect(await names('uma', '198.51.100.4')).toEqual(['db-1']);
  expect(await names('uma', '::ffff:192.0.2.9')).toEqual(['web-1']);
  expect(await names('uma', '203.0.113.1')).toEqual([]);
  const partner = { ...caller('uma'), address: '198.51.100.4' };
  expect(enforcer.decide(partner, 'self.manage', { kind: 'self' }).verdict).toBe('allow');
  expect(enforcer.decide(partner, 'shell.open', { kind: 'server', server: db }).verdict).not.toBe('deny');
  expect(enforcer.decide(partner, 'audit.read', { kind: 'workspace' }).verdict).toBe('deny');
  // The list of the server that one would see from inside is named; of what is hidden or not there, the workspace's.
  const refusal = async (name: string, address: string, action: 'server.see' | 'unknown', on = db) => {
    const who = { ...caller(name), address };
    return problem(
      action === 'unknown'
        ? await enforcer.unknown(who, 'server.see')
        : await enforcer.enforce(who, action, { kind: 'server', server: on }),
    );
  };
  expect(await refusal('uma', '192.0.2.7', 'server.see')).toMatchObject({ code: 'denied', detail: warning });
  await call('omar');
  expect(await refusal('omar', '203.0.113.1', 'server.see')).toMatchObject({
    detail: 'your address 203.0.113.1 is outside the address list of db-*',
  });
});

test('[S52] from outside, a hidden server and one that is not there are answered the same (TRUST B2)', async () => {
  const { allow, server, enforcer, caller, from } = await office();
  const hidden = await server('web-1');
  const own = await server('db-1');
  good(await allow('192.0.2.0/24'));
  good(await allow('203.0.113.0/24', { servers: { name: 'db-*' } }));
  for (const address of ['203.0.113.1', '192.0.2.8', '198.51.100.1']) {
    const uma = { ...caller('uma'), address };
    const unknown = await enforcer.unknown(uma, 'server.see');
    expect(code(unknown)).toBe(address === '192.0.2.8' ? 'not-found' : 'denied');
    for (const one of [hidden, own])
      expect(await enforcer.enforce(uma, 'server.see', { kind: 'server', server: one })).toEqual(unknown);
  }
  // Why is answered from anywhere.
  expect(code(await explainPolicy(from('uma', '198.51.100.1'), { action: 'self.manage' }))).toBe('ok');
});
