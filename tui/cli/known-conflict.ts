// Before anything is opened: whether this machine remembers another log than this gateway showed it (A28). Costs a look at a file and not a byte on the line.
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import { witnessPathOf } from '../link/credentials.ts';
import { readOwnFile } from '../link/own-file.ts';
import { credentialsOf, credentialsPath } from './connect.ts';
import type { Face } from './face.ts';

/** Error: `witness-conflict`; `witness-file` when what is remembered cannot be read. */
export async function noConflict(face: Face): Promise<Result<void>> {
  const path = credentialsPath(face);
  if (!path.ok) return path;
  const file = witnessPathOf(path.value);
  const text = await readOwnFile(file);
  // What reads it properly takes longer to load than a shell may take to start.
  if (!text.ok) return refuse('witness-file', text.problem.detail);
  if (text.value?.includes('"conflict"') !== true) return fine(undefined);
  const { readWitnesses } = await import('../link/witness-file.ts');
  const { conflictProblem } = await import('../../gateway/audit/testimony.ts');
  const known = await readWitnesses(file);
  if (!known.ok) return known;
  const credentials = await credentialsOf(face);
  const witness = credentials.ok && credentials.value !== undefined ? known.value[credentials.value.gateway.key] : undefined;
  const problem = conflictProblem(witness);
  return problem === undefined ? fine(undefined) : { ok: false, problem };
}
