// What takes long to show of tokens: that they never come twice (T3), and that how long a look-up takes tells nothing of how much of one was right (T5).
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import { callersOf } from '../handlers/caller.ts';
import { sameDigest } from './digest.ts';
import { looksLikeToken, mintToken, tokenDigest, tokenRandomBytes } from './token.ts';

test('[T3] of a million tokens no two are alike', () => {
  const made = new Set<string>();
  for (let i = 0; i < 1_000_000; i += 1) made.add(mintToken(randomBytes(tokenRandomBytes)));
  expect(made.size).toBe(1_000_000);
}, 300_000);

const rounds = 20_000;
const mean = (times: readonly number[]): number => times.reduce((sum, time) => sum + time, 0) / times.length;
const variance = (times: readonly number[]): number => {
  const middle = mean(times);
  return times.reduce((sum, time) => sum + (time - middle) ** 2, 0) / (times.length - 1);
};
/** Without the slowest tenth: what the machine did meanwhile. */
const usual = (times: readonly number[]): readonly number[] =>
  times.toSorted((a, b) => a - b).slice(0, Math.floor(times.length * 0.9));

test('[T5] 20,000 look-ups of tokens with a right beginning take as long as those of random ones: Welch’s |t| < 4.5', async () => {
  const entrance = await openEntrance(undefined, 'timing');
  await entrance.invite('ana');
  const signed = await entrance.signIn(openLine(), newDevice());
  if (!signed.ok) throw new Error(signed.problem.code);
  const callers = callersOf(entrance.parts);
  const right = Buffer.from(signed.value.token.slice(4), 'base64url');
  const random = (): string => mintToken(randomBytes(tokenRandomBytes));
  /** All but the last of its random bytes as they are, and a checksum that fits. */
  const near = (): string => {
    const bytes = Buffer.from(right.subarray(0, tokenRandomBytes));
    bytes[tokenRandomBytes - 1] = (bytes[tokenRandomBytes - 1] ?? 0) ^ (1 + Math.floor((randomBytes(1)[0] ?? 0) % 255));
    return mintToken(bytes);
  };
  const look = (token: string): number => {
    const began = process.hrtime.bigint();
    const digest = tokenDigest(token);
    const login = looksLikeToken(token) ? callers.byTokenDigest(digest) : undefined;
    const found = login !== undefined && sameDigest(login.tokenDigest, digest);
    const took = Number(process.hrtime.bigint() - began);
    expect(found).toBe(false);
    return took;
  };
  const times: Record<'near' | 'random', number[]> = { near: [], random: [] };
  for (let round = 0; round < 2_000; round += 1) look(round % 2 === 0 ? near() : random());
  for (let round = 0; round < rounds; round += 1) {
    // Made beforehand, and by turns, so that neither is the first of a pair more often.
    const [a, b] = [near(), random()];
    const first = round % 2 === 0;
    const early = look(first ? a : b);
    const late = look(first ? b : a);
    times.near.push(first ? early : late);
    times.random.push(first ? late : early);
  }
  const [one, other] = [usual(times.near), usual(times.random)];
  const t = (mean(one) - mean(other)) / Math.sqrt(variance(one) / one.length + variance(other) / other.length);
  console.log(`look-up of a token, ns: near ${mean(one).toFixed(0)}, random ${mean(other).toFixed(0)}, t ${t.toFixed(2)}`);
  expect(Math.abs(t)).toBeLessThan(4.5);
}, 120_000);
