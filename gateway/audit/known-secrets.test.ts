// Which secrets of the vault are taken out of what people type, over a real vault.
import { expect, test } from 'vitest';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { good } from '../../fixtures/outcome.ts';
import { realChance } from '../outside/chance.ts';
import { createVaultKey, openVault } from '../outside/vault.ts';
import { knownSecrets } from './known-secrets.ts';

test('S76: a secret that took the place of another under its name is known, and the one before no longer; none is opened twice', async () => {
  const disk = new PowerDisk();
  await createVaultKey(disk, realChance, '/d/keys/vault.key');
  const vault = good(await openVault(disk, realChance, { file: '/d/vault.json', key: '/d/keys/vault.key' }));
  let opened = 0;
  const known = knownSecrets({
    ...vault,
    get: (name) => {
      opened += 1;
      return vault.get(name);
    },
  });
  await vault.put('refresh:1', Buffer.from('first-secret'));
  await vault.put('refresh:2', Buffer.from('other-secret'));
  expect([...known()]).toEqual(['first-secret', 'other-secret']);
  await vault.put('refresh:1', Buffer.from('second-secret'));
  expect([...known()]).toEqual(['second-secret', 'other-secret']);
  await vault.remove(['refresh:2']);
  expect([...known(), ...known()]).toEqual(['second-secret', 'second-secret']);
  expect(opened).toBe(3);
});
