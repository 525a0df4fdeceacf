import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryEvent } from '../../fixtures/events.ts';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openKeptLog } from '../../fixtures/kept-log.ts';
import { good } from '../../fixtures/outcome.ts';
import { mintToken } from '../identity/token.ts';
import { createVaultKey, openVault } from '../outside/vault.ts';
import { events } from '../protocol/events.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { freeFields, redactedEvent, redactedText } from './redact.ts';

const random = (length: number, of = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'): string =>
  Array.from({ length }, (_, i) => of[(i * 7 + length) % of.length]).join('');
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Text with a secret in it, and what must not be left of it. Made here, so that no scanner takes this file for a leak. */
const secrets: readonly (readonly [text: string, secret: string])[] = [
  ...[
    mintToken(new Uint8Array(32)),
    `${'gh'}p_${random(36)}`,
    `${'github'}_pat_${random(40)}`,
    `${'gl'}pat-${random(20)}`,
    `${'xo'}xb-${random(12)}-${random(12)}`,
    `${'AK'}IA${random(16, upper)}`,
    `${'AI'}za${random(35)}`,
    `${'sk'}_live_${random(24)}`,
    `${'sk'}-ant-${random(40)}`,
    `${'np'}m_${random(36)}`,
    `${'hv'}s.${random(24)}`,
    `${'ey'}J${random(20)}.${'ey'}J${random(30)}.${random(43)}`,
    `otpauth://totp/Sallyport:ana?secret=${random(32, upper)}`,
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${random(200)}\n-----END OPENSSH PRIVATE KEY-----`,
    `-----BEGIN RSA PRIVATE KEY-----\n${random(300)}`,
  ].flatMap((secret): readonly (readonly [string, string])[] => [
    [`INC-7: it is ${secret} for now`, secret],
    [secret, secret],
    [`curl -H "X-Key: ${secret}" https://example.com`, secret],
  ]),
  ['postgres://app:hunter2secret@db-1/app', 'hunter2secret'],
  ['see https://ana:p4ssw0rd!@git.example/x.git', 'p4ssw0rd!'],
  ['Authorization: Bearer abcdef0123456789abcdef', 'abcdef0123456789abcdef'],
  ['authorization: basic YWxhZGRpbjpvcGVuc2VzYW1l=', 'YWxhZGRpbjpvcGVuc2VzYW1l'],
  ['the password is password: correct-horse', 'correct-horse'],
  ['DB_PASSWORD=swordfish99 ./migrate', 'swordfish99'],
  ['{"api_key":"abc123def456"}', 'abc123def456'],
  ['mysql --password hunter2 -h db-1', 'hunter2'],
  ['tool --token=zzz999yyy run', 'zzz999yyy'],
  ["secret = 'open sesame'", 'open'],
  ['Passphrase: tr0ub4dor&3', 'tr0ub4dor'],
];

/** What people write every day, and must stand as they wrote it. */
const plain: readonly string[] = [
  'INC-4711: the disk of db-1 is full',
  'rotate the password of the app tonight',
  'token bucket limits were too low',
  'she lost her authenticator; secret santa is on friday',
  'https://wiki.example/runbooks/keys#rotation',
  'basic checks passed, bearer of bad news',
  'restart of key-server and api-gateway (see #1234)',
  'commit 8497253f0e1d2c3b4a5968778695a4b3c2d1e0ff rolled back',
  'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'srv_abcdefghijkmnpqrstuvwxyz23 and ses_abcdefghijkmnpqrstuvwxyz23 are one case',
  'type:session.* actor:uma since:2h "free text" outcome:denied',
  'pass the salt, no: two',
  'mkdir -p secret && ls --token',
  '서버 점검: 디스크 교체',
  'eyJ is how a token begins',
  'npm_config_registry is not set',
];

test('S76: every kind of secret is taken out of free text, and what stands around it stays', () => {
  const left = secrets.filter(([text, secret]) => redactedText(text).includes(secret));
  expect(left).toEqual([]);
  expect(redactedText('INC-7: it is AKIA'.concat(random(16, upper), ' for now'))).toBe('INC-7: it is [redacted aws-key] for now');
  expect(redactedText('postgres://app:hunter2secret@db-1/app')).toBe('postgres://app:[redacted address-password]@db-1/app');
});

