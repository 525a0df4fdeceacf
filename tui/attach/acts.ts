// What everybody in a session may do to it without typing into it: mark a place, write a line to who is there. And how a refusal is said.
import { problemSentence, type Result } from '../../gateway/protocol/errors.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Link } from '../link/link.ts';
import type { Company } from './company.ts';
import type { Notices } from './notices.ts';
import type { Questions } from './questions.ts';

export type ActParts = {
  readonly link: Link;
  readonly session: () => SessionRow;
  readonly channel: () => number;
  readonly company: () => Company;
  readonly notices: Notices;
  readonly questions: Questions;
};

const refusalMs = 12_000;

/** Says a refusal; true = it was one. */
export function saidNo({ notices }: Pick<ActParts, 'notices'>, answer: Result<unknown>): boolean {
  if (!answer.ok) notices.pass(problemSentence(answer.problem), { tone: 'bad', ms: refusalMs, about: 'refused' });
  return !answer.ok;
}

/** A fresh code, asked for over the session. */
export const secretLine =
  ({ questions }: Pick<ActParts, 'questions'>) =>
  (label: string): Promise<string | undefined> =>
    questions.line(label, 'secret');

export async function markPlace(parts: ActParts): Promise<void> {
  const label = await parts.questions.line('mark this place as');
  if (label === undefined) return;
  const marked = await parts.link.request('session.mark', { session: parts.session().id, label: label.slice(0, 200) });
  if (!saidNo(parts, marked)) parts.notices.pass('marked in the recording');
}

export async function writeMessage(parts: ActParts): Promise<void> {
  const text = await parts.questions.line('to everybody here');
  if (text === undefined || text === '') return;
  saidNo(parts, await parts.link.request('session.message', { session: parts.session().id, text: text.slice(0, 500) }));
}
