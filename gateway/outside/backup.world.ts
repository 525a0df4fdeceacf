// Backups and what comes out of them, on real files: of a workspace whose log is written meanwhile.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { failingFs } from '../../fixtures/faults/failing-fs.ts';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { openOffice } from '../../fixtures/kept-office.ts';
import { code, good, problem } from '../../fixtures/outcome.ts';
import { makeBackup } from './backup.ts';
import { realChance } from './chance.ts';
import { readRestoredMark, restoreBackup } from './restore.ts';
import { sealKeys, unsealKeys } from './sealed-keys.ts';

const passphrase = 'correct horse battery';

async function bench(castBytes = 20_000) {
  const at = await mkdtemp(join(tmpdir(), 'sallyport-backup-'));
  onTestFinished(() => rm(at, { recursive: true, force: true }));
  const root = join(at, 'gateway');
  const clock = new HandClock();
  const office = await openOffice({ root, clock, segmentBytes: 4000 });
  await mkdir(join(root, 'recordings'), { mode: 0o700 });
  await writeFile(join(root, 'config.json'), '{}');
  await writeFile(join(root, 'recordings', 'rec_a.cast'), Buffer.alloc(castBytes, 7));
  await office.person('ana', 'superuser');
  await office.opened.trail.sign();
  const backup = (out: string, phrase: string | undefined = passphrase) =>
    makeBackup({ data: root, out: join(at, out), passphrase: phrase, chance: realChance, now: clock.now });
  const restore = (file: string, data: string | undefined, more: { phrase?: string; keys?: string } = {}) =>
    restoreBackup({
      file: join(at, file),
      data: data === undefined ? undefined : join(at, data),
      passphrase: more.phrase,
      keys: more.keys,
      chance: realChance,
    });
  return { at, root, clock, office, backup, restore };
}

test('E46: a backup made while the log is written comes back whole, verified, and goes on', async () => {
  const { at, root, clock, office, backup, restore } = await bench(3_000_000);
  const writing = (async () => {
    for (let i = 0; i < 12; i += 1) await office.person(`p${i}`, 'user');
  })();
  const made = good(await backup('one.tar'));
  await writing;
  expect((await stat(join(at, 'one.tar'))).mode & 0o777).toBe(0o600);
  expect(made).toMatchObject({ keys: 'sealed', chain: office.opened.chain });
  // Nothing secret stands in it as it is.
  const held = await readFile(join(at, 'one.tar'));
  for (const name of await readdir(join(root, 'keys')))
    if (name !== 'root.pub') expect(held.includes(await readFile(join(root, 'keys', name)))).toBe(false);

  expect(code(await restore('one.tar', 'new'))).toBe('usage');
  expect(code(await restore('one.tar', 'new', { phrase: 'correct horse batteries' }))).toBe('bad-request');
  expect(good(await restore('one.tar', undefined, { phrase: passphrase })).verified.verdict).toBe('intact');
  expect((await readdir(at)).sort()).toEqual(['gateway', 'one.tar']);
  expect(good(await restore('one.tar', 'new', { phrase: passphrase })).madeAt).toBe(made.madeAt);
  expect(await readRestoredMark(join(at, 'new'))).toEqual({ madeAt: made.madeAt, size: made.size, hash: made.hash });
  expect(code(await restore('one.tar', 'new', { phrase: passphrase }))).toBe('already-initialised');
  expect(Buffer.compare(await readFile(join(at, 'new/recordings/rec_a.cast')), Buffer.alloc(3_000_000, 7))).toBe(0);

  const again = await openOffice({ root: join(at, 'new'), clock, life: 1 });
  expect(Object.values(again.log.settled.people).map(({ name }) => name)).toContain('ana');
  await again.person('later', 'user');
  await again.close();
  await office.close();
  expect([...again.troubles, ...office.troubles]).toEqual([]);
});

