// Just in time: asking for access, and answering those who ask (S44, S45). What is approved is what was printed: the digest is computed here, from the row
// that is shown, and the code of the authenticator is bound to it (M5).
import { type AccessTerms, grantLevels, mostGrantMinutes, type RequestRow } from '../../gateway/protocol/access-nouns.ts';
import { displayedDigest } from '../../gateway/protocol/displayed.ts';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import { readWindow, windowWords } from '../../gateway/protocol/window-words.ts';
import type { Link } from '../link/link.ts';
import { accessList } from './access-list.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { type Face, howLong, when } from './face.ts';
import { readArgs } from './globals.ts';
import { readSelector, selectorText } from './selector.ts';
import { minutesOf } from './span.ts';
import { verbs } from './verbs.ts';
import { readWhy } from './with-why.ts';

/** Shortest piece of an id that stands for the whole one. */
const shortestPiece = 8;
const exitOf = { approved: 0, denied: 3, withdrawn: 3, pending: 4, expired: 8 } as const satisfies Record<
  RequestRow['state'],
  number
>;

const forText = (minutes: number): string => howLong(minutes * 60_000);
const usersText = ({ users }: AccessTerms): string => users?.join(', ') ?? "the agent's own user";

/** The flags that say terms; those not given stay as they were. Errors: `usage`. */
function readTerms(
  given: {
    readonly servers: string | undefined;
    readonly level: string | undefined;
    readonly span: string | undefined;
    readonly users: readonly string[] | undefined;
    readonly window: string | undefined;
  },
  before: Partial<AccessTerms>,
): Result<AccessTerms> {
  const servers = given.servers === undefined ? fine(before.servers ?? {}) : readSelector(given.servers);
  if (!servers.ok) return servers;
  const level = given.level === undefined ? before.level : grantLevels.find((one) => one === given.level);
  if (level === undefined) return refuse('usage', `--level is ${grantLevels.join(', ')}`);
  const minutes =
    given.span === undefined && before.minutes !== undefined
      ? fine(before.minutes)
      : given.span === undefined
        ? refuse('usage', '--for is missing')
        : minutesOf('--for', given.span, mostGrantMinutes);
  if (!minutes.ok) return minutes;
  const window = given.window === undefined ? before.window : readWindow(given.window);
  if (given.window !== undefined && window === undefined)
    return refuse('usage', '--window is days, hours and a time zone: "mon-fri 22:00-06:00 Europe/Berlin"');
  // Below a shell there is no OS user: an approver who narrows to that takes them away.
  const kept = level === 'read-only' ? undefined : before.users;
  const users = given.users?.flatMap((some) => some.split(',')).filter((user) => user !== '') ?? kept;
  return fine({
    servers: servers.value,
    level,
    minutes: minutes.value,
    ...(users === undefined ? {} : { users: [...users] }),
    ...(window === undefined ? {} : { window }),
  });
}

/** All that a digest covers, a line each. */
function lines(row: RequestRow): string[] {
  const { terms } = row;
  return [
    `request    ${row.id}`,
    `who        ${row.personName} (${row.person})`,
    `level      ${terms.level}`,
    `servers    ${selectorText(terms.servers)}: ${row.servers.join(', ') || 'none is left'}`,
    `for        ${forText(terms.minutes)} (${terms.minutes} min) from the moment it is given`,
    `as         ${usersText(terms)}`,
    ...(terms.window === undefined ? [] : [`only       ${windowWords(terms.window)}`]),
    ...(row.extends === undefined ? [] : [`prolongs   ${row.extends}`]),
    `why        ${row.why}`,
  ];
}
function standing(row: RequestRow): string {
  const { approvals, needs } = row;
  const by = approvals.length === 0 ? '' : ` by ${approvals.map((one) => one.by).join(', ')}`;
  switch (row.state) {
    case 'pending':
      return `waits for ${needs - approvals.length} more of ${needs} approval${needs === 1 ? '' : 's'} until ${when(row.expiresAt)}${by === '' ? '' : `; approved${by}`}`;
    case 'approved':
      return `approved${by}: ${row.grant ?? ''}`;
    case 'denied':
      return `denied by ${row.by ?? 'somebody'}: ${row.because ?? ''}`;
    case 'expired':
      return 'expired: nobody approved it in time';
    case 'withdrawn':
      return 'withdrawn';
    default:
      return row.state satisfies never;
  }
}

async function requestNamed(face: Face, link: Link, reference: string): Promise<Result<RequestRow>> {
  const listed = await ask(face, link, 'access.list', { ended: true });
  if (!listed.ok) return listed;
  const { requests } = listed.value;
  const whole = requests.filter(({ id }) => id === reference);
  const found =
    whole.length > 0 || reference.length < shortestPiece ? whole : requests.filter(({ id }) => id.startsWith(reference));
  const [row, ...more] = found;
  if (row === undefined) return refuse('not-found', reference);
  return more.length > 0 ? refuse('ambiguous', reference) : fine(row);
}

/** Resolves when the request waits no longer, or after `ms`; asks again when the line comes back. */
function decided(link: Link, id: RequestRow['id'], ms: number | undefined): Promise<Result<RequestRow>> {
  return new Promise((resolve) => {
    const timer = ms === undefined ? undefined : setTimeout(() => done(refuse('timeout', `${id} still waits`)), ms);
    const done = (result: Result<RequestRow>): void => {
      clearTimeout(timer);
      stopPushes();
      stopStates();
      resolve(result);
    };
    const look = async (): Promise<void> => {
      const answer = await link.request('subscribe', { topic: 'access' });
      if (!answer.ok && answer.problem.code !== 'unreachable') done(answer);
    };
    const stopPushes = link.onPush((push) => {
      const row = push.type === 'access.changed' ? push.requests.find((one) => one.id === id) : undefined;
      if (row !== undefined && row.state !== 'pending') done(fine(row));
    });
    const stopStates = link.onState((state) => {
      if (state.state === 'refused') done({ ok: false, problem: state.problem });
      else if (state.state === 'open') void look();
    });
    void look();
  });
}

