import * as v from 'valibot';
import { expect, test } from 'vitest';
import { checkExitCode, checklist } from './check.ts';
import type { CheckedAnchor, CheckedPerson, CheckFacts, CheckVerdict } from './check-line.ts';
import { type Config, configSchema } from './config.ts';
import { fine, refuse } from './protocol/errors.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const config: Config = v.parse(configSchema, {
  version: 1,
  name: 'harbour',
  listen: '0.0.0.0:7443',
  provider: { issuer: 'https://id.harbour.example', clientId: 'sallyport' },
});
const person = (name: string, more: Partial<CheckedPerson> = {}): CheckedPerson => ({
  name,
  role: 'superuser',
  status: 'active',
  hasFactor: true,
  addedAt: now - 300 * day,
  ...more,
});
const good: CheckFacts = {
  now,
  data: '/var/lib/sallyport',
  config,
  files: { count: 12, loose: [], foreign: [], missingKeys: [], strange: [], unreadable: [] },
  lock: 'held',
  log: { verdict: 'intact', reason: '', records: 40 },
  savedState: 'there',
  lastRecordAt: now - 1000,
  certificates: fine({ authority: now + 3000 * day, server: now + 200 * day }),
  provider: fine({ deviceFlow: true, algorithms: ['ES256'], keys: 2 }),
  disk: { free: 40_000 * 2 ** 20, total: 100_000 * 2 ** 20 },
  people: [
    person('ana'),
    person('omar'),
    person('uma', { role: 'user', status: 'invited', hasFactor: false, addedAt: now - day }),
  ],
  factorRequired: true,
  duties: [
    { tier: 'normal', alone: ['ana', 'omar'], own: [] },
    { tier: 'critical', alone: [], own: [] },
  ],
  anchors: { rows: [{ name: 'vault', against: undefined, takenAt: now - 40_000, waitsSince: now - 10_000 }] },
};
const anchor = (more: Partial<CheckedAnchor>): Partial<CheckFacts> => ({
  anchors: { rows: [{ name: 'vault', against: undefined, takenAt: now - 40_000, waitsSince: undefined, ...more }] },
});
const limits = (more: Partial<Config['limits']>): Partial<CheckFacts> => ({
  config: { ...config, limits: { ...config.limits, ...more } },
});
const provider = (more: Partial<Config['provider']>): Partial<CheckFacts> => ({
  config: { ...config, provider: { ...config.provider, ...more } },
});
const files = (more: Partial<CheckFacts['files']>): Partial<CheckFacts> => ({ files: { ...good.files, ...more } });

test('S32: where everything is as it should be, every line passes, nothing is to be mended, and the exit code is 0', () => {
  const lines = checklist(good);
  expect(lines.filter(({ verdict, fix }) => verdict !== 'pass' || fix !== undefined)).toEqual([]);
  expect(checkExitCode(lines)).toBe(0);
  expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
});

test('a log whose oldest segments were purged as recorded is as good as a whole one', () => {
  const lines = checklist({ ...good, log: { verdict: 'purged', reason: '', records: 40 } });
  expect(checkExitCode(lines)).toBe(0);
});

