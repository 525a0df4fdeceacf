// What somebody beside the keyboard may do to a session: ask for it, take it, stop the keys, end it, mark a place, write. Each is the gateway's to allow;
// a second factor is asked for where one stands, and a refusal is said there too.
import { problemSentence, type Result } from '../../gateway/protocol/errors.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Link } from '../link/link.ts';
import { type Company, driverOf, nameOf } from './company.ts';
import type { Notices } from './notices.ts';
import type { Questions } from './questions.ts';
import type { Strip } from './strip.ts';
import { requestWithCode } from './with-code.ts';

export type GuestParts = {
  readonly link: Link;
  readonly session: () => SessionRow;
  readonly channel: () => number;
  readonly company: () => Company;
  readonly notices: Notices;
  readonly questions: Questions;
};

const yesOrNo = { y: 'yes', Y: 'yes', n: 'no', N: 'no', esc: 'no', enter: 'no', q: 'no' } as const;

/** The person was asked, and said yes. */
const agreed = async ({ questions }: GuestParts, words: Strip): Promise<boolean> =>
  (await questions.choice(words, yesOrNo)) === 'yes';

const secretLine =
  ({ questions }: GuestParts) =>
  (label: string): Promise<string | undefined> =>
    questions.line(label, 'secret');

/** Says a refusal; true = it was none. */
export function saidNo({ notices }: Pick<GuestParts, 'notices'>, answer: Result<unknown>): boolean {
  if (!answer.ok) notices.pass(problemSentence(answer.problem), { tone: 'bad', ms: 12_000, about: 'refused' });
  return !answer.ok;
}

/** True = asked for. */
export async function askForKeyboard(parts: GuestParts): Promise<boolean> {
  const asked = await parts.link.request('session.ask', { channel: parts.channel() });
  if (saidNo(parts, asked)) return false;
  const driver = driverOf(parts.company());
  const who = driver === undefined ? [{ text: ' the driver ' }] : [nameOf(driver)];
  parts.notices.pass([{ text: 'asked:' }, ...who, { text: 'may give it to you' }]);
  return true;
}

/** Whether it shall be taken from who has it. */
export function wantsToTake(parts: GuestParts): Promise<boolean> {
  const driver = driverOf(parts.company());
  if (driver === undefined) return Promise.resolve(true);
  return agreed(parts, [{ text: 'Take the keyboard from' }, nameOf(driver), { text: '· y takes it · n does not' }]);
}

/** What stands for a reason where there was no time for one. */
const noReason = 'no reason given';

/** At once, because it can be undone. */
export async function freezeOrFree(parts: GuestParts): Promise<void> {
  const session = parts.session();
  const held = session.freezes.some((one) => one.cause === 'held');
  saidNo(parts, await parts.link.request('session.freeze', { session: session.id, freeze: !held, why: held ? '' : noReason }));
}

/** With a reason that reaches the screen it ends, and a last question, because it cannot be undone. */
export async function terminate(parts: GuestParts): Promise<void> {
  const { link, questions } = parts;
  const { id, serverName, personName } = parts.session();
  const why = await questions.line(`end ${personName} on ${serverName}, because`);
  if (why === undefined) return;
  const words: Strip = [
    { text: 'y ends it for everybody, n does not · ', look: 'bold' },
    { text: `${personName} on ${serverName}${why === '' ? '' : `: “${why}”`}` },
  ];
  if (!(await agreed(parts, words))) return;
  const body = { session: id, why: why.slice(0, 500) };
  saidNo(parts, await requestWithCode(link, 'session.kill', () => body, secretLine(parts)));
}

export async function markPlace(parts: GuestParts): Promise<void> {
  const label = await parts.questions.line('mark this place as');
  if (label === undefined) return;
  const marked = await parts.link.request('session.mark', { session: parts.session().id, label: label.slice(0, 200) });
  if (!saidNo(parts, marked)) parts.notices.pass('marked in the recording');
}

export async function writeMessage(parts: GuestParts): Promise<void> {
  const text = await parts.questions.line('to everybody here');
  if (text === undefined || text === '') return;
  saidNo(parts, await parts.link.request('session.message', { session: parts.session().id, text: text.slice(0, 500) }));
}
