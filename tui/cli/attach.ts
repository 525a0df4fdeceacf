// The commands that take the terminal: attach, join, watch, wall.
import { type Problem, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { type JoinableRole, joinableRoles, type TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives, Takes, TerminalProfile } from '../../gateway/protocol/operator.ts';
import { jsonSafe } from '../../gateway/protocol/safe-text.ts';
import type { SessionOutcome } from '../attach/ending.ts';
import { measureTerminal, profileOf } from '../attach/measure.ts';
import { drivePiped, pipeSize } from '../attach/pipe.ts';
import { predictMode } from '../attach/prediction-layer.ts';
import { predictModes } from '../attach/prediction-trigger.ts';
import { sizeOf } from '../attach/tenure.ts';
import { driveSession, watchSession } from '../attach/visit.ts';
import type { TtyOutcome } from '../attach-port.ts';
import type { Link } from '../link/link.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine, type Signed } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';
import { noConflict } from './known-conflict.ts';
import { firstLine, wasPrompted } from './prompt.ts';
import { lastOwn, sessionNamed } from './session-named.ts';

/** Opening asks an agent and waits for the shell. */
const openTimeoutMs = 60_000;

type Seatable = Gives<'session.open'> | Gives<'session.attach'>;

export const attach: Run = async (face, args) => {
  const own = {
    user: { type: 'string' },
    session: { type: 'string' },
    last: { type: 'boolean' },
    'take-over': { type: 'boolean' },
    predict: { type: 'string' },
  } as const;
  const read = readArgs(args, own, { least: 0, most: 1 });
  if (!read.ok) return read;
  const { user, session, last = false, 'take-over': takeOver = false, predict } = read.value.values;
  const server = read.value.words[0];
  const back = session !== undefined || last;
  if (server === undefined && !back) return refuse('usage', 'which server?');
  if (session !== undefined && last) return refuse('usage', '--session names one, --last finds it');
  if (back && user !== undefined) return refuse('usage', '--user belongs to a new session');
  if (takeOver && session === undefined) return refuse('usage', '--take-over needs --session');
  if (predict !== undefined && !predictModes.some((mode) => mode === predict))
    return refuse('usage', `--predict is one of ${predictModes.join(', ')}`);
  return seated(face, {
    server,
    user,
    takeOver,
    predict,
    ...(last ? { go: 'last' } : session === undefined ? { go: 'new' } : { go: 'back', session }),
  });
};

/** `sessions take SESSION`: `attach --session SESSION --take-over`. */
export const take: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const session = read.value.words[0] ?? '';
  return seated(face, { go: 'back', session, server: undefined, user: undefined, takeOver: true, predict: undefined });
};

type Wanted = {
  readonly server: string | undefined;
  readonly user: string | undefined;
  readonly takeOver: boolean;
  /** Whether echo is guessed; undefined = as SALLYPORT_PREDICT says. */
  readonly predict: string | undefined;
} & ({ readonly go: 'new' } | { readonly go: 'last' } | { readonly go: 'back'; readonly session: string });

/** The session to come back to; undefined = a new one. */
async function wantedSession(face: Face, link: Link, wanted: Wanted): Promise<Result<string | undefined>> {
  if (wanted.go === 'new') return { ok: true, value: undefined };
  return wanted.go === 'last' ? lastOwn(face, link, wanted.server) : sessionNamed(face, link, wanted.session);
}

