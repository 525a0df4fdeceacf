// The commands that take the terminal: attach, watch, wall.
import { type Problem, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import { jsonSafe } from '../../gateway/protocol/safe-text.ts';
import type { SessionOutcome } from '../attach/ending.ts';
import { measureTerminal, profileOf } from '../attach/measure.ts';
import { drivePiped, pipeSize } from '../attach/pipe.ts';
import { sizeOf } from '../attach/tenure.ts';
import { driveSession, watchSession } from '../attach/visit.ts';
import type { Link } from '../link/link.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';
import { firstLine, wasPrompted } from './prompt.ts';

/** Opening asks an agent and waits for the shell. */
const openTimeoutMs = 60_000;

type Seatable = Gives<'session.open'> | Gives<'session.attach'>;

export const attach: Run = async (face, args) => {
  const read = readArgs(args, { user: { type: 'string' }, session: { type: 'string' } }, { least: 0, most: 1 });
  if (!read.ok) return read;
  const { user, session } = read.value.values;
  const server = read.value.words[0];
  if (server === undefined && session === undefined) return refuse('usage', 'which server?');
  if (session !== undefined && user !== undefined) return refuse('usage', '--user belongs to a new session');
  const may = mayChange(face);
  if (!may.ok) return may;
  const onTerminal = face.stdin.isTTY === true && face.stdout.isTTY === true;
  // The terminal is asked while the line is being opened.
  const measuring = onTerminal
    ? measureTerminal(face, face.env)
    : Promise.resolve({ profile: profileOf(face.env), row: undefined });
  const done = await onLine(face, async ({ link }) => {
    const { profile, row } = await measuring;
    const size = onTerminal ? sizeOf(face.stdout) : pipeSize;
    const given: Result<Seatable> =
      session === undefined
        ? await ask(
            face,
            link,
            'session.open',
            { server: server ?? '', size, profile, ...(user === undefined ? {} : { user }) },
            openTimeoutMs,
          )
        : await ask(face, link, 'session.attach', { session, size, profile }, openTimeoutMs);
    if (!given.ok) return given;
    const { serverName, server: serverId } = given.value.session;
    if (server !== undefined && server !== serverName && server !== serverId) {
      await link.request('session.detach', { channel: given.value.channel });
      return refuse('not-found', `that session is on ${serverName}`);
    }
    // The line of a code that nobody asked for must not be typed into a shell.
    if (face.globals.totpStdin) await firstLine(face.stdin);
    // A question moved the cursor; only an untouched terminal is where it was measured.
    const at = wasPrompted(face.stdin) ? undefined : row;
    const outcome = onTerminal ? await driveSession(face, link, given.value, profile, at) : await piped(face, link, given.value);
    return said(face, outcome);
  });
  // It gives the terminal back also where the line never came.
  await measuring;
  return done;
};

async function piped(face: Face, link: Link, given: Seatable): Promise<SessionOutcome> {
  face.note(`${given.session.serverName}: recorded as ${given.session.recording}; session ${given.session.id}`);
  const calledOff = new AbortController();
  const stop = (): void => calledOff.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  try {
    return await drivePiped(
      { stdin: face.stdin, stdout: face.stdout, signal: calledOff.signal },
      link,
      given,
      profileOf(face.env),
    );
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
  }
}

/** How it was over, on stderr: stdout belongs to the session. */
function said(face: Face, outcome: SessionOutcome): Result<number> {
  const { ending, sentence, session, exit } = outcome;
  if (face.globals.json) face.stderr.write(`${jsonSafe({ ending, sentence, session, exit })}\n`);
  else face.note(sentence);
  return { ok: true, value: exit };
}

const noTerminal = (face: Face): Problem | undefined =>
  face.stdin.isTTY === true && face.stdout.isTTY === true ? undefined : { code: 'needs-terminal' };

export const watch: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const missing = noTerminal(face);
  if (missing !== undefined) return { ok: false, problem: missing };
  return onLine(face, async ({ link }) => {
    const size = sizeOf(face.stdout);
    const given = await ask(face, link, 'session.watch', {
      session: read.value.words[0] ?? '',
      size: { cols: size.cols, rows: Math.max(1, size.rows - 1) },
    });
    if (!given.ok) return given;
    // Who drives, the size and the light of the recording stand in the status row.
    await link.request('subscribe', { topic: 'sessions' });
    return said(face, await watchSession(face, link, given.value));
  });
};

export const wall: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  const missing = noTerminal(face);
  if (missing !== undefined) return { ok: false, problem: missing };
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'session.list', {});
    if (!listed.ok) return listed;
    await link.request('subscribe', { topic: 'sessions' });
    const { showWall } = await import('../wall/wall.ts');
    const outcome = await showWall(face, link, listed.value.sessions);
    face.note(outcome.sentence);
    return { ok: true, value: outcome.ending === 'lost' ? 6 : 0 };
  });
};
