// A real HTTP server that checks the signature of every request (AWS Signature Version 4) and keeps objects as S3 answers for them. It locks nothing: what
// a bucket does with the lock it is asked for is not proven here.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openMemoryTrail } from '../../fixtures/memory-trail.ts';
import { code, good, problem } from '../../fixtures/outcome.ts';
import { lockNote, objectKey, openS3Anchor } from './anchor-s3.ts';
import { makeAuthority, serverCertificate } from './ca.ts';
import { realChance } from './chance.ts';

const secret = 'a secret of forty letters for the bucket';
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Whether the request is signed with our key, over its headers and its body. */
function isSigned(request: IncomingMessage, body: Buffer): boolean {
  const told =
    /^AWS4-HMAC-SHA256 Credential=test\/(\d{8})\/(\S+)\/s3\/aws4_request, SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  const [, date = '', region = '', names = '', signature = ''] = told ?? [];
  const payload = String(request.headers['x-amz-content-sha256'] ?? '');
  if (told === null || payload !== sha256(body)) return false;
  const url = new URL(request.url ?? '/', 'http://x');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const canonical = [request.method, url.pathname, query, headers.join(''), names, payload].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', String(request.headers['x-amz-date']), scope, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), 's3'), 'aws4_request');
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'));
}

type Put = { readonly key: string; readonly headers: IncomingMessage['headers']; readonly body: string };

