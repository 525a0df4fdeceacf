// The TLS session of a line gone on with at its next connection, over real TLS and a proxy that counts.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProxy, type Proxy } from '../../fixtures/proxy.ts';
import { type Peer, startPeer } from '../../fixtures/shots/peer.ts';
import { makeAuthority, type ServerCertificate, serverCertificate } from '../../gateway/outside/ca.ts';
import { gatewayAddress } from './address.ts';
import { connect } from './connection.ts';
import { type Link, openLink } from './link.ts';
import { realPace } from './pace.ts';
import { openTicket } from './ticket.ts';

let folder: string;
let ca: string;
let certificate: ServerCertificate;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-ticket-'));
  const files = { ca: join(folder, 'ca.pem'), keys: folder };
  ca = await makeAuthority(files, 'own', Date.now(), randomBytes(20));
  certificate = await serverCertificate(files, ['127.0.0.1'], Date.now(), randomBytes(20));
});
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

async function gateway(): Promise<Peer> {
  const peer = await startPeer({ script: {}, tls: { key: certificate.keyPem, cert: certificate.certificatePem } });
  ends.push(() => peer.close());
  return peer;
}
async function lineTo(peer: Peer, port?: number): Promise<Proxy> {
  const proxy = await openProxy({
    target: { host: '127.0.0.1', port: Number(new URL(peer.url).port) },
    ...(port ? { port } : {}),
  });
  ends.push(() => proxy.close());
  return proxy;
}
async function again(link: Link): Promise<void> {
  while (link.state().state !== 'open') await new Promise<void>((resolve) => link.onState(() => resolve()));
}
const quick = { ...realPace, chance: () => 0 };

test('[S10, D10] a reset line comes back with its TLS session: no certificate, a third of the bytes; a gateway that knows it not is met as at first', async () => {
  const peer = await gateway();
  const line = await lineTo(peer);
  const opened = await openLink({ url: `https://127.0.0.1:${line.port}`, env: {}, ca, pace: quick });
  if (!opened.ok) throw new Error(JSON.stringify(opened.problem));
  const link = opened.value;
  ends.push(() => link.close());
  const bytes = (): number => link.figures().bytesIn + link.figures().bytesOut;
  const whole = bytes();
  const costs: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const before = bytes();
    line.cut();
    while (link.state().state === 'open') await new Promise<void>((resolve) => link.onState(() => resolve()));
    await again(link);
    costs.push(bytes() - before);
  }
  expect(Math.max(...costs)).toBeLessThan(whole * 0.45);

  // Another process at the same address, which never gave that session: begun anew, with the keys of a first connection.
  const other = await gateway();
  await line.close();
  const moved = await lineTo(other, line.port);
  while (link.state().state === 'open') await new Promise<void>((resolve) => link.onState(() => resolve()));
  await again(link);
  expect(link.state()).toMatchObject({ welcome: { gateway: other.key } });
  expect(moved.bytesUp + moved.bytesDown).toBeGreaterThan(whole);
});

test('[D10] a session is of one authority: under another it is not used, and the gateway is refused', async () => {
  const peer = await gateway();
  const keys = join(folder, 'keys-of-another');
  await mkdir(keys);
  const another = await makeAuthority({ ca: join(keys, 'ca.pem'), keys }, 'another', Date.now(), randomBytes(20));
  const address = gatewayAddress(peer.url);
  if (!address.ok) throw new Error(address.problem.code);
  const ticket = openTicket();
  const line = {
    address: address.value,
    env: {},
    pace: realPace,
    ticket,
    onPush: () => {},
    onFrame: () => {},
    onClose: () => {},
  };
  const first = await connect({ ...line, ca });
  if (!first.ok) throw new Error(first.problem.code);
  first.value.close();
  expect(ticket.session(ca)).toBeDefined();
  expect(ticket.session(another)).toBe(undefined);
  expect(await connect({ ...line, ca: another })).toMatchObject({ ok: false, problem: { code: 'untrusted' } });
  // Whoever could not be trusted takes the ticket along.
  expect(ticket.session(ca)).toBe(undefined);
});
