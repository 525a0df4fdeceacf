// Sessions: the list, one of them, ending one.
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { type Cell, howLong, when } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';
import { withWhy } from './with-why.ts';

const statePaint = { pending: 'warn', opening: 'warn', running: 'good', detached: 'dim', frozen: 'bad', ended: 'dim' } as const;

const headings = ['SESSION', 'SERVER', 'WHO', 'AS', 'STATE', 'SINCE', 'FOR', 'REC', 'WATCHED'] as const;
const rowOf = (session: SessionRow, now: number): Cell[] => [
  session.id,
  session.serverName,
  session.personName,
  session.osUser,
  { text: session.reason ?? session.state, paint: statePaint[session.state] },
  when(session.startedAt),
  howLong((session.endedAt ?? now) - session.startedAt),
  session.rec,
  session.participants
    .filter((one) => one.role !== 'driver')
    .map((one) => one.name)
    .join(','),
];

const list: Run = async (face, args) => {
  const read = readArgs(args, { ended: { type: 'boolean' } }, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'session.list', read.value.values.ended === true ? { ended: true } : {});
    if (!listed.ok) return listed;
    const { sessions } = listed.value;
    face.document(sessions);
    face.table(
      headings,
      sessions.map((session) => rowOf(session, Date.now())),
    );
    if (sessions.length === 0) face.note('No session.');
    return { ok: true, value: 0 };
  });
};

const show: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const shown = await ask(face, link, 'session.show', { session: read.value.words[0] ?? '' });
    if (!shown.ok) return shown;
    const { session } = shown.value;
    face.document(session);
    face.line(`session    ${session.id}`);
    face.line(`server     ${session.serverName} (${session.tier})`);
    face.line(`who        ${session.personName}, as ${session.osUser ?? "the agent's user"}, level ${session.level}`);
    face.line(
      `state      ${session.state}${session.reason === undefined ? '' : `: ${session.reason}`}${session.exitCode === undefined ? '' : ` (${session.exitCode})`}`,
    );
    face.line(`since      ${when(session.startedAt)}${session.endedAt === undefined ? '' : `, until ${when(session.endedAt)}`}`);
    face.line(`size       ${session.size.cols}×${session.size.rows}, ${session.bytes} bytes of output`);
    face.line(`recording  ${session.recording} (${session.rec})`);
    for (const one of session.participants) face.line(`present    ${one.name} (${one.role}) since ${when(one.joinedAt)}`);
    return { ok: true, value: 0 };
  });
};

const kill = withWhy('session.kill', (session, why) => ({ session, why }), 'Ended.');

export const sessions = verbs({ ls: list, show, kill });