async function seated(face: Face, wanted: Wanted): Promise<Result<number>> {
  const { server, user, takeOver } = wanted;
  const may = mayChange(face);
  if (!may.ok) return may;
  const same = await noConflict(face);
  if (!same.ok) return same;
  const onTerminal = face.stdin.isTTY === true && face.stdout.isTTY === true;
  // The terminal is asked while the line is being opened.
  const measuring = onTerminal
    ? measureTerminal(face, face.env)
    : Promise.resolve({ profile: profileOf(face.env), row: undefined });
  const sizeNow = (): TerminalSize => (onTerminal ? sizeOf(face.stdout) : pipeSize);
  const opening = (profile: TerminalProfile): Takes<'session.open'> => ({
    server: server ?? '',
    size: sizeNow(),
    profile,
    ...(user === undefined ? {} : { user }),
  });
  const act = async ({ link }: Signed, asked?: Promise<Result<Gives<'session.open'>> | undefined>): Promise<Result<number>> => {
    const { profile, row } = await measuring;
    const size = sizeNow();
    const session = await wantedSession(face, link, wanted);
    if (!session.ok) return session;
    let again = session.value;
    let taking = takeOver;
    let untouched = true;
    for (;;) {
      const given: Result<Seatable> =
        again === undefined
          ? await ask(face, link, 'session.open', opening(profile), openTimeoutMs, asked)
          : await ask(
              face,
              link,
              'session.attach',
              { session: again, size, profile, ...(taking ? { takeOver: true } : {}) },
              openTimeoutMs,
            );
      if (!given.ok) return withNext(given, server);
      const { serverName, server: serverId } = given.value.session;
      if (untouched && server !== undefined && server !== serverName && server !== serverId) {
        await link.request('session.detach', { channel: given.value.channel });
        return refuse('not-found', `that session is on ${serverName}`);
      }
      // The line of a code that nobody asked for must not be typed into a shell.
      if (untouched && face.globals.totpStdin) await firstLine(face.stdin);
      // A question moved the cursor; only an untouched terminal is where it was measured.
      const at = untouched && !wasPrompted(face.stdin) ? row : undefined;
      const outcome = onTerminal
        ? await driveSession(face, link, given.value, profile, at, predictMode(face.env, wanted.predict))
        : await piped(face, link, given.value);
      if (outcome.next?.go !== 'attach') return said(face, outcome);
      // On to another session of one's own.
      again = outcome.next.session;
      taking = false;
      untouched = false;
    }
  };
  const open = async (link: Link): Promise<Result<Gives<'session.open'>> | undefined> => {
    const { profile } = await measuring;
    return link.ahead('session.open', () => opening(profile), undefined, openTimeoutMs);
  };
  const done = await (wanted.go === 'new' ? onLine(face, act, open) : onLine(face, act));
  // It gives the terminal back also where the line never came.
  await measuring;
  return done;
}

/** A shell that takes an approval: how it is asked for. */
function withNext<T>(refused: Result<T> & { readonly ok: false }, server: string | undefined): Result<never> {
  const { problem } = refused;
  if (problem.code !== 'approval-needed' || server === undefined) return refused;
  const how = `ask for it: sallyport request ${server} --level terminal --for 1h --why WORDS`;
  return { ok: false, problem: { ...problem, detail: problem.detail === undefined ? how : `${problem.detail}; ${how}` } };
}

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
  const { ending, sentence, session, exit, advice } = outcome;
  if (face.globals.json)
    face.stderr.write(`${jsonSafe({ ending, sentence, session, exit, ...(advice === undefined ? {} : { next: advice }) })}\n`);
  else face.note(advice === undefined ? sentence : `${sentence} · ${advice}`);
  return { ok: true, value: exit };
}

const noTerminal = (face: Face): Problem | undefined =>
  face.stdin.isTTY === true && face.stdout.isTTY === true ? undefined : { code: 'needs-terminal' };

export const watch: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  return guest(face, (link, size) => watched(face, link, read.value.words[0] ?? '', size));
};

async function watched(face: Face, link: Link, word: string, size: TerminalSize): Promise<Result<Gives<'session.watch'>>> {
  const session = await sessionNamed(face, link, word);
  return session.ok ? ask(face, link, 'session.watch', { session: session.value, size }) : session;
}

