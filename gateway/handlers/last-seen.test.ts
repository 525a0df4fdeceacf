import { expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { standInFor } from './last-seen.ts';

test('[S51] somebody without a sign-in stands where they proved a second factor last, not where they did first', async () => {
  const { person, log } = await openWorkspace('last seen');
  await person('uma', 'user');
  const [uma] = Object.values(log.settled.people);
  if (uma === undefined) throw new Error('nobody is here');
  const gone = { ...log.settled, logins: {} };
  const from = (...addresses: string[]): string => standInFor(gone, { ...uma, addresses }).address;
  expect(from('192.0.2.7', '198.51.100.4')).toBe('192.0.2.7');
  expect(from('2001:db8:1:2::/64', '198.51.100.4')).toBe('2001:db8:1:2::');
  expect(from()).toBe('');
});