const altered = { verdict: 'altered', records: 3 } as const;
const cases: readonly (readonly [string, Partial<CheckFacts>, Readonly<Record<string, CheckVerdict>>, RegExp])[] = [
  ['a file that others may read', files({ loose: ['vault.json'] }), { folder: 'fail' }, /vault\.json.*chmod -R go-rwx/s],
  ['a key that others may read', files({ loose: ['keys/vault.key'] }), { keys: 'fail' }, /keys\/vault\.key/],
  ['a file of somebody else', files({ foreign: ['state.json'] }), { folder: 'fail' }, /state\.json.*chown/s],
  ['a key of somebody else', files({ foreign: ['keys/ca.key'] }), { keys: 'fail' }, /chown/],
  ['no anchor', { anchors: { rows: [] } }, { anchors: 'fail' }, /No anchor is configured.*"anchors".*config\.json/s],
  [
    'an anchor that is behind',
    anchor({ waitsSince: now - 400_000 }),
    { anchors: 'fail' },
    /5 minutes: vault\..*sallyport audit anchors/s,
  ],
  ['an anchor of our own', anchor({ against: 'it is on this host' }), { anchors: 'fail' }, /vault \(it is on this host\)/],
  ['an anchor that took nothing yet', anchor({ takenAt: undefined }), { anchors: 'unknown' }, /wait a minute/],
  ['a planted link', files({ strange: ['head.json'] }), { folder: 'fail' }, /head\.json/],
  ['a key that is gone', files({ missingKeys: ['keys/gateway.key'] }), { keys: 'fail' }, /gateway\.key.*backup/s],
  [
    'what may not be looked at',
    files({ unreadable: ['keys'] }),
    { folder: 'unknown', keys: 'unknown' },
    /as the user of the gateway/,
  ],
  ['something in place of the lock', { lock: 'blocked' }, { lock: 'fail' }, /gateway\.lock/],
  [
    'an altered record',
    {
      log: { ...altered, seq: 3, reason: 'it does not have its hash' },
      people: undefined,
      factorRequired: undefined,
      duties: undefined,
      lastRecordAt: undefined,
    },
    {
      'audit-log': 'fail',
      'saved-state': 'unknown',
      clock: 'unknown',
      superusers: 'unknown',
      'superuser-factors': 'unknown',
      'factor-required': 'unknown',
      invitations: 'unknown',
      'separation-of-duties': 'unknown',
    },
    /record 3.*does not have its hash.*verify --data/s,
  ],
  [
    'a saved state that the log did not seal',
    { log: { ...altered, reason: 'the saved state: it is not sealed' } },
    { 'saved-state': 'fail' },
    /--rebuild/,
  ],
  [
    'a saved state that cannot be read',
    { log: { ...altered, records: 0, reason: 'the saved state: it is not JSON' } },
    { 'audit-log': 'unknown', 'saved-state': 'fail' },
    /not JSON/,
  ],
  ['no saved state', { savedState: 'missing' }, { 'saved-state': 'fail' }, /--rebuild/],
  ['a clock three hours behind', { lastRecordAt: now + 3 * 3_600_000 }, { clock: 'fail' }, /3 hours behind/],
  ['less than the floor free', { disk: { free: 499 * 2 ** 20, total: 1000 * 2 ** 20 } }, { disk: 'fail' }, /499 MiB of 1000/],
  ['less than a twentieth free', { disk: { free: 4_000 * 2 ** 20, total: 100_000 * 2 ** 20 } }, { disk: 'fail' }, /4000 MiB/],
  ['floors set too low', limits({ diskHardFloorBytes: 2 ** 20 }), { disk: 'fail' }, /diskHardFloorBytes/],
  ['a disk that does not say', { disk: undefined }, { disk: 'unknown' }, /cannot be told/],
  ['no TLS for everybody', { config: { ...config, tls: false } }, { tls: 'fail' }, /0\.0\.0\.0:7443.*"tls": true/s],
  [
    'a certificate with 29 days',
    { certificates: fine({ authority: now + 3000 * day, server: now + 29 * day }) },
    { certificate: 'fail' },
    /restart/,
  ],
  [
    'an authority with 100 days',
    { certificates: fine({ authority: now + 100 * day, server: now + 90 * day }) },
    { certificate: 'fail' },
    /authority ends on 2026-09-09/,
  ],
  [
    'no certificate that can be read',
    { certificates: refuse('not-initialised', 'ca.pem is missing') },
    { certificate: 'fail' },
    /ca\.pem is missing/,
  ],
  [
    'an issuer by plain http elsewhere',
    provider({ issuer: 'http://id.harbour.example' }),
    { issuer: 'fail' },
    /http:\/\/id\.harbour\.example/,
  ],
  [
    'a provider that is away',
    { provider: refuse('provider-down', 'connect ECONNREFUSED') },
    { provider: 'fail', 'device-flow': 'unknown' },
    /ECONNREFUSED.*curl/s,
  ],
  [
    'a provider without keys',
    { provider: fine({ deviceFlow: true, algorithms: ['ES256'], keys: 0 }) },
    { provider: 'fail' },
    /no keys/,
  ],
  [
    'a provider without device flow',
    { provider: fine({ deviceFlow: false, algorithms: ['ES256'], keys: 1 }) },
    { 'device-flow': 'fail' },
    /RFC 8628/,
  ],
  [
    'T7: sign-ins of 13 hours',
    limits({ loginMs: 13 * 3_600_000 }),
    { timeouts: 'fail' },
    /loginMs is 13 hours, more than 12 hours/,
  ],
  ['T7: idle for 31 minutes', limits({ loginIdleMs: 31 * 60_000 }), { timeouts: 'fail' }, /loginIdleMs is 31 minutes/],
  [
    'T7: critical sessions of a day',
    limits({ sessionMs: { normal: day, important: day, critical: day } }),
    { timeouts: 'fail' },
    /sessionMs\.critical is 24 hours, more than 8 hours/,
  ],
  ['one superuser', { people: [person('ana')] }, { superusers: 'fail' }, /ana is the only.*users add/s],
  [
    'nobody came yet',
    { people: [person('ana', { status: 'invited', hasFactor: false })] },
    { superusers: 'fail', 'superuser-factors': 'unknown', invitations: 'fail' },
    /sallyport login/,
  ],
  [
    'a suspended superuser counts for nothing',
    { people: [person('ana'), person('bea', { status: 'suspended' })] },
    { superusers: 'fail' },
    /only active/,
  ],
  [
    'a superuser without a factor',
    { people: [person('ana'), person('bea', { hasFactor: false })] },
    { 'superuser-factors': 'fail' },
    /bea.*totp enroll/s,
  ],
  ['a factor is not required', { factorRequired: false }, { 'factor-required': 'fail' }, /not required/],
  [
    'S50: two who can give each other critical servers',
    { duties: [{ tier: 'critical', alone: ['ana', 'omar'], own: [] }] },
    { 'separation-of-duties': 'fail' },
    /each other.*third person: ana, omar.*grant\.single/s,
  ],
  [
    'S50: somebody who can approve their own request',
    { duties: [{ tier: 'normal', alone: [], own: ['ana'] }] },
    { 'separation-of-duties': 'fail' },
    /their own on normal servers: ana/,
  ],
  ['S50: policies that cannot be asked', { duties: undefined }, { 'separation-of-duties': 'unknown' }, /cannot be told/],
  [
    'an invitation of 15 days',
    { people: [...(good.people ?? []), person('rob', { role: 'user', status: 'invited', addedAt: now - 15 * day })] },
    { invitations: 'fail' },
    /rob.*users rm rob/s,
  ],
  [
    'an invitation of which the log says nothing',
    { people: [...(good.people ?? []), person('rob', { role: 'user', status: 'invited', addedAt: undefined })] },
    { invitations: 'unknown' },
    /since when/,
  ],
];

test.each(cases)('S32: %s: that line says so, and what mends it; no other line changes', (_what, change, expected, words) => {
  const lines = checklist({ ...good, ...change });
  const wrong = lines.filter(({ verdict }) => verdict !== 'pass');
  expect(Object.fromEntries(wrong.map(({ id, verdict }) => [id, verdict]))).toEqual(expected);
  expect(wrong.map(({ sentence, fix }) => `${sentence} ${fix}`).join('\n')).toMatch(words);
  expect(wrong.every(({ fix }) => fix !== undefined && fix !== '')).toBe(true);
  expect(checkExitCode(lines)).toBe(7);
});

test('S32: plain sockets and a plain issuer are good on loopback only', () => {
  const local = {
    ...config,
    tls: false,
    listen: '127.0.0.1:7443',
    provider: { ...config.provider, issuer: 'http://[::1]:8080/x' },
  };
  expect(checkExitCode(checklist({ ...good, config: local }))).toBe(0);
});
