import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { isPrivateEnough, ProviderUnreachable, providerFetch } from './provider-fetch.ts';

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
const get = { method: 'GET', headers: {} };

test('an answer comes as it is: status, headers, body; a redirect is an answer, not followed', async () => {
  const asked: string[] = [];
  const address = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(302, { location: '/elsewhere', 'x-a': 'b' }).end('{}');
  });
  const response = await providerFetch(undefined, 5_000)(address, get);
  expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([302, 'b', '{}']);
  expect(asked).toEqual(['/']);
});

test('an endless answer, one that never comes, one that breaks off, a failing proxy: unreachable, each', async () => {
  const endless = await serve((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    more();
  });
  const silent = await serve(() => undefined);
  const cut = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  const failing = await serve((_request, response) => response.writeHead(503).end());
  await expect(providerFetch(undefined, 10_000)(endless, get)).rejects.toBeInstanceOf(ProviderUnreachable);
  await expect(providerFetch(undefined, 200)(silent, get)).rejects.toMatchObject({ message: 'no answer in time' });
  await expect(providerFetch(undefined, 10_000)(cut, get)).rejects.toBeInstanceOf(ProviderUnreachable);
  await expect(providerFetch(undefined, 10_000)(failing, get)).rejects.toMatchObject({ message: 'status 503' });
});

test('an abort is told as one, not as a provider that is away', async () => {
  const silent = await serve(() => undefined);
  const abort = new AbortController();
  const asking = providerFetch(undefined, 10_000)(silent, { ...get, signal: abort.signal });
  abort.abort();
  await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
});

test('[D10] what counts as a private line', () => {
  for (const good of ['https://idp.example/', 'http://127.0.0.1:1/', 'http://localhost/', 'http://[::1]/'])
    expect(isPrivateEnough(new URL(good))).toBe(true);
  for (const bad of [
    'http://idp.example/',
    'http://127.0.0.1.nip.example/',
    'http://localhost.example/',
    'ftp://127.0.0.1/',
    'http://0.0.0.0/',
  ])
    expect(isPrivateEnough(new URL(bad))).toBe(false);
});
