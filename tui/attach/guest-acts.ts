// What somebody beside the keyboard may do to a session: ask for it, take it, stop the keys, end it. Each is the gateway's to allow;
// a second factor is asked for where one stands, and a refusal is said there too.
import { type ActParts, saidNo, secretLine } from './acts.ts';
import { driverOf, nameOf } from './company.ts';
import type { Strip } from './strip.ts';
import { requestWithCode } from './with-code.ts';

const yesOrNo = { y: 'yes', Y: 'yes', n: 'no', N: 'no', esc: 'no', enter: 'no', q: 'no' } as const;

/** The person was asked, and said yes. */
const agreed = async ({ questions }: ActParts, words: Strip): Promise<boolean> =>
  (await questions.choice(words, yesOrNo)) === 'yes';

/** True = asked for. */
export async function askForKeyboard(parts: ActParts): Promise<boolean> {
  const asked = await parts.link.request('session.ask', { channel: parts.channel() });
  if (saidNo(parts, asked)) return false;
  const driver = driverOf(parts.company());
  const who = driver === undefined ? [{ text: ' the driver ' }] : [nameOf(driver)];
  parts.notices.pass([{ text: 'asked:' }, ...who, { text: 'may give it to you' }]);
  return true;
}

/** Whether it shall be taken from who has it. */
export function wantsToTake(parts: ActParts): Promise<boolean> {
  const driver = driverOf(parts.company());
  if (driver === undefined) return Promise.resolve(true);
  return agreed(parts, [{ text: 'Take the keyboard from' }, nameOf(driver), { text: '· y takes it · n does not' }]);
}

/** What stands for a reason where there was no time for one. */
const noReason = 'no reason given';

/** At once, because it can be undone. */
export async function freezeOrFree(parts: ActParts): Promise<void> {
  const session = parts.session();
  const held = session.freezes.some((one) => one.cause === 'held');
  saidNo(parts, await parts.link.request('session.freeze', { session: session.id, freeze: !held, why: held ? '' : noReason }));
}

/** With a reason that reaches the screen it ends, and a last question, because it cannot be undone. */
export async function terminate(parts: ActParts): Promise<void> {
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
