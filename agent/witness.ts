// What this agent remembers of its gateway's log (A11): the newest head it was shown, and, once it was shown another log, that it was. One file,
// 0600, beside its identity. What a head is worth is judged in gateway/audit/witnessing.ts; what is said of it is in testimony.ts there.
import { open, readFile, unlink } from 'node:fs/promises';
import * as v from 'valibot';
import { type Testimony, testimony } from '../gateway/audit/testimony.ts';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { fitJson } from '../gateway/protocol/json.ts';
import { writeWhole } from './state-file.ts';

const witnessFile = v.strictObject({ version: v.literal(1), ...testimony });

const FILE = 'witness.json';
const pathIn = (folder: string): string => `${folder}/${FILE}`;

/** What is remembered; undefined before the first head. `witness-file` when the file is there and cannot be read: that is no reason to begin anew. */
export async function readWitness(folder: string): Promise<Result<Testimony | undefined>> {
  let text: string;
  try {
    text = await readFile(pathIn(folder), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { ok: true, value: undefined };
    return refuse('witness-file', `${pathIn(folder)} cannot be read`);
  }
  const file = fitJson(witnessFile, text);
  if (!file.ok) return refuse('witness-file', `${pathIn(folder)} is damaged`);
  const { held, conflict } = file.value;
  return { ok: true, value: { held, ...(conflict === undefined ? {} : { conflict }) } };
}

/** Durable when it resolves with true; false when the disk does not take it. */
export async function writeWitness(folder: string, witness: Testimony): Promise<boolean> {
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
