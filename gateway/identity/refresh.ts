// Asking the provider again while a login lives (D1, S25). That a refresh began is durable before it is sent, because providers rotate:
// if its end is not known, the old token may be dead already, and only signing in again can tell. Nothing ends for that: only a person
// who is disabled or gone at the provider ends.
import type { RefreshOutcome } from '../ports.ts';
import { fine, refuse } from '../protocol/errors.ts';
import type { EventData, NewEvent } from '../protocol/events.ts';
import { endLogins } from './ending.ts';
import type { Happening } from './happening.ts';
import type { Login } from './login.ts';
import type { Person } from './person.ts';
import { isBoundTo } from './sign-in.ts';

type Cause = EventData<'identity.refresh-failed'>['cause'];
/** What the one who refreshes does next. */
type RefreshStep = 'send' | 'sign-in-again' | 'gone';
type RefreshEnd = 'refreshed' | 'sign-in-again' | 'ended' | 'later' | 'gone';

const gateway = { kind: 'gateway' } as const;
const failed = (login: Login, cause: Cause): NewEvent => ({
  type: 'identity.refresh-failed',
  actor: gateway,
  outcome: 'failed',
  target: login.id,
  data: { login: login.id, person: login.person, cause },
  personal: {},
});

/** A refresh that is still pending here was begun by somebody who never finished it: this process has only one under way per login. */
export function beginRefresh(login: Login | undefined): Happening<RefreshStep> {
  if (login === undefined) return { events: [], answer: fine('gone') };
  if (login.refresh === undefined) return { events: [failed(login, 'no-refresh-token')], answer: fine('sign-in-again') };
  if (login.refresh.pending) return { events: [failed(login, 'unfinished')], answer: fine('sign-in-again') };
  return {
    events: [
      {
        type: 'identity.refresh-started',
        actor: gateway,
        outcome: 'ok',
        target: login.id,
        data: { login: login.id, person: login.person },
        personal: {},
      },
    ],
    answer: fine('send'),
  };
}

/**
 * @param logins all logins, of whom the person's end when the provider says they are disabled or gone
 * @param refreshDigest of the rotated token, in the vault already; undefined when the old one stays good
 */
export function endRefresh(
  login: Login | undefined,
  person: Person | undefined,
  logins: readonly Login[],
  outcome: RefreshOutcome,
  refreshDigest: string | undefined,
): Happening<RefreshEnd> {
  if (login === undefined || person === undefined) return { events: [], answer: fine('gone') };
  switch (outcome.outcome) {
    case 'refreshed': {
      // A token of this login that speaks of somebody else is not to be trusted with anything.
      if (!isBoundTo(person, outcome.claims))
        return { events: [failed(login, 'invalid-grant')], answer: refuse('provider-answer') };
      const data = { login: login.id, person: person.id, ...(refreshDigest === undefined ? {} : { refreshDigest }) };
      return {
        events: [{ type: 'identity.refreshed', actor: gateway, outcome: 'ok', target: login.id, data, personal: {} }],
        answer: fine('refreshed'),
      };
    }
    case 'invalid-grant':
      return { events: [failed(login, 'invalid-grant')], answer: fine('sign-in-again') };
    case 'disabled':
      return {
        events: [
          failed(login, 'disabled'),
          ...endLogins(
            logins.filter((other) => other.person === person.id),
            'provider',
            gateway,
          ),
        ],
        answer: fine('ended'),
      };
    case 'provider-down':
      return { events: [failed(login, 'provider-down')], answer: fine('later') };
    default:
      return outcome satisfies never;
  }
}
