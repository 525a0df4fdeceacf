import { expect, test } from 'vitest';
import { newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import { defaultSettings } from '../protocol/access-nouns.ts';
import type { Role } from '../protocol/nouns.ts';

const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;

test('[T24] device flow is switched off for a role while the gateway runs: the next sign-in is refused, one that is there goes on, other roles come in', async () => {
  const entrance = await openEntrance(undefined, 'device-flow');
  const by = await entrance.invite('ana', 'superuser');
  await entrance.invite('uma', 'user');
  const line = openLine();
  const device = newDevice();
  const signed = await entrance.signIn(line, device);
  if (!signed.ok) throw new Error(signed.problem.code);
  const set = (before: readonly Role[], deviceFlow: readonly Role[], version: number) =>
    entrance.commit({
      ...quiet,
      type: 'settings.set',
      data: {
        version,
        before: { ...defaultSettings, deviceFlow: [...before] },
        after: { ...defaultSettings, deviceFlow: [...deviceFlow] },
        by,
        why: 'phished once',
      },
    });
  await set(defaultSettings.deviceFlow, ['user', 'staff'], 1);
  expect(await entrance.signIn(openLine(), newDevice())).toMatchObject({ problem: { code: 'device-flow-off' } });
  expect(entrance.log.events.at(-1)).toMatchObject({ type: 'login.refused', data: { cause: 'device-flow-off', person: by } });
  // What the provider gave for it is given back, and nothing of it is kept.
  expect(entrance.revoked).toHaveLength(1);
  expect(entrance.vault.names().filter((name) => name.startsWith('refresh:'))).toHaveLength(1);
  expect(await entrance.resume(openLine(), device, signed.value.token)).toMatchObject({ ok: true });
  entrance.script.subject = 'uma';
  expect(await entrance.signIn(openLine(), newDevice())).toMatchObject({ ok: true });
  await set(['user', 'staff'], defaultSettings.deviceFlow, 2);
  entrance.script.subject = 'ana';
  expect(await entrance.signIn(openLine(), newDevice())).toMatchObject({ ok: true });
});
