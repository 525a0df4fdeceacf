// What is done to one session without coming into it: ending, freezing, writing to, prolonging, marking, inviting. Each names the session by
// its id, its server or its person.
import { safeParse } from 'valibot';
import { refuse } from '../../gateway/protocol/errors.ts';
import { inviteId } from '../../gateway/protocol/ids.ts';
import { joinableRoles } from '../../gateway/protocol/nouns.ts';
import type { Gives, RequestType, Takes } from '../../gateway/protocol/operator.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { sessionNamed } from './session-named.ts';
import { minutesOf } from './span.ts';
import { readWhy } from './with-why.ts';

/** One request about one session; `said` is what a person reads when it is done. */
async function change<T extends RequestType>(
  face: Face,
  word: string,
  type: T,
  body: (session: string) => Takes<T>,
  said: (given: Gives<T>) => readonly string[],
) {
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const named = await sessionNamed(face, link, word);
    if (!named.ok) return named;
    const done = await ask(face, link, type, body(named.value));
    if (!done.ok) return done;
    face.document(done.value);
    for (const line of said(done.value)) face.line(line);
    return { ok: true as const, value: 0 };
  });
}

/** `SESSION --why WORDS`. */
const toSession =
  <T extends RequestType>(
    type: T,
    body: (session: string, why: string) => Takes<T>,
    said: (given: Gives<T>) => readonly string[],
  ): Run =>
  async (face, args) => {
    const read = readWhy(face, args);
    if (!read.ok) return read;
    const { words, why } = read.value;
    return change(face, words[0] ?? '', type, (session) => body(session, why), said);
  };

export const kill = toSession(
  'session.kill',
  (session, why) => ({ session, why }),
  () => ['Ended.'],
);
export const freeze = toSession(
  'session.freeze',
  (session, why) => ({ session, freeze: true, why }),
  () => ['It takes no keys; what runs in it goes on.'],
);
export const extend = toSession(
  'session.extend',
  (session, why) => ({ session, why }),
  ({ until }) => [`It may go on until ${when(until)}.`],
);

/** `SESSION PERSON --why WORDS`: a guest is sent away. */
export const putOut: Run = async (face, args) => {
  const read = readWhy(face, args, { least: 2, most: 2 });
  if (!read.ok) return read;
  const {
    words: [word = '', person = ''],
    why,
  } = read.value;
  return change(
    face,
    word,
    'session.put-out',
    (session) => ({ session, person, why }),
    () => [`${person} is out.`],
  );
};

export const unfreeze: Run = async (face, args) => {
  const read = readArgs(args, { why: { type: 'string' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { why = '' } = read.value.values;
  const word = read.value.words[0] ?? '';
  return change(
    face,
    word,
    'session.freeze',
    (session) => ({ session, freeze: false, why }),
    () => ['It takes keys again.'],
  );
};

/** `SESSION WORDS`, the words quoted or not. */
const withWords =
  <T extends RequestType>(
    type: T,
    body: (session: string, words: string) => Takes<T>,
    said: (given: Gives<T>) => readonly string[],
  ): Run =>
  async (face, args) => {
    const read = readArgs(args, {}, { least: 2, most: 64 });
    if (!read.ok) return read;
    const [session = '', ...words] = read.value.words;
    return change(face, session, type, (id) => body(id, words.join(' ')), said);
  };

export const message = withWords(
  'session.message',
  (session, text) => ({ session, text }),
  () => ['Everybody in it reads it.'],
);
export const mark = withWords(
  'session.mark',
  (session, label) => ({ session, label }),
  ({ position }) => [`Marked at byte ${position} of the output.`],
);

/** A day: longer than any session that one should be invited to. */
const mostInviteMinutes = 1_440;

export const share: Run = async (face, args) => {
  const read = readArgs(args, { role: { type: 'string' }, ttl: { type: 'string' } }, { least: 2, most: 2 });
  if (!read.ok) return read;
  const [session = '', person = ''] = read.value.words;
  const wanted = read.value.values.role ?? 'observer';
  const role = joinableRoles.find((one) => one === wanted);
  if (role === undefined) return refuse('usage', `--role is one of ${joinableRoles.join(', ')}`);
  const minutes = minutesOf('--ttl', read.value.values.ttl ?? '1h', mostInviteMinutes);
  if (!minutes.ok) return minutes;
  return change(
    face,
    session,
    'session.share',
    (id) => ({ session: id, person, role, minutes: minutes.value }),
    ({ invite, code }) => [
      `${invite.personName} joins with: sallyport join ${code}`,
      `As ${invite.role}, until ${when(invite.expiresAt)}; nobody else can use the code, and it is shown only now.`,
      `To take it back: sallyport sessions unshare ${invite.id}`,
    ],
  );
};

export const unshare: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const invite = safeParse(inviteId, read.value.words[0]);
  if (!invite.success) return refuse('usage', 'the id of an invitation begins with inv_');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'session.unshare', { invite: invite.output });
    if (!done.ok) return done;
    face.document(done.value);
    face.line('Taken back; whoever came by it is out.');
    return { ok: true, value: 0 };
  });
};
