// What follows from breaking the glass, whoever is connected: everybody who runs the workspace hears of it at once, what was opened behind it ends with
// it, and superusers are reminded of the review that must follow (S53). Listens to the log; decides nothing.
import { rows } from '../audit/state.ts';
import { endings } from '../identity/break-glass.ts';
import { type Entrance, unreviewed } from '../identity/entrance.ts';
import type { BreakGlassId, PersonId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Connection } from '../relay/connection.ts';
import { openAlarm } from './alarm.ts';
import type { Parts } from './call.ts';
import { callOn, callPerson } from './called-on.ts';

type WatchParts = Pick<Parts, 'log' | 'clock' | 'settings' | 'hub'>;

/** Refusals are told this often at most, ms: a stranger could make many. */
const refusalsMs = 60_000;
const overWhy = 'the break-glass sign-in it was opened in is over';

/** A time of day as it stands in a banner. */
export const glassTime = (at: Instant): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;

/** Begins to watch; the returned function stops. */
export function openBreakGlassWatch(parts: WatchParts): () => void {
  const { log, clock, hub } = parts;
  let refusalTold = Number.NEGATIVE_INFINITY;

  const nameOf = (person: PersonId | undefined): string =>
    (person === undefined ? undefined : log.settled.people[person]?.name) ?? 'somebody';

  /** To every superuser and member of the staff, and to the person: on a line of theirs they may be somebody else. */
  function tell(entrance: BreakGlassId | undefined, person: PersonId | undefined, text: string): void {
    for (const { id, role, status } of rows(log.settled.people)) {
      if (id !== person && (role === 'user' || status !== 'active')) continue;
      callPerson(parts, id, 'break-glass', entrance, text);
    }
  }

  /** What was opened behind it ends first, so that whoever is in there reads why. */
  async function endSessions(of: readonly Entrance[], reason: 'expired' | 'revoked'): Promise<void> {
    const logins = new Set(of.flatMap(({ login }) => login ?? []));
    const live = rows(log.settled.sessions).filter(({ state, login }) => state !== 'ended' && logins.has(login));
    await Promise.all(live.map(({ id }) => hub.kill(id, reason, undefined, overWhy)));
  }

  async function look(): Promise<void> {
    const now = clock.now();
    await endSessions(
      rows(log.settled.entrances).filter((one) => one.overAt === undefined && one.until !== undefined && one.until <= now),
      'expired',
    );
    await log.commit((state, at) => ({ events: endings(rows(state.entrances), state.logins, at), answer: undefined }));
  }
  const nextEnd = (): Instant | undefined => {
    const ends = rows(log.settled.entrances).flatMap(({ overAt, login, until, expiresAt }) =>
      overAt === undefined ? [login === undefined ? expiresAt : (until ?? 0)] : [],
    );
    return ends.length === 0 ? undefined : Math.min(...ends);
  };
  const alarm = openAlarm(clock, nextEnd, look);

  const stopListening = log.onSettled((group) => {
    let changed = false;
    for (const { event } of group) {
      switch (event.type) {
        case 'breakglass.asked': {
          const { entrance, person, why, sealedDigest } = event.data;
          const how =
            sealedDigest === undefined
              ? `waits for a second person: sallyport breakglass approve ${entrance} --why WORDS`
              : 'has a sealed code';
          tell(entrance, person, `BREAK-GLASS: ${nameOf(person)} breaks the glass (${why}) and ${how}`);
          changed = true;
          break;
        }
        case 'breakglass.approved': {
          const { entrance, by } = event.data;
          const person = log.settled.entrances[entrance]?.person;
          tell(entrance, person, `BREAK-GLASS: ${nameOf(by)} lets ${nameOf(person)} in`);
          break;
        }
        case 'breakglass.opened': {
          const { entrance, person, until, why } = event.data;
          tell(entrance, person, `BREAK-GLASS: ${nameOf(person)} is in until ${glassTime(until)}: ${why}`);
          changed = true;
          break;
        }
        case 'breakglass.refused': {
          const { entrance, person, cause } = event.data;
          changed ||= entrance !== undefined;
          if (person === undefined || clock.mono() - refusalTold < refusalsMs) break;
          refusalTold = clock.mono();
          tell(entrance, person, `BREAK-GLASS: refused to ${nameOf(person)}: ${cause}`);
          break;
        }
        case 'breakglass.over': {
          const { entrance } = event.data;
          const row = log.settled.entrances[entrance];
          if (row !== undefined) void endSessions([row], 'revoked');
          const what = `the entrance of ${nameOf(row?.person)} is over, and waits for a review`;
          tell(entrance, row?.person, `BREAK-GLASS: ${what}: sallyport breakglass review ${entrance} --finding WORDS`);
          changed = true;
          break;
        }
        case 'login.ended':
        case 'person.suspended':
        case 'person.removed':
          changed ||= rows(log.settled.entrances).some(
            ({ login, overAt }) => login !== undefined && overAt === undefined && log.settled.logins[login] === undefined,
          );
          break;
        default:
      }
    }
    // A sign-in that ended early ends its entrance: the timer of what is due already comes at once.
    if (changed) alarm.ring();
  });
  alarm.ring();
  return () => {
    stopListening();
    alarm.stop();
  };
}

/** Tells a superuser who has just come of the entrances that nobody has reviewed. */
export function tellReviews({ log }: Pick<Parts, 'log'>, connection: Connection): void {
  const login = connection.login === undefined ? undefined : log.settled.logins[connection.login];
  const person = login && log.settled.people[login.person];
  if (person?.role !== 'superuser') return;
  for (const one of rows(log.settled.entrances))
    if (unreviewed(one) && one.overAt !== undefined && one.person !== person.id) {
      const who = log.settled.people[one.person]?.name ?? 'somebody';
      callOn(
        connection,
        'review',
        one.id,
        `${who} broke the glass (${one.why}): sallyport breakglass review ${one.id} --finding WORDS`,
      );
    }
}