test('R3: every third call of a backup fails, once and for ever: there is a whole backup or none, and why is said', async () => {
  const { at, office, backup, restore } = await bench();
  await office.close();
  const fs = failingFs(at);
  onTestFinished(() => fs.restore());
  let refused = 0;
  for (let call = 1, reached = true; reached; call += 3)
    for (const forEver of [false, true]) {
      const name = `${call}-${forEver}.tar`;
      fs.failAt({ call, code: call % 2 === 0 ? 'ENOSPC' : 'EIO', forEver });
      const made = await backup(name);
      reached = fs.calls >= call;
      fs.failAt(undefined);
      const there = (await readdir(at)).includes(name);
      if (made.ok) expect(good(await restore(name, undefined, { phrase: passphrase })).verified.verdict).toBe('intact');
      else {
        refused += 1;
        expect(made.problem.detail).toContain('injected');
        // Where it failed after it was in place it is whole.
        if (there) expect((await restore(name, undefined, { phrase: passphrase })).ok).toBe(true);
      }
    }
  expect(refused).toBeGreaterThan(10);
}, 300_000);

test('E46: keys that are left out are asked for, and only the right ones restore', async () => {
  const { at, root, office, backup, restore } = await bench();
  await office.close();
  expect(code(await backup('two.tar', 'short'))).toBe('bad-request');
  good(await backup('two.tar'));
  expect(code(await backup('two.tar'))).toBe('exists');
  expect(code(await makeBackup({ data: root, out: join(root, 'x'), passphrase, chance: realChance, now: Date.now }))).toBe(
    'bad-request',
  );
  good(await makeBackup({ data: root, out: join(at, 'bare.tar'), passphrase: undefined, chance: realChance, now: Date.now }));
  expect(code(await restore('bare.tar', 'new'))).toBe('usage');
  await mkdir(join(at, 'empty'));
  expect(code(await restore('bare.tar', 'new', { keys: join(at, 'empty') }))).toBe('verification');
  good(await restore('bare.tar', 'new', { keys: join(root, 'keys') }));
});

test('E46: a backup that was cut, changed or put together by somebody else restores nothing', async () => {
  const { at, office, backup, restore } = await bench();
  await office.close();
  good(await backup('whole.tar'));
  const whole = await readFile(join(at, 'whole.tar'));
  const seen = new Set<string | undefined>();
  for (let i = 1; i < 40; i += 1) {
    const at64 = Math.floor((whole.length * i) / 40);
    const changed = Buffer.from(whole);
    changed[at64] = (changed[at64] ?? 0) ^ 4;
    for (const bytes of [whole.subarray(0, at64), changed]) {
      await writeFile(join(at, 'bad.tar'), bytes);
      const refused = await restore('bad.tar', 'new', { phrase: passphrase });
      expect([i, code(refused)]).toEqual([i, 'verification']);
      seen.add(problem(refused)?.detail);
    }
  }
  expect(seen.size).toBeGreaterThan(2);
  // A name that leads out of the folder.
  const named = Buffer.from(whole);
  named.write('../evil/secret\0', 0);
  named.fill(' ', 148, 156);
  named.write(
    `${named
      .subarray(0, 512)
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  await writeFile(join(at, 'bad.tar'), named);
  expect(problem(await restore('bad.tar', 'new', { phrase: passphrase }))?.detail).toContain('none of ours');
  await writeFile(join(at, 'bad.tar'), 'not a tar at all');
  expect(code(await restore('bad.tar', 'new', { phrase: passphrase }))).toBe('verification');
  expect((await readdir(at)).sort()).toEqual(['bad.tar', 'gateway', 'whole.tar']);
});

test('keys under a passphrase open with it alone, and not when one bit is changed', async () => {
  const keys = new Map([['gateway.key', Buffer.from('secret')]]);
  const sealed = await sealKeys(keys, passphrase, seededChance('keys'));
  expect(sealed).not.toContain(Buffer.from('secret').toString('base64'));
  expect(good(await unsealKeys(sealed, passphrase))).toEqual(keys);
  expect(code(await unsealKeys(sealed.replace(/"data":"./, '"data":"+'), passphrase))).toBe('bad-request');
  expect(code(await unsealKeys(sealed.replace('131072', '1024'), passphrase))).toBe('bad-request');
  expect(code(await unsealKeys('{}', passphrase))).toBe('bad-request');
});