async function bucket(secure = false) {
  const puts: Put[] = [];
  const objects = new Map<string, string>();
  /** What the credentials may do. */
  const may = { read: true, list: true, put: true };
  /** It gives the same list wherever one asks it to begin. */
  const lists = { deaf: false };
  let asked = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked += 1;
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const answer = (status: number, told: string): void =>
      void response.writeHead(status, { 'content-type': 'application/xml' }).end(told);
    const error = (status: number, name: string): void =>
      answer(status, `<Error><Code>${name}</Code><Message>${name}</Message></Error>`);
    if (!isSigned(request, body)) return error(403, 'SignatureDoesNotMatch');
    const url = new URL(request.url ?? '/', 'http://x');
    const key = decodeURIComponent(url.pathname.slice('/trail/'.length));
    if (request.method === 'PUT') {
      if (!may.put) return error(503, 'SlowDown');
      if (request.headers['if-none-match'] === '*' && objects.has(key)) return error(412, 'PreconditionFailed');
      puts.push({ key, headers: request.headers, body: body.toString() });
      objects.set(key, body.toString());
      return answer(200, '');
    }
    if (key === '') {
      if (!may.list) return error(403, 'AccessDenied');
      const after = lists.deaf ? '' : (url.searchParams.get('start-after') ?? '');
      const prefix = url.searchParams.get('prefix') ?? '';
      const found = [...objects.keys()].sort().filter((name) => name.startsWith(prefix) && name > after);
      const keys = found
        .slice(0, Number(url.searchParams.get('max-keys')))
        .map((name) => `<Contents><Key>${name}</Key></Contents>`);
      return answer(200, `<ListBucketResult><IsTruncated>${found.length > 1}</IsTruncated>${keys.join('')}</ListBucketResult>`);
    }
    if (!may.read) return error(403, 'AccessDenied');
    const object = objects.get(key);
    return object === undefined ? error(404, 'NoSuchKey') : answer(200, object);
  };
  const folder = await mkdtemp(path.join(tmpdir(), 's3-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { ca: path.join(folder, 'ca.pem'), keys: folder };
  if (secure) await makeAuthority(files, 'bucket', Date.now(), realChance.bytes(16));
  const tls = secure ? await serverCertificate(files, ['127.0.0.1'], Date.now(), realChance.bytes(16)) : undefined;
  const listener = (request: IncomingMessage, response: ServerResponse): void => void serve(request, response);
  const server =
    tls === undefined ? createServer(listener) : createSecure({ cert: tls.certificatePem, key: tls.keyPem }, listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const credentialsFile = path.join(folder, 'credentials.json');
  await writeFile(credentialsFile, JSON.stringify({ accessKeyId: 'test', secretAccessKey: secret }), { mode: 0o600 });
  const config = {
    kind: 's3',
    name: 'vault',
    bucket: 'trail',
    prefix: 'sallyport',
    region: 'eu-central-1',
    endpoint: `http${secure ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentialsFile,
    lockDays: 400,
  } as const;
  return {
    puts,
    objects,
    may,
    lists,
    config,
    credentialsFile,
    asked: () => asked,
    caFile: files.ca,
    open(chain: string, more: { readonly caFile?: string } = {}) {
      const anchor = openS3Anchor({ ...config, ...more }, chain);
      onTestFinished(() => anchor.close());
      return anchor;
    },
  };
}

const hash = (n: number): string => n.toString(16).padStart(64, '0');
function trailOf(size: number) {
  const trail = openMemoryTrail({ now: () => Date.UTC(2026, 10, 23) });
  trail.append(...Array.from({ length: size }, (_, at) => hash(at)));
  return trail;
}

test('S75: a head is an object made only where there is none, with object lock in compliance mode asked for, signed (lock not proven here)', async () => {
  const there = await bucket();
  const trail = trailOf(12);
  const anchor = there.open(trail.chain);
  expect(anchor.note).toBe(lockNote);
  // Nothing is asked before there is something to deliver.
  expect(there.asked()).toBe(0);
  good(await anchor.take([trail.headAt(3), trail.headAt(12)]));
  expect(there.puts.map(({ key }) => key)).toEqual([
    `sallyport/${trail.chain}/0000000000000003.json`,
    `sallyport/${trail.chain}/0000000000000012.json`,
  ]);
  for (const [at, { headers, body }] of there.puts.entries()) {
    const signed = /SignedHeaders=(\S+),/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
    expect(headers).toMatchObject({
      'if-none-match': '*',
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': new Date(Date.UTC(2026, 10, 23) + 400 * 86_400_000)
        .toISOString()
        .replace('.000', ''),
    });
    expect(signed).toEqual(
      expect.arrayContaining([
        'if-none-match',
        'x-amz-object-lock-mode',
        'x-amz-object-lock-retain-until-date',
        'x-amz-checksum-sha256',
      ]),
    );
    expect(JSON.parse(body)).toEqual(trail.headAt([3, 12][at] ?? 0));
  }
  // Again what it has: nothing is overwritten, and all is well.
  good(await anchor.take([trail.headAt(12)]));
  expect(there.puts).toHaveLength(2);
});

test('A35: the newest is found by listing, in few requests; another head of the same size is another log; who may not look knows nothing', async () => {
  const there = await bucket();
  const trail = trailOf(2000);
  const anchor = there.open(trail.chain);
  expect(good(await anchor.newest())).toEqual({ held: 'nothing' });
  good(await anchor.take([7, 9, 1000, 1999].map((size) => trail.headAt(size))));
  const before = there.asked();
  expect(good(await anchor.newest())).toEqual({ held: 'head', size: 1999, root: trail.headAt(1999).root });
  expect(there.asked() - before).toBeLessThan(70);
  for (let size = 1; size <= 70; size += 7) {
    there.objects.set(objectKey('sallyport', trail.chain, 2000 * size), JSON.stringify(trail.headAt(5)));
    expect(good(await anchor.newest())).toMatchObject({ size: 2000 * size });
  }

  const other = trail.copy(5);
  other.append(hash(901), hash(902));
  expect(problem(await anchor.take([other.headAt(7)]))).toMatchObject({ code: 'verification' });
  there.may.read = false;
  expect(good(await anchor.newest())).toMatchObject({ held: 'head', root: undefined });
  // Whoever may only create cannot tell whose it is, and overwrites nothing.
  good(await anchor.take([trail.headAt(9)]));
  there.may.list = false;
  expect(good(await anchor.newest())).toEqual({ held: 'unknown' });
  expect(there.puts).toHaveLength(4);
});

test('A35: a bucket that does not give the list that it is asked for is not asked for ever', async () => {
  const there = await bucket();
  const trail = trailOf(9);
  const anchor = there.open(trail.chain);
  good(await anchor.take([trail.headAt(7), trail.headAt(9)]));
  there.lists.deaf = true;
  expect(problem(await anchor.newest())).toMatchObject({ code: 'unreachable', detail: expect.stringContaining('list') });
  expect(there.asked()).toBeLessThan(10);
});

test('A34: a bucket that does not take it, credentials that are not there, and a line that is not private: refused with the cause, without the secret', async () => {
  const there = await bucket();
  const trail = trailOf(3);
  const anchor = there.open(trail.chain);
  there.may.put = false;
  expect(problem(await anchor.take([trail.headAt(3)]))).toMatchObject({ code: 'unreachable', detail: 'SlowDown' });
  // Tried again by the loop, not here.
  expect(there.asked()).toBe(1);
  there.may.put = true;
  good(await anchor.take([trail.headAt(3)]));

  await writeFile(there.credentialsFile, JSON.stringify({ accessKeyId: 'test', secretAccessKey: 'wrong' }));
  expect(problem(await there.open(trail.chain).take([trail.headAt(3)]))?.detail).toMatch(/Signature/);
  await writeFile(there.credentialsFile, `{"secret":"${secret}"}`);
  const without = problem(await there.open(trail.chain).take([trail.headAt(3)]));
  expect(without?.detail).toMatch(/holds no accessKeyId/);
  expect(JSON.stringify(without)).not.toContain(secret);
  await chmod(there.credentialsFile, 0o640);
  expect(problem(await there.open(trail.chain).take([trail.headAt(3)]))?.detail).toMatch(/can be read by others/);
  const far = openS3Anchor({ ...there.config, endpoint: 'http://192.0.2.1:9000' }, trail.chain);
  expect(problem(await far.take([trail.headAt(3)]))?.detail).toMatch(/only https/);
  expect(code(await far.newest())).toBe('unreachable');
});

test('D10: over TLS under an authority of its own; a bucket nobody vouches for gets nothing', async () => {
  const there = await bucket(true);
  const trail = trailOf(3);
  good(await there.open(trail.chain, { caFile: there.caFile }).take([trail.headAt(3)]));
  expect(there.puts).toHaveLength(1);
  expect(problem(await there.open(trail.chain).take([trail.headAt(2)]))?.detail).toMatch(/certificate/);
  expect(there.puts).toHaveLength(1);
});
