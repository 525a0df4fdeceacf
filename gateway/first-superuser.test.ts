// How a workspace gets its first superuser: by `init`, on the machine itself, once. There is no token and no request that makes one (T31).
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newDevice, openEntrance, openLine } from '../fixtures/entrance.ts';
import { openYard } from '../fixtures/routes-yard.ts';
import { openGateway } from './gateway.ts';
import { initialise } from './init.ts';

async function emptyFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'sallyport-first-'));
  onTestFinished(() => fs.rm(folder, { recursive: true, force: true }));
  return path.join(folder, 'data');
}
const init = (data: string, who: string) =>
  initialise({
    data,
    config: {
      name: 'harbour',
      listen: '127.0.0.1:0',
      tls: false,
      hosts: [],
      trustedProxies: [],
      provider: { issuer: 'https://issuer.example', clientId: 'sallyport', scope: 'openid' },
    },
    clientSecret: undefined,
    superuser: { name: who, claim: { kind: 'sub', value: who } },
    seed: undefined,
  });
const serve = (data: string) =>
  openGateway({ data, listen: undefined, rebuild: false, onFatal: () => undefined, log: () => undefined });

test('[T31] the first superuser is made on the machine, once; a workspace that lost its state starts for nobody, and cannot be made anew in its place', async () => {
  const data = await emptyFolder();
  expect(await init(data, 'ana')).toMatchObject({ ok: true });
  expect(await init(data, 'mallory')).toMatchObject({ problem: { code: 'already-initialised' } });
  const running = await serve(data);
  expect(running).toMatchObject({ ok: true });
  if (running.ok) await running.value.close();

  // The state is gone: not an empty workspace that waits for its first superuser, but none (R7).
  await fs.rm(path.join(data, 'state.json'));
  expect(await serve(data)).toMatchObject({ problem: { code: 'state-missing' } });
  expect(await init(data, 'mallory')).toMatchObject({ problem: { code: 'already-initialised' } });
  // Nor with the log gone as well: what is left of a workspace is still in the way.
  await fs.rm(path.join(data, 'audit'), { recursive: true });
  expect((await serve(data)).ok).toBe(false);
  expect(await init(data, 'mallory')).toMatchObject({ problem: { code: 'already-initialised' } });
});

test('[T31] nobody becomes superuser by being the first to come: not who signs in before anybody, nor who asks without a sign-in', async () => {
  const entrance = await openEntrance(undefined, 'first');
  expect(Object.keys(entrance.log.settled.people)).toEqual([]);
  entrance.script.subject = 'mallory';
  expect(await entrance.signIn(openLine('127.0.0.1'), newDevice())).toMatchObject({ problem: { code: 'not-invited' } });
  expect(Object.keys(entrance.log.settled.people)).toEqual([]);

  const yard = await openYard('user', false);
  onTestFinished(() => yard.close());
  const claim = { kind: 'sub', value: 'mallory' };
  for (const by of [yard.connection(), yard.mine])
    expect(await yard.dispatch.request(by, 'person.add', { name: 'mallory', claim, role: 'superuser' })).toMatchObject({
      problem: { code: by === yard.mine ? 'denied' : 'not-signed-in' },
    });
});
