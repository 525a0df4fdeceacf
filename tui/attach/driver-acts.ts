// What the driver asks of the gateway from within their session (the escapes that are theirs alone): give the keyboard, prolong.
// Each says how it went over the session; none ever types anything.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { GrantId } from '../../gateway/protocol/ids.ts';
import type { ParticipantRow } from '../../gateway/protocol/nouns.ts';
import { type ActParts, secretLine } from './acts.ts';
import { askersOf, nameOf, peersOf } from './company.ts';
import { clockTime } from './facts.ts';
import type { Notices } from './notices.ts';
import type { Questions } from './questions.ts';
import { requestWithCode } from './with-code.ts';

/** Gives the keyboard to who asked first; where nobody asks, to the one peer who is here, when that is confirmed. */
export async function giveKeyboard({ link, channel, company, notices, questions }: ActParts): Promise<void> {
  const [asker] = askersOf(company());
  const to = asker ?? (await chosenPeer(peersOf(company()), notices, questions));
  if (to === undefined) return;
  const given = await link.request('session.give', { channel: channel(), to: to.id });
  if (given.ok) notices.pass([{ text: 'the keyboard goes to' }, nameOf(to)]);
  else notices.pass(problemSentence(given.problem), { tone: 'bad' });
}

async function chosenPeer(
  peers: readonly ParticipantRow[],
  notices: Notices,
  questions: Questions,
): Promise<ParticipantRow | undefined> {
  const [peer, ...more] = peers;
  if (peer === undefined || more.length > 0) {
    notices.pass(peer === undefined ? 'nobody asks for the keyboard, and no peer is here' : 'nobody asks for the keyboard');
    return undefined;
  }
  const words = [nameOf(peer), { text: 'did not ask. Give the keyboard all the same? y gives it · n keeps it' }];
  const answer = await questions.choice(words, { y: 'yes', Y: 'yes', n: 'no', N: 'no', esc: 'no', enter: 'no' });
  return answer === 'yes' ? peer : undefined;
}

/** What ends the session first: the grant it rests on, or the session itself, which is what is put off where nobody can say. */
async function endsFirst({ link, session }: ActParts): Promise<GrantId | undefined> {
  const shown = await link.request('session.show', { session: session().id });
  return (shown.ok ? shown.value.session : session()).ends?.grant;
}

/** Prolongs the grant; where its holder may not by themselves, the reviewers are asked. */
async function askForGrant(parts: ActParts, grant: GrantId, why: string, extended: () => void): Promise<void> {
  const { link, notices } = parts;
  const done = await requestWithCode(link, 'grant.extend', () => ({ grant, why }), secretLine(parts));
  if (!done.ok) {
    const elsewhere = done.problem.code === 'step-up' ? ` Or: sallyport grants extend ${grant} --why WORDS` : '';
    return notices.pass(`${problemSentence(done.problem)}${elsewhere}`, { tone: 'bad', ms: 15_000 });
  }
  if (done.value.request !== undefined)
    return notices.pass('asked for more time; somebody must approve it, and the grant ends when it was to end until then', {
      ms: 15_000,
    });
  extended();
  return notices.pass(`the grant holds until ${clockTime(done.value.grant.until, Date.now())}`);
}

/** `extended`: the end was put off. */
export async function askForTime(parts: ActParts, extended: () => void): Promise<void> {
  const { link, notices, questions } = parts;
  const session = parts.session();
  const why = await questions.line('why this session needs more time');
  if (why === undefined || why === '') return;
  const grant = await endsFirst(parts);
  if (grant !== undefined) return askForGrant(parts, grant, why.slice(0, 500), extended);
  const done = await requestWithCode(
    link,
    'session.extend',
    () => ({ session: session.id, why: why.slice(0, 500) }),
    secretLine(parts),
  );
  if (done.ok) {
    const now = Date.now();
    extended();
    return notices.pass(`the session may go on until ${clockTime(done.value.until, now)}`);
  }
  const elsewhere = done.problem.code === 'step-up' ? ` Or: sallyport sessions extend ${session.id} --why WORDS` : '';
  notices.pass(`${problemSentence(done.problem)}${elsewhere}`, { tone: 'bad', ms: 15_000 });
}