export const join: Run = async (face, args) => {
  const read = readArgs(args, { role: { type: 'string' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const wanted = read.value.values.role;
  const role = joinableRoles.find((one) => one === wanted);
  if (wanted !== undefined && role === undefined) return refuse('usage', `--role is one of ${joinableRoles.join(', ')}`);
  // To look on changes nothing (law 6); any other role may.
  const may = role === 'observer' ? { ok: true as const } : mayChange(face);
  if (!may.ok) return may;
  return guest(face, (link, size) => joined(face, link, read.value.words[0] ?? '', role, size));
};

/** The code of an invitation as it is shown, in whatever case it was typed. It is one person's, so it is no secret (S61). */
const inviteCode = /^[a-z2-9]{4}-[a-z2-9]{4}$/i;

async function joined(
  face: Face,
  link: Link,
  word: string,
  role: JoinableRole | undefined,
  size: TerminalSize,
): Promise<Result<Gives<'session.join'>>> {
  const as = role === undefined ? {} : { role };
  const session = inviteCode.test(word) ? { ok: true as const, value: word.toLowerCase() } : await sessionNamed(face, link, word);
  if (!session.ok) return session;
  const given = await ask(face, link, 'session.join', { session: session.value, size, ...as });
  // A server or a person may be called like a code.
  if (given.ok || given.problem.code !== 'not-found' || !inviteCode.test(word)) return given;
  const named = await sessionNamed(face, link, word);
  return named.ok && named.value !== word ? ask(face, link, 'session.join', { session: named.value, size, ...as }) : given;
}

/** Beside the keyboard of a session, until one leaves: what `come` gave. */
async function guest(
  face: Face,
  come: (link: Link, size: TerminalSize) => Promise<Result<Gives<'session.watch'> | Gives<'session.join'>>>,
): Promise<Result<number>> {
  const missing = noTerminal(face);
  if (missing !== undefined) return { ok: false, problem: missing };
  const same = await noConflict(face);
  if (!same.ok) return same;
  // The terminal is asked while the line is being opened.
  const measuring = measureTerminal(face, face.env);
  const done = await onLine(face, async ({ link }) => {
    const { profile } = await measuring;
    const { cols, rows } = sizeOf(face.stdout);
    const given = await come(link, { cols, rows: Math.max(1, rows - 1) });
    if (!given.ok) return given;
    // Who drives, the size and the light of the recording stand in the status row.
    await link.request('subscribe', { topic: 'sessions' });
    return said(face, await watchSession(face, link, given.value, profile));
  });
  await measuring;
  return done;
}

export const wall: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  const missing = noTerminal(face);
  if (missing !== undefined) return { ok: false, problem: missing };
  const same = await noConflict(face);
  if (!same.ok) return same;
  return onLine(face, async ({ link }) => {
    // The first push of a subscription holds them all: asking for the list besides would double what a slow line waits for.
    const sessions = new Map<string, SessionRow>();
    const stop = link.onPush((push) => {
      if (push.type !== 'sessions.changed') return;
      if (push.whole) sessions.clear();
      for (const row of push.rows) sessions.set(row.id, row);
      for (const id of push.gone) sessions.delete(id);
    });
    const subscribed = await ask(face, link, 'subscribe', { topic: 'sessions' });
    if (!subscribed.ok) return subscribed;
    let away = false;
    const stopStates = link.onState(({ state }) => {
      if (away && state === 'open') void link.request('subscribe', { topic: 'sessions' });
      away = state !== 'open';
    });
    const { showWall } = await import('../wall/wall.ts');
    for (;;) {
      const { ending, sentence, next } = await showWall(face, link, [...sessions.values()], { readonly: face.globals.readonly });
      if (next === undefined) {
        stop();
        stopStates();
        face.note(sentence);
        return { ok: true, value: ending === 'lost' ? 6 : 0 };
      }
      const gone = await leftFor(face, link, next);
      if (!gone.ok) return gone;
      face.note(gone.value.sentence);
    }
  });
};

/** Where one goes from the wall, before one is back at it. */
async function leftFor(face: Face, link: Link, next: NonNullable<TtyOutcome['next']>): Promise<Result<SessionOutcome>> {
  const { session } = next;
  const size = sizeOf(face.stdout);
  const profile = profileOf(face.env);
  if (next.go !== 'watch') {
    const taking = next.go === 'take-over' ? { takeOver: true } : {};
    const given = await ask(face, link, 'session.attach', { session, size, profile, ...taking }, openTimeoutMs);
    return given.ok ? { ok: true, value: await driveSession(face, link, given.value, profile) } : given;
  }
  const given = await ask(face, link, 'session.watch', { session, size: { ...size, rows: Math.max(1, size.rows - 1) } });
  return given.ok ? { ok: true, value: await watchSession(face, link, given.value, profile) } : given;
}
