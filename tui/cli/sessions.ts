// Sessions: the list, one of them, and what is done to one (session-control.ts).
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { noteOf } from '../present/sessions.ts';
import { endingWords, roleLooks } from '../present/words.ts';
import { take } from './attach.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { type Cell, howLong, when } from './face.ts';
import { readArgs } from './globals.ts';
import { extend, freeze, kill, mark, message, putOut, share, unfreeze, unshare } from './session-control.ts';
import { history } from './session-history.ts';
import { sessionNamed } from './session-named.ts';
import { summary } from './session-summary.ts';
import { verbs } from './verbs.ts';

const statePaint = { pending: 'warn', opening: 'warn', running: 'good', detached: 'dim', frozen: 'bad', ended: 'dim' } as const;

const headings = ['SESSION', 'SERVER', 'WHOSE', 'AS', 'STATE', 'SINCE', 'FOR', 'REC', 'IN IT', 'NOTE'] as const;
const rowOf = (session: SessionRow, now: number): Cell[] => [
  session.id,
  session.serverName,
  session.personName,
  session.osUser,
  { text: session.reason ?? session.state, paint: statePaint[session.state] },
  when(session.startedAt),
  howLong((session.endedAt ?? now) - session.startedAt),
  session.rec,
  session.participants.map((one) => `${roleLooks[one.role].glyph}${one.name}`).join(' '),
  noteOf(session, { now, wanted: new Map() })
    .map((piece) => piece.text)
    .join(''),
];

const list: Run = async (face, args) => {
  const own = { all: { type: 'boolean' }, ended: { type: 'boolean' }, user: { type: 'string' } } as const;
  const read = readArgs(args, own, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { all, ended, user } = read.value.values;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'session.list', all === true || ended === true ? { ended: true } : {});
    if (!listed.ok) return listed;
    const sessions = listed.value.sessions.filter((row) => user === undefined || row.personName === user || row.person === user);
    face.document(sessions);
    face.table(
      headings,
      sessions.map((session) => rowOf(session, Date.now())),
    );
    if (sessions.length === 0) face.note(user === undefined ? 'No session.' : `No session of ${user} that you may see.`);
    return { ok: true, value: 0 };
  });
};

const show: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const named = await sessionNamed(face, link, read.value.words[0] ?? '');
    if (!named.ok) return named;
    const shown = await ask(face, link, 'session.show', { session: named.value });
    if (!shown.ok) return shown;
    const { session } = shown.value;
    face.document(session);
    face.line(`session    ${session.id}`);
    face.line(`server     ${session.serverName} (${session.tier})`);
    face.line(`whose      ${session.personName}, as ${session.osUser ?? "the agent's user"}, level ${session.level}`);
    face.line(
      `state      ${session.state}${session.reason === undefined ? '' : `: ${session.reason}`}${session.exitCode === undefined ? '' : ` (${session.exitCode})`}`,
    );
    for (const line of standing(session)) face.line(line);
    face.line(`since      ${when(session.startedAt)}${session.endedAt === undefined ? '' : `, until ${when(session.endedAt)}`}`);
    face.line(`size       ${session.size.cols}×${session.size.rows}, ${session.bytes} bytes of output`);
    face.line(`recording  ${session.recording} (${session.rec})`);
    for (const one of session.participants) face.line(`present    ${one.name} (${one.role}) since ${when(one.joinedAt)}`);
    return { ok: true, value: 0 };
  });
};

/** Why it takes no keys, who is missing, since when nobody is there, and when it ends. */
function* standing({ freezes, moderation, detachedAt, awayAt, ends }: SessionRow): Generator<string> {
  for (const { cause, by, why } of freezes)
    yield `frozen     ${cause}${by === undefined ? '' : ` by ${by}`}${why === undefined ? '' : `: ${why}`}`;
  if (moderation !== undefined)
    yield `moderators ${moderation.present} of ${moderation.needs}; could be ${moderation.eligible.join(', ') || 'nobody'}`;
  if (detachedAt !== undefined) yield `left       ${when(detachedAt)}`;
  if (awayAt !== undefined) yield `away       its server, since ${when(awayAt)}`;
  if (ends !== undefined) yield `ends       ${when(ends.at)}: ${endingWords[ends.reason]}`;
}

export const sessions = verbs({
  ls: list,
  show,
  summary,
  history,
  kill,
  freeze,
  unfreeze,
  message,
  extend,
  mark,
  'put-out': putOut,
  share,
  unshare,
  take,
});
