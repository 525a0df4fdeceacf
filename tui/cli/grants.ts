// Grants: what somebody may do for a while, and giving it back (S44).
import type { GrantRow } from '../../gateway/protocol/access-nouns.ts';
import { fine, type Result } from '../../gateway/protocol/errors.ts';
import { type GrantId, grantId } from '../../gateway/protocol/ids.ts';
import { accessList } from './access-list.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { type Face, howLong, when } from './face.ts';
import { selectorText } from './selector.ts';
import { verbs } from './verbs.ts';
import { readIdAndWhy } from './with-why.ts';

function standing({ state, ended, until, turnsAt }: GrantRow): string {
  if (ended !== undefined) return `${ended.cause}${ended.by === undefined ? '' : ` by ${ended.by}`}`;
  const end = `until ${when(until)}`;
  return turnsAt === undefined ? end : `${state === 'open' ? 'shuts' : 'opens'} ${when(turnsAt)}, ${end}`;
}

const list = accessList((face, { grants }) => {
  face.document(grants);
  face.table(
    ['GRANT', 'WHO', 'LEVEL', 'SERVERS', 'FOR', 'STATE', 'BY', 'WHY'],
    grants.map((row) => [
      row.id,
      row.personName,
      row.terms.level,
      `${selectorText(row.terms.servers)} (${row.serverCount})`,
      howLong(row.terms.minutes * 60_000),
      standing(row),
      row.by.join(','),
      row.why,
    ]),
  );
  if (grants.length === 0) face.note('No grant that you see holds.');
});

function read(face: Face, args: readonly string[]): Result<{ readonly grant: GrantId; readonly why: string }> {
  const given = readIdAndWhy(face, args, grantId, { what: 'a grant', begins: 'gra_', shown: 'grants ls' });
  return given.ok ? fine({ grant: given.value.id, why: given.value.why }) : given;
}

const revoke: Run = async (face, args) => {
  const given = read(face, args);
  if (!given.ok) return given;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'grant.revoke', given.value);
    if (!done.ok) return done;
    const { grant, sessions } = done.value;
    face.document(done.value);
    face.line(`The grant of ${grant.personName} is over.`);
    face.line(sessions === 0 ? 'No live session ended by it.' : `${sessions} live session${sessions === 1 ? '' : 's'} ended.`);
    return fine(0);
  });
};

const extend: Run = async (face, args) => {
  const given = read(face, args);
  if (!given.ok) return given;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'grant.extend', given.value);
    if (!done.ok) return done;
    const { grant, request } = done.value;
    face.document(done.value);
    if (request === undefined) face.line(`The grant holds until ${when(grant.until)}.`);
    else face.line(`Asked for: ${request.id} waits for an approval. Until then the grant ends at ${when(grant.until)}.`);
    return fine(request === undefined ? 0 : 4);
  });
};

export const grants = verbs({ ls: list, revoke, extend });
