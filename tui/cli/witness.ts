// This machine as a witness of the log (A11, A28): looked at by `login`, `audit head` and `audit tail`, not by every command, because bytes count on a thin
// line; and what is remembered, to be seen and forgotten: `audit witness`.
import { conflictProblem, forgottenNow, headsIn, nothingHeld, testimonyLines } from '../../gateway/audit/testimony.ts';
import { fine, problemSentence, type Result, refuse } from '../../gateway/protocol/errors.ts';
import { jsonSafe } from '../../gateway/protocol/safe-text.ts';
import { witnessPathOf } from '../link/credentials.ts';
import type { Link } from '../link/link.ts';
import { witnessLog } from '../link/log-witness.ts';
import { readWitnesses, type Witness, writeWitness } from '../link/witness-file.ts';
import type { Run } from './command.ts';
import { credentialsOf, credentialsPath, mayChange, onLine, type Signed } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';

/** Looks at the log on a line one is signed in on. Error: `witness-conflict`. A log that is not shown is said, and is no error. */
export async function asWitness(face: Face, link: Link): Promise<Result<void>> {
  const path = credentialsPath(face);
  if (!path.ok) return path;
  const seen = await witnessLog(link, witnessPathOf(path.value));
  if (seen.log === 'conflict') return { ok: false, problem: conflictProblem(seen.witness) };
  if (seen.log === 'unproven') face.note(`The gateway did not show its log. ${problemSentence(seen.problem)}`);
  else if (seen.kept !== undefined) face.note(`What the log is cannot be remembered here. ${problemSentence(seen.kept)}`);
  return fine(undefined);
}

/** As onLine, and only where the log is the one that is remembered. */
export const onWitnessedLine = <T>(face: Face, act: (signed: Signed) => Promise<Result<T>>): Promise<Result<T>> =>
  onLine(face, async (signed) => {
    const seen = await asWitness(face, signed.link);
    return seen.ok ? act(signed) : seen;
  });

const inWords = (witness: Witness): string[] => [`gateway     ${witness.url}`, ...testimonyLines(witness)];

const ls: Run = async (face, args) => {
  const read = readArgs(args, { heads: { type: 'boolean' } }, { least: 0, most: 0 });
  if (!read.ok) return read;
  const path = credentialsPath(face);
  if (!path.ok) return path;
  const known = await readWitnesses(witnessPathOf(path.value));
  if (!known.ok) return known;
  const rows = Object.entries(known.value);
  if (read.value.values.heads === true) {
    for (const [, witness] of rows) for (const head of headsIn(witness)) face.stdout.write(`${jsonSafe(head)}\n`);
    return fine(0);
  }
  face.document({ witnesses: rows.map(([gateway, witness]) => ({ gateway, ...witness })) });
  if (rows.length === 0) face.line(nothingHeld);
  for (const [, witness] of rows) for (const line of inWords(witness)) face.line(line);
  return fine(rows.some(([, { conflict }]) => conflict !== undefined) ? 7 : 0);
};

const forget: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 1 });
  if (!read.ok) return read;
  const may = mayChange(face);
  if (!may.ok) return may;
  const path = credentialsPath(face);
  if (!path.ok) return path;
  const known = await readWitnesses(witnessPathOf(path.value));
  if (!known.ok) return known;
  const [chain] = read.value.words;
  const credentials = await credentialsOf(face);
  const mine = credentials.ok ? credentials.value?.gateway.key : undefined;
  const found = Object.entries(known.value).find(([gateway, { held }]) =>
    chain === undefined ? gateway === mine : held.chain === chain,
  );
  if (found === undefined) return refuse('not-found', chain ?? 'of this gateway nothing is remembered');
  const [gateway, witness] = found;
  const forgotten = await writeWitness(witnessPathOf(path.value), gateway, undefined);
  if (!forgotten.ok) return forgotten;
  face.document({ forgotten: { gateway, ...witness } });
  for (const line of inWords(witness)) face.line(line);
  face.line(forgottenNow);
  return fine(0);
};

export const witness = verbs({ ls, forget });
