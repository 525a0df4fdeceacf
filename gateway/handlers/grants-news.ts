// Who is told at once, on every connection of theirs, of what is asked for, given and over: those who may review it, and whoever it is about (M5).
import type { Grant } from '../access/grant.ts';
import type { Settled } from '../audit/commit.ts';
import { removedName } from '../audit/names.ts';
import { inSlices } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import { serversWords, termsWords } from '../audit/tell-access.ts';
import type { PersonId, RequestId } from '../protocol/ids.ts';
import type { Parts } from './call.ts';
import { callOn, callPerson, type What } from './called-on.ts';
import { callerOf, callersOf } from './caller.ts';
import { openGrantClock } from './grants-clock.ts';
import { requestTarget } from './grants-rows.ts';

const endedWords = { expired: 'it ran out', revoked: 'revoked', review: 'an access review', removed: 'removed' } as const;

/** Begins to call, and to end what ends by itself; the returned function stops. */
export function openGrantNews(parts: Parts): () => void {
  const { log, enforcer } = parts;
  const callers = callersOf(parts);
  const nameOf = (person: PersonId | undefined): string =>
    person === undefined ? 'somebody' : (log.settled.people[person]?.name ?? removedName(person));
  const tell = (person: PersonId, what: What, about: string, text: string): void => callPerson(parts, person, what, about, text);

  /** Everybody who is here and may review it: each is decided about, and the gateway does other work in between. */
  async function callReviewers(id: RequestId): Promise<void> {
    const here = rows(log.settled.logins).flatMap((login) => callers.connectionsOf(login.id));
    await inSlices(
      here,
      (connection) => {
        const request = log.settled.requests[id];
        const caller = callerOf(parts, connection);
        if (request?.state !== 'pending' || !caller.ok || caller.value.person.id === request.person) return undefined;
        if (enforcer.decide(caller.value, 'request.review', requestTarget(parts, request)).verdict === 'deny') return undefined;
        callOn(connection, 'asked', id, `${nameOf(request.person)} asks for ${termsWords(request.terms)}: ${request.why}`);
        return undefined;
      },
      () => parts.clock.mono(),
    );
  }

  function hear({ event }: Settled): void {
    const { requests, grants } = log.settled;
    switch (event.type) {
      case 'request.made':
        void callReviewers(event.data.request);
        return;
      case 'request.denied': {
        const row = requests[event.data.request];
        if (row !== undefined)
          tell(row.person, 'denied', row.id, `${nameOf(event.data.by)} denied ${termsWords(row.terms)}: ${event.data.why}`);
        return;
      }
      case 'request.ended': {
        const row = requests[event.data.request];
        if (row === undefined || event.data.cause === 'withdrawn') return;
        const how = event.data.cause === 'expired' ? 'nobody approved it in time' : 'it is not looked at any more';
        tell(row.person, 'expired', row.id, `your request for ${termsWords(row.terms)} is over: ${how}`);
        return;
      }
      case 'grant.made': {
        const { grant, person, terms, by, request } = event.data;
        tell(person, 'approved', request ?? grant, `${by.map(nameOf).join(' and ')} approved ${termsWords(terms)}`);
        return;
      }
      case 'grant.extended': {
        const row = grants[event.data.grant];
        if (row === undefined) return;
        const until = `until ${new Date(event.data.until).toISOString().slice(0, 16)}Z`;
        tell(row.person, 'approved', event.data.request ?? row.id, `${termsWords(row.terms)} was prolonged ${until}`);
        return;
      }
      case 'grant.ended': {
        const row = grants[event.data.grant];
        if (row === undefined) return;
        const { cause, by, why } = event.data;
        const how = `${endedWords[cause]}${by === undefined ? '' : ` by ${nameOf(by)}`}${why === undefined ? '' : `: ${why}`}`;
        tell(
          row.person,
          'ended',
          row.id,
          `your grant of ${row.terms.level} on ${serversWords(row.terms.servers)} ended (${how})`,
        );
        return;
      }
      default:
    }
  }
  const soon = (grant: Grant, inMs: number): void => {
    const minutes = Math.max(1, Math.round(inMs / 60_000));
    const when = `in ${minutes} minute${minutes === 1 ? '' : 's'}`;
    const what = `your grant of ${grant.terms.level} on ${serversWords(grant.terms.servers)}`;
    tell(grant.person, 'ending-soon', grant.id, `${what} ends ${when}: sallyport grants extend ${grant.id} --why WORDS`);
  };

  const stopListening = log.onSettled((group) => {
    for (const settled of group) hear(settled);
  });
  const stopClock = openGrantClock(parts, soon);
  return () => {
    stopListening();
    stopClock();
  };
}
