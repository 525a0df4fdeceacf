// Asking the provider again about everybody who is in (D1, S25): each login that has a live connection or a live session, at an interval.
// What becomes of sessions meanwhile (warning, freezing) is the relay's; it hears of it from the log. Tokens of logins that are over are
// taken back and forgotten.
import { rows } from '../audit/state.ts';
import { digestOf } from '../identity/digest.ts';
import type { Login } from '../identity/login.ts';
import { beginRefresh, endRefresh } from '../identity/refresh.ts';
import type { LoginId, PersonId } from '../protocol/ids.ts';
import type { Parts } from './call.ts';
import { callersOf } from './caller.ts';
import { openLifetimes } from './lifetimes.ts';

type RefreshParts = Pick<Parts, 'log' | 'clock' | 'vault' | 'provider' | 'settings'>;

/** How many logins are asked about at once. */
const atOnce = 4;

/** Continuous verification: refresh at the provider, and the end of logins by time (lifetimes.ts). */
interface Refresher {
  /** Asks about every login in use that is due; resolves when all answers are in the log. */
  round(): Promise<void>;
  close(): void;
}

export function openRefresher(parts: RefreshParts): Refresher {
  const { log, clock, vault, provider, settings } = parts;
  const callers = callersOf(parts);
  const everyMs = settings.refreshMs;
  /** When each login was last asked about, by the monotonic clock; a sign-in is an answer too. */
  const asked = new Map<LoginId, number>();
  const owners = new Map<LoginId, PersonId>();
  /** Logins that can only be signed in to again: that is said once. */
  const stale = new Set<LoginId>();
  const underWay = new Map<LoginId, Promise<void>>();
  let stopped = false;

  const kept = (login: LoginId): string => `refresh:${login}`;
  const know = (login: Login): void => {
    owners.set(login.id, login.person);
    asked.set(login.id, clock.mono());
  };
  for (const login of rows(log.settled.logins)) know(login);

  function inUse(): readonly Login[] {
    const living = new Set<LoginId>();
    for (const session of rows(log.settled.sessions))
      if (session.state !== 'ended') {
        living.add(session.login);
        for (const { login, left } of session.participants) if (left === undefined) living.add(login);
      }
    // Who broke the glass came past the provider, who has nothing to say about them (S53).
    return rows(log.settled.logins).filter(
      ({ id, breakGlass }) => breakGlass === undefined && (living.has(id) || callers.connectionsOf(id).length > 0),
    );
  }

  /** The token is worth nothing any more to us, and soon to anybody. */
  async function giveBack(login: LoginId): Promise<void> {
    const token = vault.get(kept(login));
    if (token === undefined) return;
    await vault.remove([kept(login)]);
    await provider.revoke(Buffer.from(token).toString('utf8'));
  }
  function forget(login: LoginId): void {
    owners.delete(login);
    asked.delete(login);
    stale.delete(login);
    // One that is being asked about gives back what it gets, itself.
    if (!underWay.has(login)) void giveBack(login).catch(() => undefined);
  }

  const stopListening = log.onSettled((group) => {
    for (const { event } of group)
      switch (event.type) {
        case 'login.succeeded': {
          const login = log.settled.logins[event.data.login];
          if (login !== undefined) know(login);
          break;
        }
        case 'login.ended':
          forget(event.data.login);
          break;
        case 'person.suspended':
        case 'person.removed':
          for (const [login, person] of owners) if (person === event.data.person) forget(login);
          break;
        default:
      }
  });

  async function ask(id: LoginId): Promise<void> {
    asked.set(id, clock.mono());
    const begun = await log.commit((state) => beginRefresh(state.logins[id]));
    if (!begun.ok || begun.value === 'gone') return;
    const token = vault.get(kept(id));
    if (begun.value === 'sign-in-again') {
      stale.add(id);
      return giveBack(id);
    }
    const outcome =
      token === undefined ? ({ outcome: 'invalid-grant' } as const) : await provider.refresh(Buffer.from(token).toString('utf8'));
    const rotated = outcome.outcome === 'refreshed' ? outcome.refreshToken : undefined;
    if (rotated !== undefined) await vault.put(kept(id), Buffer.from(rotated, 'utf8'));
    const ended = await log.commit((state) => {
      const login = state.logins[id];
      return endRefresh(
        login,
        login && state.people[login.person],
        rows(state.logins),
        outcome,
        rotated === undefined ? undefined : digestOf(rotated),
      );
    });
    if (ended.ok && (ended.value === 'refreshed' || ended.value === 'later')) return;
    stale.add(id);
    await giveBack(id);
  }

  function askOnce(id: LoginId): Promise<void> {
    let mine = underWay.get(id);
    if (mine === undefined) {
      // A log that cannot be written ends the process; nothing is left to do here.
      mine = ask(id)
        .catch(() => undefined)
        .finally(() => {
          underWay.delete(id);
          if (log.settled.logins[id] === undefined) forget(id);
        });
      underWay.set(id, mine);
    }
    return mine;
  }

  async function askAll(due: readonly LoginId[]): Promise<void> {
    const queue = [...due];
    const one = async (): Promise<void> => {
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) await askOnce(id);
    };
    await Promise.all(Array.from({ length: atOnce }, one));
  }

  const round = (): Promise<void> =>
    askAll(
      inUse()
        .filter(({ id }) => !stale.has(id) && clock.mono() - (asked.get(id) ?? 0) >= everyMs)
        .map(({ id }) => id),
    );

  const stopLifetimes = openLifetimes(parts);
  let callOff = (): void => undefined;
  const beat = (): void => {
    if (stopped) return;
    callOff = clock.after(Math.min(everyMs, 60_000), () => void round().then(beat));
  };
  // A refresh that was under way when the gateway stopped: only signing in again can tell how it ended.
  void askAll(
    rows(log.settled.logins)
      .filter(({ refresh }) => refresh?.pending === true)
      .map(({ id }) => id),
  ).then(beat);

  return {
    round,
    close() {
      stopped = true;
      stopListening();
      stopLifetimes();
      callOff();
    },
  };
}
