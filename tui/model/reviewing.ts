// Approving a request in place (S45, M5): what is approved is exactly what is drawn. The row is kept as it was when the box was opened, its digest is
// computed anew from it, and the code is bound to that; a row that has changed meanwhile is not approved.
import { type AccessTerms, grantLevels, type RequestRow } from '../../gateway/protocol/access-nouns.ts';
import { displayedDigest, termsDigest } from '../../gateway/protocol/displayed.ts';
import { allDisplayed } from '../present/requests.ts';
import { type Step, step } from './action.ts';
import { ask } from './asking.ts';
import { say } from './messages.ts';
import type { Model, Overlay } from './model.ts';
import { termsWords } from './selector-words.ts';

export type Review = Extract<Overlay, { overlay: 'review' }>;

/** Lengths one narrows to, minutes; what was asked stands at the end of those below it. */
const lengths = [5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1_440, 2_880, 4_320, 10_080, 20_160, 43_200, 86_400];

/** What a code is bound to, as the gateway tells it: the id, and the first half of the digest. */
export const boundTo = (request: string, digest: string): string => `${request}#${digest.slice(0, 32)}`;

/** Opens the box, where the request waits, is one's to approve, and is displayed here as its digest says. */
export function openReview(model: Model, request: RequestRow): Step {
  if (request.state !== 'pending') return say(model, model.now, 'bad', 'That request waits for nobody any more.');
  if (!request.mayReview)
    return say(
      model,
      model.now,
      'bad',
      request.mine ? 'Nobody approves a request of their own.' : 'This request is not yours to approve: y says why.',
    );
  if (displayedDigest(request) !== request.digest)
    return say(
      model,
      model.now,
      'bad',
      'What would be approved is not what is displayed here: nothing is asked. :retry reads it anew.',
    );
  const { level, minutes } = request.terms;
  return step({ ...model, overlay: { overlay: 'review', request, level, minutes } });
}

/** Whether what is drawn is still what would be approved. */
export function standing({ lists, line }: Model, { request }: Review): 'same' | 'changed' | 'over' | 'unknown' {
  if (line.line !== 'open') return 'unknown';
  const now = lists.requests.rows.get(request.id);
  if (now === undefined || now.state !== 'pending') return 'over';
  return now.digest === request.digest && displayedDigest(now) === request.digest ? 'same' : 'changed';
}

/** What would be given; undefined = all of what was asked. */
export function narrowedTerms({ request: { terms }, level, minutes }: Review): AccessTerms | undefined {
  return level === terms.level && minutes === terms.minutes ? undefined : { ...terms, level, minutes };
}

/** One step down or up, never beyond what was asked. */
export function narrowed(review: Review, what: 'level' | 'minutes', by: 1 | -1): Review {
  const { terms } = review.request;
  if (what === 'level') {
    const most = grantLevels.indexOf(terms.level);
    const at = Math.max(0, Math.min(most, grantLevels.indexOf(review.level) + by));
    return { ...review, level: grantLevels[at] ?? review.level };
  }
  const open = [...lengths.filter((minutes) => minutes < terms.minutes), terms.minutes];
  const at = Math.max(0, Math.min(open.length - 1, open.indexOf(review.minutes) + by));
  return { ...review, minutes: open[at] ?? review.minutes };
}

/** How one calls what is given, in the step-up and afterwards. */
export const reviewName = (review: Review): string => {
  const { request } = review;
  const terms = narrowedTerms(review) ?? request.terms;
  return `${request.personName}’s request: ${termsWords({ ...request, terms })}`;
};

/** Asks for exactly what the box displays; what changed meanwhile is shown anew, and nothing is asked. */
export function approve(model: Model, review: Review): Step {
  const now = standing(model, review);
  if (now === 'changed') {
    const row = model.lists.requests.rows.get(review.request.id);
    const closed: Model = { ...model, overlay: undefined };
    const again = row === undefined ? step(closed) : openReview(closed, row);
    return say(again.model, model.now, 'bad', 'It changed while you read it: look again, then decide.', ...again.effects);
  }
  if (now === 'over') return say({ ...model, overlay: undefined }, model.now, 'bad', 'That request waits for nobody any more.');
  if (now === 'unknown') return step(model);
  if (!allDisplayed(review.request, model.size))
    return say(
      model,
      model.now,
      'bad',
      'Not all of it has room here: a taller terminal shows it, or sallyport requests approve.',
    );
  const { id, digest } = review.request;
  const terms = narrowedTerms(review);
  const bound = boundTo(id, termsDigest(digest, terms));
  return ask({ ...model, overlay: undefined }, { ask: 'approve', name: reviewName(review), request: id, digest, terms, bound });
}
