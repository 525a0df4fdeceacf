// Against real TLS and TCP servers of this process; rsyslogd itself takes them in fixtures/stories/anchors.world.ts.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer as createPlain, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTls } from 'node:tls';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { code, good, problem } from '../../fixtures/outcome.ts';
import { jsonSafe } from '../protocol/safe-text.ts';
import { makeAuthority, serverCertificate } from './ca.ts';
import { realChance } from './chance.ts';
import { realClock } from './clock.ts';
import { openSyslog, type Syslog, type SyslogPorts } from './syslog.ts';
import { type SyslogMessage, syslogFrame, syslogLine } from './syslog-message.ts';

const message = (text: string, more: Partial<SyslogMessage> = {}): SyslogMessage => ({
  severity: 'info',
  at: Date.UTC(2026, 10, 23, 7, 5, 7, 9),
  host: 'gw1',
  id: 'audit.head',
  facts: {},
  text,
  ...more,
});

/** What a receiver reads, frame by frame (RFC 5425 §4.3). */
function framesOf(bytes: Buffer): string[] {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.subarray(at, space).toString());
    if (space === -1 || !Number.isInteger(length) || space + 1 + length > bytes.length) break;
    out.push(bytes.subarray(space + 1, space + 1 + length).toString());
    at = space + 1 + length;
  }
  return out;
}

/** A receiver: what it read so far, over all connections. */
async function receiver(server: Server): Promise<{
  readonly port: number;
  readonly sockets: Socket[];
  readonly read: () => string[];
  until(so: () => boolean): Promise<void>;
}> {
  const sockets: Socket[] = [];
  const pieces: Buffer[][] = [];
  let wake = (): void => undefined;
  server.on(
    server.listenerCount('secureConnection') >= 0 && 'setSecureContext' in server ? 'secureConnection' : 'connection',
    (socket: Socket) => {
      const own: Buffer[] = [];
      pieces.push(own);
      sockets.push(socket);
      wake();
      socket.on('error', () => undefined);
      socket.on('data', (piece) => {
        own.push(Buffer.from(piece));
        wake();
      });
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    read: () => pieces.flatMap((own) => framesOf(Buffer.concat(own))),
    async until(so) {
      while (!so())
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
  };
}

const to = (port: number, more: Partial<SyslogPorts> = {}): Syslog => {
  const opened = openSyslog({ host: '127.0.0.1', port, caPem: undefined, plain: true, clock: realClock, ...more });
  onTestFinished(() => opened.close());
  return opened;
};

async function tlsServer(hosts: readonly string[]): Promise<{ readonly server: Server; readonly caPem: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'syslog-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { ca: path.join(folder, 'ca.pem'), keys: folder };
  await makeAuthority(files, 'receiver', Date.now(), realChance.bytes(16));
  const { certificatePem, keyPem } = await serverCertificate(files, hosts, Date.now(), realChance.bytes(16));
  return { server: createTls({ cert: certificatePem, key: keyPem }), caPem: await readFile(files.ca, 'utf8') };
}

test('S77: a line is RFC 5424: priority of the audit facility, UTC, words of the header, escaped facts, BOM only before what is not ASCII', () => {
  expect(syslogLine(message('{"size":3}', { facts: { chain: 'ws_1', size: 3 } }))).toBe(
    '<110>1 2026-11-23T07:05:07.009Z gw1 sallyport-gateway - audit.head [sallyport@32473 chain="ws_1" size="3"] {"size":3}',
  );
  expect(syslogLine(message('né', { severity: 'alert', facts: { why: 'a "b" ]\\' } }))).toBe(
    '<105>1 2026-11-23T07:05:07.009Z gw1 sallyport-gateway - audit.head [sallyport@32473 why="a \\"b\\" \\]\\\\"] \uFEFFné',
  );
  expect(syslogLine(message('', { severity: 'warning', host: 'a b\n', id: '' }))).toBe(
    '<108>1 2026-11-23T07:05:07.009Z a_b_ sallyport-gateway - - -',
  );
});

test('S77: nothing said can end a line, a fact or a frame: any text, any facts; JSON passes unchanged (property)', () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 2 }),
      fc.constantFrom('\n', '\r', '\0', '\x1b', '\x9b', '"', ']', '\\', '\u2028', '\uFEFF', ' '),
    ),
  });
  fc.assert(
    fc.property(hostile, hostile, fc.dictionary(hostile, hostile, { maxKeys: 4 }), (text, host, facts) => {
      const line = syslogLine(message(text, { host, id: host, facts }));
      expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(line.isWellFormed()).toBe(true);
      const parts =
        /^<110>1 \S{24} [!-~]{1,255} sallyport-gateway - [!-~]{1,32} (-|\[sallyport@32473(?: [^ ="\]]{1,32}="(?:[^"\\\]]|\\["\\\]])*")+\])(?: .*)?$/u;
      expect(line).toMatch(parts);
      const json = jsonSafe({ text });
      expect(syslogLine(message(json)).replace('\uFEFF', '').endsWith(` ${json}`)).toBe(true);
      expect(framesOf(Buffer.concat([syslogFrame(message(text)), syslogFrame(message('next'))]))).toHaveLength(2);
    }),
    { numRuns: 30 },
  );
});

test('S77: over TLS, in order, on one connection; a receiver whose certificate nobody vouches for gets nothing', async () => {
  const { server, caPem } = await tlsServer(['127.0.0.1']);
  const there = await receiver(server);
  const syslog = to(there.port, { plain: false, caPem });
  expect(await Promise.all([1, 2, 3].map((n) => syslog.send([message(`${n}a\nb`), message(`${n}c`)])))).toEqual(
    [1, 2, 3].map(() => ({ ok: true, value: undefined })),
  );
  await there.until(() => there.read().length === 6);
  expect(there.read().map((line) => line.split(' - ').at(-1)?.replace('\uFEFF', ''))).toEqual([
    '1a␊b',
    '1c',
    '2a␊b',
    '2c',
    '3a␊b',
    '3c',
  ]);
  expect(there.sockets).toHaveLength(1);
  const trusting = to(there.port, { plain: false });
  expect(problem(await trusting.send([message('x')]))?.detail).toMatch(/certificate/);
  const misnamed = to(there.port, { plain: false, caPem, host: 'localhost' });
  expect(problem(await misnamed.send([message('x')]))?.code).toBe('unreachable');
});

test('S77: what stood in the buffers of a receiver that died is written again first; while it is away, sending is refused with the cause', async () => {
  const first = await receiver(createPlain());
  const syslog = to(first.port);
  good(await syslog.send([message('one'), message('two')]));
  await first.until(() => first.read().length === 2);
  first.sockets[0]?.destroy();
  await first.until(() => first.sockets[0]?.destroyed === true);
  good(await syslog.send([message('three')]));
  good(await syslog.send([message('four')]));
  await first.until(() => first.read().some((line) => line.endsWith(' four')));
  const words = first.read().map((line) => line.split(' ').at(-1));
  expect(words.slice(0, 4)).toEqual(['one', 'two', 'one', 'two']);
  expect(words.filter((word) => word === 'three').length).toBeGreaterThanOrEqual(1);

  const nobody = await receiver(createPlain());
  const away = to(nobody.port);
  good(await away.send([message('x')]));
  await nobody.until(() => nobody.sockets.length === 1);
  await away.close();
  expect(code(await away.send([message('y')]))).toBe('unreachable');
});

test('D10: without TLS only to this machine', async () => {
  expect(problem(await to(514, { host: '192.0.2.1' }).send([message('x')]))?.detail).toBe('without TLS only on loopback');
});
