import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { findAccount, missingRights, ownAccount, parsePasswd, runAs } from './account.ts';

test('a line of passwd becomes an account; an empty shell or home gets the system default; a broken line is nobody', () => {
  expect(parsePasswd('uma:x:1001:1002:Uma,,,:/home/uma:/bin/bash')).toEqual({
    name: 'uma',
    uid: 1001,
    gid: 1002,
    home: '/home/uma',
    shell: '/bin/bash',
  });
  expect(parsePasswd('a:x:5:6:::')).toEqual({ name: 'a', uid: 5, gid: 6, home: '/', shell: '/bin/sh' });
  for (const line of ['', 'a', 'a:x:-1:0::/:/bin/sh', 'a:x:one:0::/:/bin/sh', ':x:0:0::/:/bin/sh'])
    expect(parsePasswd(line)).toBeUndefined();
});

test('the accounts of this machine are found by name, and a stranger is not', async () => {
  expect(await findAccount('root')).toMatchObject({ name: 'root', uid: 0 });
  expect(await findAccount('no-such-user-here')).toBeUndefined();
  expect(await findAccount('--help')).toBeUndefined();
});

test('S7 without a name, or with its own, an agent runs as itself', async () => {
  const own = { ok: true, value: { account: ownAccount(), demote: false } };
  expect(await runAs(undefined)).toEqual(own);
  expect(await runAs(userInfo().username)).toEqual(own);
});

test('S7 an account that does not exist, or that the agent cannot become, is refused and never replaced by its own', async () => {
  expect(await runAs('no-such-user-here')).toMatchObject({ ok: false, problem: { code: 'os-user' } });
});

test('S7 a root without the capabilities to change users is told which are missing', () => {
  expect(missingRights('CapEff:\t000001fffeffffff\n')).toEqual([]);
  expect(missingRights('CapEff:\t0000000000000001\n')).toEqual(['CAP_SETGID', 'CAP_SETUID']);
  expect(missingRights('')).toHaveLength(3);
});