/** `sallyport request SELECTOR --level L --for T --why W`: 4 while it waits, 0 approved, 3 denied, 8 out of time. */
export const request: Run = async (face, args) => {
  const own = {
    level: { type: 'string' },
    for: { type: 'string' },
    why: { type: 'string' },
    user: { type: 'string', multiple: true },
    window: { type: 'string' },
    wait: { type: 'boolean' },
    timeout: { type: 'string' },
  } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { level, for: span, why, user: users, window, wait = false, timeout } = read.value.values;
  if (why === undefined || why.trim() === '') return refuse('usage', '--why is missing');
  const terms = readTerms({ servers: read.value.words[0], level, span, users, window }, {});
  if (!terms.ok) return terms;
  const within = timeout === undefined ? fine(undefined) : minutesOf('--timeout', timeout, mostGrantMinutes);
  if (!within.ok) return within;
  if (timeout !== undefined && !wait) return refuse('usage', '--timeout belongs to --wait');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const asked = await ask(face, link, 'access.request', { terms: terms.value, why });
    if (!asked.ok) return asked;
    const row = asked.value.request;
    for (const line of lines(row)) face.line(line);
    face.line(`state      ${standing(row)}`);
    if (!wait) {
      face.document(row);
      face.note(`Follow it: sallyport requests show ${row.id}`);
      return fine(exitOf[row.state]);
    }
    const end = await decided(link, row.id, within.value === undefined ? undefined : within.value * 60_000);
    if (!end.ok) return end;
    face.document(end.value);
    face.line(`state      ${standing(end.value)}`);
    return fine(exitOf[end.value.state]);
  });
};

const list = accessList((face, { requests }) => {
  face.document(requests);
  face.table(
    ['REQUEST', 'WHO', 'LEVEL', 'SERVERS', 'FOR', 'STATE', 'APPROVED', 'YOURS', 'WHY'],
    requests.map((row) => [
      row.id,
      row.personName,
      row.terms.level,
      `${selectorText(row.terms.servers)} (${row.serverCount})`,
      forText(row.terms.minutes),
      row.state,
      `${row.approvals.length} of ${row.needs}`,
      row.mine ? 'yes' : row.mayReview ? 'to review' : undefined,
      row.why,
    ]),
  );
  if (requests.length === 0) face.note('Nobody waits for an approval that you see.');
});

const show: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const row = await requestNamed(face, link, read.value.words[0] ?? '');
    if (!row.ok) return row;
    face.document(row.value);
    for (const line of lines(row.value)) face.line(line);
    face.line(`state      ${standing(row.value)}`);
    return fine(0);
  });
};

const approve: Run = async (face, args) => {
  const own = {
    level: { type: 'string' },
    for: { type: 'string' },
    servers: { type: 'string' },
    user: { type: 'string', multiple: true },
    why: { type: 'string' },
  } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { level, for: span, servers, user: users, why } = read.value.values;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const named = await requestNamed(face, link, read.value.words[0] ?? '');
    if (!named.ok) return named;
    const row = named.value;
    if (row.state !== 'pending') return refuse('request-over', standing(row));
    if (displayedDigest(row) !== row.digest) return refuse('not-as-displayed', row.id);
    const narrows = level !== undefined || span !== undefined || servers !== undefined || users !== undefined;
    const terms = narrows ? readTerms({ servers, level, span, users, window: undefined }, row.terms) : fine(undefined);
    if (!terms.ok) return terms;
    const say = face.globals.json ? face.note : face.line;
    for (const line of lines(row)) say(line);
    const given = terms.value;
    if (given !== undefined)
      say(`you give   ${given.level} on ${selectorText(given.servers)} for ${forText(given.minutes)}, as ${usersText(given)}`);
    const done = await ask(face, link, 'access.approve', {
      request: row.id,
      digest: displayedDigest(row),
      ...(given === undefined ? {} : { terms: given }),
      ...(why === undefined ? {} : { why }),
    });
    if (!done.ok) return done;
    face.document(done.value);
    face.line(`state      ${standing(done.value.request)}`);
    return fine(0);
  });
};

const deny: Run = async (face, args) => {
  const read = readWhy(face, args);
  if (!read.ok) return read;
  const { words, why } = read.value;
  return onLine(face, async ({ link }) => {
    const row = await requestNamed(face, link, words[0] ?? '');
    if (!row.ok) return row;
    const done = await ask(face, link, 'access.deny', { request: row.value.id, why });
    if (!done.ok) return done;
    face.document(done.value);
    face.line(`state      ${standing(done.value.request)}`);
    return fine(0);
  });
};

const withdraw: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const row = await requestNamed(face, link, read.value.words[0] ?? '');
    if (!row.ok) return row;
    const done = await ask(face, link, 'access.withdraw', { request: row.value.id });
    if (!done.ok) return done;
    face.document(done.value);
    face.line(`state      ${standing(done.value.request)}`);
    return fine(0);
  });
};

export const requests = verbs({ ls: list, show, approve, deny, withdraw });
