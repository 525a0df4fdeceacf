// What this machine remembers of the logs of its gateways (A11): the newest head of each, and, once it was shown another log, that it was. One file
// beside the credentials, for all contexts: who is another person here is a witness of the same log.
//
// Known limit: of two programs that write in the same instant the later wins, which may be the one that saw less.
import * as v from 'valibot';
import { testimony } from '../../gateway/audit/testimony.ts';
import { fine, type Problem, type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fitJson } from '../../gateway/protocol/json.ts';
import { publicKey } from '../../gateway/protocol/trail-nouns.ts';
import { readOwnFile, writeOwnFile } from './own-file.ts';

const entry = v.strictObject({
  /** Where it was last, for people to know it by. */
  url: v.string(),
  ...testimony,
});
export type Witness = v.InferOutput<typeof entry>;

/** By the gateway's key, which is pinned at sign-in. */
const witnessFile = v.strictObject({ version: v.literal(1), gateways: v.record(publicKey, entry) });
export type Witnesses = v.InferOutput<typeof witnessFile>['gateways'];

/** Why the file cannot be used, said of what it is. */
const unusable = ({ detail }: Problem) => refuse('witness-file', detail);

/** Of all gateways; none when there is no file. `witness-file` when it is damaged, or not one's own: that is no reason to begin anew. */
export async function readWitnesses(path: string): Promise<Result<Witnesses>> {
  const text = await readOwnFile(path);
  if (!text.ok) return unusable(text.problem);
  if (text.value === undefined) return fine({});
  const file = fitJson(witnessFile, text.value);
  return file.ok ? fine(file.value.gateways) : refuse('witness-file', `${path} is damaged`);
}

/** Replaces what is remembered of one gateway; undefined forgets it. Durable. Errors: `witness-file`. */
export async function writeWitness(path: string, gateway: string, witness: Witness | undefined): Promise<Result<void>> {
  const now = await readWitnesses(path);
  if (!now.ok) return now;
  const { [gateway]: _before, ...others } = now.value;
  const gateways = witness === undefined ? others : { ...others, [gateway]: witness };
  const written = await writeOwnFile(path, `${JSON.stringify({ version: 1, gateways }, undefined, 2)}\n`);
  return written.ok ? written : unusable(written.problem);
}
