// Taking a lost authenticator from somebody, so that they can set up another: two people, each with their own request, the second within a quarter of an
// hour of the first; never the person themselves (T8, T16). Who may be one of the two is policy.
import { fine, refuse } from '../protocol/errors.ts';
import type { Actor } from '../protocol/events.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import { endLogins } from './ending.ts';
import { type Happening, within } from './happening.ts';
import type { Login } from './login.ts';
import type { Person } from './person.ts';

/** How long the first of the two waits for the second, ms. */
const secondMs = 900_000;

/**
 * The first asks; the second makes it so: the authenticator and all recovery codes are worth nothing, every sign-in of the person is over.
 * @param first who asked before, where they may still ask: somebody who was suspended, demoted or locked since counts for nothing
 * Errors: not-found, denied (oneself), bad-request (there is nothing to take).
 */
export function resetFactor(
  rows: { readonly person: Person | undefined; readonly first: Person | undefined; readonly logins: readonly Login[] },
  by: { readonly actor: Actor; readonly person: PersonId; readonly why: string; readonly request: string | undefined },
  now: Instant,
): Happening<{ readonly reset: boolean; readonly until?: Instant }> {
  const { person, first, logins } = rows;
  if (person === undefined) return { events: [], answer: refuse('not-found') };
  if (person.id === by.person) return { events: [], answer: refuse('denied', 'it takes two others') };
  if (person.factor === undefined && person.enrolling === undefined)
    return { events: [], answer: refuse('bad-request', `${person.name} has no authenticator`) };
  const about = { actor: by.actor, outcome: 'ok', target: person.id, ...within(by.request), personal: {} } as const;
  const { resetAsked: asked } = person;
  // Not before it was asked either: a clock set back gives the first no time (R11).
  const inTime = asked !== undefined && now < asked.until && now >= asked.until - secondMs;
  const waits = inTime && first?.id === asked.by && first.status === 'active';
  if (!waits || asked.by === by.person) {
    const until = now + secondMs;
    const data = { person: person.id, by: by.person, until, why: by.why };
    return { events: [{ ...about, type: 'factor.reset-asked', data }], answer: fine({ reset: false, until }) };
  }
  const data = { person: person.id, by: by.person, with: asked.by, why: by.why };
  return {
    events: [
      { ...about, type: 'factor.reset', data },
      ...endLogins(
        logins.filter((login) => login.person === person.id),
        'revoked',
        by.actor,
        by.request,
        'the second factor was taken away: sign in and set up another',
      ),
    ],
    answer: fine({ reset: true }),
  };
}