test('S76: what is no secret stands as it was written', () => {
  expect(plain.filter((text) => redactedText(text) !== text)).toEqual([]);
});

test('S76: secrets this gateway keeps are known by themselves', () => {
  const known = new Set(['a-client-secret-of-ours', 'GEZDGNBVGY3TQOJQ']);
  expect(redactedText('it says a-client-secret-of-ours, in a file', known)).toBe('it says [redacted known-secret], in a file');
  expect(redactedText('seed="GEZDGNBVGY3TQOJQ"', known)).not.toContain('GEZDGNBVGY3TQOJQ');
});

test('S76: what was redacted is not redacted again, and no text takes long', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 500 }), fc.constantFrom(...secrets), (around, [text]) => {
      const once = redactedText(around + text);
      expect(redactedText(once)).toBe(once);
    }),
  );
  const began = performance.now();
  for (const piece of ['password', '-----BEGIN ', 'a://', '=', 'eyJ', '--token ', 'bearer '])
    redactedText(piece.repeat(Math.ceil(1000 / piece.length)));
  expect(performance.now() - began).toBeLessThan(500);
});

test('S76: an event is changed in its free text only, and still fits the catalogue', () => {
  const secret = `${'gh'}p_${random(36)}`;
  fc.assert(
    fc.property(arbitraryEvent, (event) => {
      const said = { ...event, data: { ...event.data, ...('why' in event.data ? { why: `x ${secret}` } : {}) } } as typeof event;
      const clean = redactedEvent(said);
      expect(JSON.stringify(clean)).not.toContain(secret);
      if (!('why' in event.data))
        expect(JSON.stringify(clean.data).length).toBeLessThanOrEqual(2 * JSON.stringify(event.data).length + 64);
    }),
  );
});

test('S76: every free text of the catalogue is among the fields looked at', () => {
  // The schemas say it by the length they allow: free text has room for a sentence.
  const sources = ['events', 'access-events', 'trail-events'].map((name) =>
    readFileSync(new URL(`../protocol/${name}.ts`, import.meta.url), 'utf8'),
  );
  const named = sources.flatMap((source) =>
    [...source.matchAll(/\b(\w+): (?:v\.optional\()?(?:text\((?:500|1000|200|512|300|128)\)|why\b)/g)].map(
      ([, name]) => name ?? '',
    ),
  );
  const typed = new Set(['policies', 'missing', 'added', 'changed', 'removed', 'subject', 'signature']);
  const loose = new Set(named.filter((name) => !freeFields.has(name) && !typed.has(name)));
  expect([...loose]).toEqual([]);
  expect(Object.keys(events).length).toBeGreaterThan(80);
});

test('S76: the real log seals no secret: neither one by its form nor one that the vault keeps', async () => {
  const chance = seededChance('redacted');
  const disk = new PowerDisk();
  const files = { file: '/vault.json', key: '/vault.key' };
  good(await createVaultKey(disk, chance, files.key));
  const vault = good(await openVault(disk, chance, files));
  await vault.put('provider:client-secret', Buffer.from('our-own-client-secret'));
  const log = good(await openKeptLog({ disk, root: '/data', clock: new HandClock(), chance, vault }));
  const typed = `${'gh'}p_${random(36)}`;
  const group = mintId('grp', chance.bytes(idRandomBytes));
  const why = `used ${typed} and our-own-client-secret, see INC-7`;
  await log.commit(() => ({
    events: [{ type: 'group.removed', actor: { kind: 'gateway' }, outcome: 'ok', data: { group, why }, personal: {} }],
    answer: undefined,
  }));
  const said: unknown[] = [];
  for await (const { event } of log.read(-1)) said.push(event.data);
  expect(said).toMatchObject([{ why: 'used [redacted github-token] and [redacted known-secret], see INC-7' }]);
  await log.close();
});
