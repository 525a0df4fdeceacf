// What this machine remembers of the logs of its gateways (A11): the newest head of each, and, once it was shown another log, that it was. One file
// beside the credentials, for all contexts: who is another person here is a witness of the same log.
//
// Known limit: of two programs that write in the same instant the later wins, which may be the one that saw less.
import * as v from 'valibot';
import { testimony } from '../../gateway/audit/testimony.ts';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
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

/** Of all gateways; none when there is no file. `credentials` when it is damaged: that is no reason to begin anew. */
export async function readWitnesses(path: string): Promise<Result<Witnesses>> {
  const text = await readOwnFile(path);
  if (!text.ok) return text;
  if (text.value === undefined) return fine({});
  const file = fitJson(witnessFile, text.value);
  return file.ok ? fine(file.value.gateways) : refuse('credentials', `${path} is damaged: look at it, then take it away`);
}

/** Replaces what is remembered of one gateway; undefined forgets it. Durable. Errors: `credentials`. */
export async function writeWitness(path: string, gateway: string, witness: Witness | undefined): Promise<Result<void>> {
  const now = await readWitnesses(path);
  if (!now.ok) return now;
  const { [gateway]: _before, ...others } = now.value;
  const gateways = witness === undefined ? others : { ...others, [gateway]: witness };
  return writeOwnFile(path, `${JSON.stringify({ version: 1, gateways }, undefined, 2)}\n`);
}
