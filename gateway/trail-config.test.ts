// The part of config.json about the trail, as the README shows it.
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { configSchema } from './config.ts';
import { requests } from './protocol/operator.ts';

const config = (more: unknown) => ({
  version: 1,
  name: 'harbour',
  listen: '0.0.0.0:7443',
  provider: { issuer: 'https://id.harbour.example', clientId: 'sallyport' },
  ...(typeof more === 'object' ? more : {}),
});
const fits = (more: unknown): boolean => v.safeParse(configSchema, config(more)).success;

const example = `{
  "anchors": [
    { "kind": "file", "name": "vault", "path": "/srv/vault/harbour.jsonl" },
    { "kind": "s3", "name": "bucket", "bucket": "harbour-trail", "region": "eu-central-1",
      "credentialsFile": "/etc/sallyport/s3.json", "lockDays": 400 },
    { "kind": "syslog", "name": "siem", "host": "logs.example", "port": 6514, "caFile": "/etc/sallyport/siem.pem" },
    { "kind": "gateway", "name": "lighthouse", "url": "https://lighthouse.example:7443", "caFile": "/etc/sallyport/lighthouse.pem" }
  ],
  "anchored": [
    { "name": "island", "chain": "chn_01j0000000000000000000000", "rootKey": "Yk7mV3w0mXo2m0x1Qn8t4v6b9c2d5e8f1g4h7j0k3m6" }
  ],
  "trail": { "lateMs": 300000, "staleMs": 3600000 }
}`;

test('S75: the example of the README is a config: four kinds of anchors, and the heads of another gateway', () => {
  const told = v.parse(configSchema, config(JSON.parse(example)));
  expect(told.anchors.map(({ kind }) => kind)).toEqual(['file', 's3', 'syslog', 'gateway']);
  expect(told.anchors[1]).toMatchObject({ prefix: 'sallyport', lockDays: 400 });
  expect(told.trail).toMatchObject({ anchorMs: 50_000, lateMs: 300_000, staleMs: 3_600_000 });
});

test('A10: a head goes out at least once a minute, whatever is set; unknown settings are refused, not passed over (A6)', () => {
  expect(fits({})).toBe(true);
  expect(fits({ trail: { anchorMs: 55_000 } })).toBe(true);
  expect(fits({ trail: { anchorMs: 60_000 } })).toBe(false);
  expect(fits({ anchors: [{ kind: 'file', name: 'vault', path: '/x', mode: 'best-effort' }] })).toBe(false);
  expect(fits({ anchors: [{ kind: 'paper', name: 'vault' }] })).toBe(false);
  expect(fits({ anchors: [{ kind: 'file', name: '../vault', path: '/x' }] })).toBe(false);
  expect(fits({ anchored: [{ name: 'a/b', chain: 'c', rootKey: 'k' }] })).toBe(false);
});

test('A4: where heads and events go cannot be set through the API: no request that anybody can make takes it', () => {
  const takes = Object.entries(requests).map(([name, { takes: schema }]) => [name, JSON.stringify(schema)] as const);
  expect(takes.length).toBeGreaterThan(80);
  expect(takes.filter(([name]) => /anchor|sink|alert/.test(name)).map(([name]) => name)).toEqual([
    'sink.list',
    'sink.test',
    'alert.list',
  ]);
  // A name in a request is a reference: what it is a name of stands in config.json.
  const settable = /"(anchors|anchored|sinks|alerts|trail|lockDays|credentialsFile|secretFile|staleMs|lateMs|caFile)":/;
  expect(takes.filter(([, schema]) => settable.test(schema))).toEqual([]);
});
