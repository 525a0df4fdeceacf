import { randomFillSync } from 'node:crypto';
import type { Chance } from '../ports.ts';

const poolBytes = 8192;
let pool = Buffer.alloc(0);

/** Bytes of the system's generator, fetched a pool at a time; none is given out twice, and what was given leaves the pool. */
export const realChance: Chance = {
  bytes: (length) => {
    if (length > poolBytes / 8) return randomFillSync(Buffer.allocUnsafe(length));
    if (pool.length < length) pool = randomFillSync(Buffer.allocUnsafeSlow(poolBytes));
    const given = Buffer.from(pool.subarray(0, length));
    pool.fill(0, 0, length);
    pool = pool.subarray(length);
    return given;
  },
};
