// What effects do in the world: requests over the link, the sign-in, turns at the terminal. Each ends in an action.
import type { Problem, Result } from '../../gateway/protocol/errors.ts';
import type { TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { ListWindow, TerminalProfile } from '../../gateway/protocol/operator.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { provenLogVersion } from '../../gateway/protocol/version.ts';
import type { TtyOutcome } from '../attach-port.ts';
import { witnessPathOf } from '../link/credentials.ts';
import type { Link } from '../link/link.ts';
import { sessionRecords } from '../link/session-records.ts';
import { signIn, signOut } from '../link/sign-in.ts';
import type { Action, Effect, Turn } from '../model/action.ts';
import type { Ask, Given } from '../model/ask.ts';
import { asShown } from '../model/audit-query.ts';
import type { WitnessedLog } from '../model/trail.ts';
import { gave, readList, requestAccess } from './access-requests.ts';
import { openLooks } from './looks.ts';

export type World = {
  readonly link: Link;
  readonly credentialsPath: string;
  readonly ca: string | undefined;
  readonly profile: TerminalProfile;
  readonly size: () => TerminalSize;
  readonly now: () => number;
  /** Makes Ink let go, runs the turn, takes the terminal back. */
  readonly takeTurn: (turn: Turn) => Promise<TtyOutcome>;
  readonly quit: () => void;
};

type Dispatch = (action: Action) => void;

/** Rows of an older page of the tail; also as many as are fetched after a while away, before the tail begins anew. */
const olderRows = 200;
/** A window that is awaited longer than this is said to be, ms. */
const saidAfterMs = 300;

export function performer(world: World): (effect: Effect, dispatch: Dispatch) => void {
  const { link, now } = world;
  const looks = openLooks(link);
  let signingIn: AbortController | undefined;
  /** Which tail is wanted: a slow page of an earlier query must not subscribe over a later one. */
  let wanted = 0;

  /** One drives: what happens elsewhere is told in no hurry, so that the line is the session's. Guests and the wall show what changes. */
  let driving = false;

  /** Asked how the log is kept, on this line. */
  let followsTrail = false;

  const isNewest = (mine: number) => () => mine === wanted;

  return (effect, dispatch) => {
    switch (effect.effect) {
      case 'retry':
        link.retryNow();
        return;
      case 'sign-in': {
        signingIn?.abort();
        const mine = new AbortController();
        signingIn = mine;
        void signIn({
          link,
          credentialsPath: world.credentialsPath,
          ca: world.ca,
          signal: mine.signal,
          onCode: (code) => dispatch({ action: 'sign-in-code', code, now: now() }),
          onProgress: (progress) => dispatch({ action: 'sign-in-progress', progress }),
        }).then((result) => {
          if (!mine.signal.aborted) dispatch({ action: 'sign-in-over', result, now: now() });
        });
        return;
      }
      case 'stop-sign-in':
        signingIn?.abort();
        return;
      case 'sign-out':
        void signOut(link, world.credentialsPath, effect.all).then((result) =>
          dispatch({ action: 'signed-out', result, now: now() }),
        );
        return;
      case 'subscribe':
        void subscribeLists(link, effect.window, { ...sessionsWindow(driving), held: false }, dispatch);
        followsTrail = effect.glass && provesLog(link);
        // Whoever may not read the log is not told how it is kept, and nothing on the screen asked for it.
        if (followsTrail) void link.request('subscribe', { topic: 'trail' });
        // Whoever may not see it has no banner: nothing on the screen asked for it.
        if (effect.glass)
          void readList(link, 'breakglass', undefined).then((answer) => {
            if (answer.ok) dispatch({ action: 'listed', told: answer.value });
          });
        return;
      case 'witness':
        void witnessed(link, witnessPathOf(world.credentialsPath)).then((own) =>
          dispatch({ action: 'witnessed', own, now: now() }),
        );
        return;
      case 'look':
        looks.look(effect.window);
        setTimeout(() => dispatch({ action: 'awaited', number: effect.window.number }), saidAfterMs).unref();
        return;
      case 'follow-audit':
        wanted += 1;
        void followAudit(world, effect, dispatch, isNewest(wanted));
        return;
      case 'leave-audit':
        wanted += 1;
        void link.request('unsubscribe', { topic: 'audit' });
        return;
      case 'list': {
        const { route, whose } = effect;
        void readList(link, route, whose).then((answer) => {
          if (answer.ok) dispatch({ action: 'listed', told: answer.value });
          else if (!lineIsDown(answer.problem)) dispatch({ action: 'refused-list', route, problem: answer.problem });
        });
        return;
      }
      case 'older-audit': {
        const { before, query } = effect;
        void link.request('audit.page', { before, limit: olderRows, ...withQuery(query) }).then((answer) => {
          if (answer.ok) dispatch({ action: 'audit-page', query, older: true, page: answer.value });
          else dispatch({ action: 'older-lost', query });
        });
        return;
      }
      case 'session-records': {
        const { session } = effect;
        void sessionRecords((body) => link.request('audit.page', body), session).then((result) =>
          dispatch({ action: 'session-records', session, result }),
        );
        return;
      }
      case 'ask': {
        const { ask } = effect;
        void request(world, ask).then((result) => dispatch({ action: 'answered', ask, result, now: now() }));
        return;
      }
      case 'prove': {
        const { code, action, target } = effect;
        void link
          .request('factor.prove', { code, action, ...(target === undefined ? {} : { target }) })
          .then((result) => dispatch({ action: 'proven', result, now: now() }));
        return;
      }
      case 'enroll':
        void link.request('factor.enroll', {}).then((result) => dispatch({ action: 'enrolment-begun', result }));
        return;
      case 'confirm-factor':
        void link
          .request('factor.confirm', { code: effect.code })
          .then((result) => dispatch({ action: 'enrolment-over', result }));
        return;
      case 'turn':
        driving = effect.turn.turn === 'drive';
        if (driving) {
          void link.request('subscribe', { topic: 'sessions', window: sessionsWindow(true) });
          if (followsTrail) void link.request('unsubscribe', { topic: 'trail' });
        }
        void world.takeTurn(effect.turn).then((outcome) => {
          if (driving) {
            void link.request('subscribe', { topic: 'sessions', window: sessionsWindow(false) });
            if (followsTrail) void link.request('subscribe', { topic: 'trail' });
          }
          driving = false;
          dispatch({ action: 'returned', outcome, now: now() });
        });
        return;
      case 'expire-toast': {
        const { id } = effect;
        setTimeout(() => dispatch({ action: 'toast-gone', id }), effect.afterMs).unref();
        return;
      }
      case 'quit':
        signingIn?.abort();
        world.quit();
        return;
      default:
        effect satisfies never;
    }
  };
}

const provesLog = (link: Link): boolean => {
  const state = link.state();
  return state.state === 'open' && state.welcome.protocol >= provenLogVersion;
};

/** Loaded when the first screen is there: it costs more than a key. */
async function witnessed(link: Link, path: string): Promise<WitnessedLog> {
  const { conflictProblem } = await import('../../gateway/audit/testimony.ts');
  const { witnessLog } = await import('../link/log-witness.ts');
  const seen = await witnessLog(link, path);
  if (seen.log !== 'conflict') return seen;
  const { held, conflict } = seen.witness;
  return {
    log: 'conflict',
    remembered: held.size,
    shown: conflict.head.size,
    why: safeText(conflict.why),
    problem: conflictProblem(seen.witness),
  };
}

/** As a person looks at it: the gateway's own ticking only where it is asked for. */
const withQuery = (query: string) => ({ query: asShown(query) });

/** Sessions come whole; what is asked for is only how soon. */
const sessionsWindow = (away: boolean): ListWindow => ({
  number: 1,
  filter: '',
  sort: 'name',
  from: 0,
  count: away ? 0 : 1,
  held: true,
});

/** All at once, so that a long line is waited for once; what is in front comes first. */
async function subscribeLists(link: Link, window: ListWindow, sessions: ListWindow, dispatch: Dispatch): Promise<void> {
  const asked = [
    { route: 'servers' as const, answer: link.request('subscribe', { topic: 'servers', window }) },
    { route: 'sessions' as const, answer: link.request('subscribe', { topic: 'sessions', window: sessions }) },
    { route: 'requests' as const, answer: link.request('subscribe', { topic: 'access' }) },
  ];
  for (const { route, answer } of asked) {
    const given = await answer;
    if (!given.ok && !lineIsDown(given.problem)) dispatch({ action: 'refused-list', route, problem: given.problem });
  }
}

/** With records already held, the tail goes on after them; otherwise, or when too much was missed, a page is read first, and followed from its head. */
async function followAudit(
  { link, now }: World,
  { after, query, rows, instead }: Extract<Effect, { effect: 'follow-audit' }>,
  dispatch: Dispatch,
  isWanted: () => boolean,
): Promise<void> {
  const refused = (problem: Problem) => {
    if (!lineIsDown(problem)) dispatch({ action: 'refused-list', route: 'audit', problem });
  };
  const page = (what: { readonly after?: number; readonly limit: number }) =>
    link.request('audit.page', { ...what, ...withQuery(query) });
  // Another query on the same connection: its page is answered after this, so no row of the old one comes behind it.
  if (instead) void link.request('unsubscribe', { topic: 'audit' });
  let from: number | undefined;
  if (after !== undefined) {
    const missed = await page({ after, limit: olderRows });
    if (!isWanted()) return;
    if (!missed.ok) return refused(missed.problem);
    const { events, head } = missed.value;
    if (events.length < olderRows) {
      from = Math.max(after, head);
      dispatch({ action: 'push', push: { type: 'audit.appended', from: after, head: from, rows: events }, now: now() });
    }
  }
  if (from === undefined) {
    const first = await page({ limit: rows });
    if (!isWanted()) return;
    if (!first.ok) return refused(first.problem);
    dispatch({ action: 'audit-page', query, older: false, page: first.value });
    from = first.value.head;
  }
  const answer = await link.request('subscribe', { topic: 'audit', after: from, ...withQuery(query) });
  if (!answer.ok) refused(answer.problem);
}

/** The line says so itself, and everything is subscribed anew when it is back. */
const lineIsDown = (problem: Problem): boolean => problem.code === 'unreachable';

async function request({ link, size, profile }: World, what: Ask): Promise<Result<Given>> {
  switch (what.ask) {
    case 'open':
      return gave(await link.request('session.open', { server: what.server, size: size(), profile }), (given) => ({
        ask: 'open',
        given,
      }));
    case 'attach':
      return gave(await link.request('session.attach', { session: what.session, size: size(), profile }), (given) => ({
        ask: 'attach',
        given,
      }));
    case 'watch':
      return gave(await link.request('session.watch', { session: what.session, size: size() }), (given) => ({
        ask: 'watch',
        given,
      }));
    case 'take-over':
      return gave(
        await link.request('session.attach', { session: what.session, size: size(), profile, takeOver: true }),
        (given) => ({ ask: 'attach', given }),
      );
    case 'join': {
      const role = what.role === undefined ? {} : { role: what.role };
      return gave(await link.request('session.join', { session: what.session, size: size(), ...role }), (given) => ({
        ask: 'join',
        given,
      }));
    }
    case 'kill':
      return gave(await link.request('session.kill', { session: what.session, why: what.why }), () => ({ ask: 'kill' }));
    case 'freeze': {
      const { session, freeze, why } = what;
      return gave(await link.request('session.freeze', { session, freeze, why }), () => ({ ask: 'freeze' }));
    }
    case 'message':
      return gave(await link.request('session.message', { session: what.session, text: what.text }), () => ({ ask: 'message' }));
    case 'extend':
      return gave(await link.request('session.extend', { session: what.session, why: what.why }), ({ until }) => ({
        ask: 'extend',
        until,
      }));
    case 'share': {
      const { session, person, role, minutes } = what;
      return gave(await link.request('session.share', { session, person, role, minutes }), (given) => ({ ask: 'share', given }));
    }
    case 'lock': {
      const { kind, target, why, minutes } = what;
      const span = minutes === undefined ? {} : { minutes };
      return gave(await link.request('lock.add', { kind, target, why, ...span }), ({ lock, sessions }) => ({
        ask: 'lock',
        lock,
        sessions,
      }));
    }
    case 'unlock':
      return gave(await link.request('lock.remove', { lock: what.lock, why: what.why }), () => ({ ask: 'unlock' }));
    case 'replay': {
      const { session, at } = what;
      return gave(await link.request('recording.export', { recording: session, format: 'v3' }), (first) => ({
        ask: 'replay',
        given: { session, at, first },
      }));
    }
    case 'codes':
      return gave(await link.request('factor.codes', {}), ({ recoveryCodes: codes }) => ({ ask: 'codes', codes }));
    default:
      return requestAccess(link, what);
  }
}
