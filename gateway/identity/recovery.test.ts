import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  mintRecoveryCodes,
  mintSealedCodes,
  recoveryCount,
  recoveryDigest,
  recoveryRandomBytes,
  sealedCount,
  sealedDigest,
  sealedRandomBytes,
} from './recovery.ts';

test('[T17] ten codes of 80 bits, grouped, all different', () => {
  const codes = mintRecoveryCodes(randomBytes(recoveryRandomBytes));
  expect(new Set(codes).size).toBe(recoveryCount);
  for (const code of codes) expect(code).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
});

test('[T17] a code is recognised in capitals and without hyphens; anything else is not one', () => {
  const [code = ''] = mintRecoveryCodes(randomBytes(recoveryRandomBytes));
  const digest = recoveryDigest(code);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(recoveryDigest(code.toUpperCase())).toBe(digest);
  expect(recoveryDigest(code.replaceAll('-', ''))).toBe(digest);
  for (const other of ['', '123456', ` ${code}`, `${code}a`, code.slice(1), 'ａbcd-efgh-ijkm-npqr', '-'.repeat(32)])
    expect(recoveryDigest(other)).toBeUndefined();
});

test('[S53] sealed codes are five of 80 bits, and none is good as a recovery code', () => {
  const codes = mintSealedCodes(randomBytes(sealedRandomBytes));
  expect(new Set(codes).size).toBe(sealedCount);
  for (const code of codes) {
    expect(code).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
    expect(sealedDigest(code)).not.toBe(recoveryDigest(code));
  }
  expect(() => mintSealedCodes(randomBytes(sealedRandomBytes - 1))).toThrow();
});
