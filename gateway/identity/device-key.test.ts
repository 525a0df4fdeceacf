import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { loginStatement, operatorStatement } from '../protocol/operator.ts';
import { isDeviceKey, provesKey } from './device-key.ts';

function device() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }).x ?? '';
  return { key, prove: (statement: string) => sign(null, Buffer.from(statement), privateKey).toString('base64url') };
}

test('[T6] a proof holds for its key, gateway, connection and token, and for nothing else', () => {
  const mine = device();
  const statement = operatorStatement('gateway', 'nonce', 'digest');
  const proof = mine.prove(statement);
  expect(provesKey(mine.key, statement, proof)).toBe(true);
  expect(provesKey(device().key, statement, proof)).toBe(false);
  expect(provesKey(mine.key, operatorStatement('other', 'nonce', 'digest'), proof)).toBe(false);
  expect(provesKey(mine.key, operatorStatement('gateway', 'nonce 2', 'digest'), proof)).toBe(false);
  expect(provesKey(mine.key, loginStatement('gateway', 'nonce', 'digest'), proof)).toBe(false);
});

test('[T22] malformed keys and signatures prove nothing and throw nothing', () => {
  const mine = device();
  const proof = mine.prove('s');
  for (const bad of ['', 'A', proof.slice(1), `${proof}A`, `${proof}=`, proof.replace(/.$/, ''), '!'.repeat(86)])
    expect(provesKey(mine.key, 's', bad)).toBe(false);
  for (const bad of ['', 'A'.repeat(42), 'A'.repeat(44), `${mine.key}=`, '_'.repeat(43)]) {
    expect(provesKey(bad, 's', proof)).toBe(false);
  }
  expect(isDeviceKey(mine.key)).toBe(true);
  // The last of 43 characters carries four bits; a second spelling of the same bytes is refused.
  expect(isDeviceKey(`${'A'.repeat(42)}B`)).toBe(false);
});
