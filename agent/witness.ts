// What this agent remembers of its gateway's log (A11): the newest head it was shown, and, once it was shown another log, that it was. One file,
// 0600, beside its identity. What a head is worth is judged in gateway/audit/witnessing.ts.
import { open, readFile, unlink } from 'node:fs/promises';
import * as v from 'valibot';
import { contradiction, headOf, remembered } from '../gateway/audit/witnessing.ts';
import { type Problem, type Result, refuse } from '../gateway/protocol/errors.ts';
import { fitJson } from '../gateway/protocol/json.ts';
import type { Head } from '../gateway/protocol/trail-nouns.ts';
import { writeWhole } from './state-file.ts';

const witnessFile = v.strictObject({
  version: v.literal(1),
  held: remembered,
  /** Stays until somebody on this server says `witness forget`. */
  conflict: v.optional(contradiction),
});
export type Witness = Omit<v.InferOutput<typeof witnessFile>, 'version'>;

const FILE = 'witness.json';
const pathIn = (folder: string): string => `${folder}/${FILE}`;

/** What is remembered; undefined before the first head. `credentials` when the file is there and cannot be read: that is no reason to begin anew. */
export async function readWitness(folder: string): Promise<Result<Witness | undefined>> {
  let text: string;
  try {
    text = await readFile(pathIn(folder), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { ok: true, value: undefined };
    return refuse('credentials', `${pathIn(folder)} cannot be read`);
  }
  const file = fitJson(witnessFile, text);
  if (!file.ok) return refuse('credentials', `${pathIn(folder)} is damaged; look at it, then: sallyport-agent witness forget`);
  const { held, conflict } = file.value;
  return { ok: true, value: { held, ...(conflict === undefined ? {} : { conflict }) } };
}

/** Durable when it resolves with true; false when the disk does not take it. */
export async function writeWitness(folder: string, witness: Witness): Promise<boolean> {
  try {
    await writeWhole(pathIn(folder), `${JSON.stringify({ version: 1, ...witness }, undefined, 2)}\n`);
    return true;
  } catch {
    return false;
  }
}

/** Removes the file, durably. False when there was none. */
export async function forgetWitness(folder: string): Promise<boolean> {
  try {
    await unlink(pathIn(folder));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  const place = await open(folder, 'r');
  try {
    await place.sync();
  } finally {
    await place.close();
  }
  return true;
}

/** Why nothing is opened: what is remembered, and what was shown. Undefined while all is well. */
export function conflictProblem(witness: Witness | undefined): Problem | undefined {
  if (witness?.conflict === undefined) return undefined;
  const { held, conflict } = witness;
  return refuse(
    'witness-conflict',
    `${held.size} records are remembered, ending in ${held.hash.slice(0, 16)}; on ${new Date(conflict.at).toISOString()} a log of ${conflict.head.size} was shown: ${conflict.why}`,
  ).problem;
}

/** The signed heads themselves: that which is held, and that which contradicts it. */
export const witnessHeads = (witness: Witness | undefined): Head[] =>
  witness === undefined ? [] : [headOf(witness.held), ...(witness.conflict === undefined ? [] : [witness.conflict.head])];

/** The lines a person reads. */
export function witnessLines(witness: Witness | undefined): string[] {
  if (witness === undefined) return ['log         nothing is remembered yet'];
  const { held, conflict } = witness;
  return [
    `log         ${held.chain}, root key ${held.rootKey}`,
    `remembered  ${held.size} records, the last ${held.hash}, epoch ${held.epoch}, signed ${new Date(held.ts).toISOString()}`,
    ...(conflict === undefined
      ? []
      : [
          `CONFLICT    on ${new Date(conflict.at).toISOString()}: a log of ${conflict.head.size} records was shown, the last ${conflict.head.hash}`,
          `            ${conflict.why}`,
        ]),
  ];
}
