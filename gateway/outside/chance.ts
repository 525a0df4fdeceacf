import { randomBytes } from 'node:crypto';
import type { Chance } from '../ports.ts';

export const realChance: Chance = { bytes: (length) => randomBytes(length) };
