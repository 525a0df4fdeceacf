// update(model, action) → model and effects: the whole behaviour of the dashboard, without a terminal and without a socket.
import type { Push } from '../../gateway/protocol/operator.ts';
import type { LineFigures } from '../link/meter.ts';
import type { Action, Step } from './action.ts';
import { step } from './action.ts';
import { answered, proven } from './asking.ts';
import { appendTail, beginTail, followTail, moveTail, prependTail } from './audit-tail.ts';
import { called, openCalls } from './calls.ts';
import { enrolmentBegun, enrolmentOver } from './enrolment.ts';
import { pageRows } from './layout.ts';
import { forgetRows, lineChanged } from './line.ts';
import { changeRows, changeWindow, choose, moveBy } from './listing.ts';
import { fitLists } from './lists.ts';
import { looked } from './looking.ts';
import { say, sayProblem } from './messages.ts';
import type { Model } from './model.ts';
import { ownDetached, ownWords } from './own.ts';
import { pasted, pressed } from './pressed.ts';
import { serverKind, sessionKind } from './row-kinds.ts';
import { signInCode, signInOver, signInProgress } from './signing-in.ts';
import { accessCalled, accessChanged, listed } from './told.ts';
import { asked, witnessDue, witnessed } from './trail.ts';

export const update = (model: Model, action: Action): Step => looked(model, happened(model, action));

function happened(model: Model, action: Action): Step {
  switch (action.action) {
    case 'press':
      return pressed(model, action.press);
    case 'pasted':
      return pasted(model, action.text);
    case 'resized':
      return step(fitWindows({ ...model, size: action.size }));
    case 'tick':
      return ticked({ ...model, now: action.now, roundTripMs: action.roundTripMs, figures: action.figures ?? model.figures });
    case 'line':
      return lineChanged(
        { ...model, now: action.now, roundTripMs: action.roundTripMs, figures: action.figures ?? model.figures },
        action.state,
      );
    case 'awaited': {
      const { looking } = model;
      const late = looking !== undefined && looking.heard < action.number && looking.asked.count > 0;
      return step(
        late === (looking?.late ?? false) || looking === undefined ? model : { ...model, looking: { ...looking, late } },
      );
    }
    case 'push':
      return pushed(model, action);
    case 'refused-list':
      return step({ ...model, refusals: { ...model.refusals, [action.route]: action.problem } });
    case 'listed':
      return step(listed(model, action.told));
    case 'audit-page': {
      // An answer to a query one has since left.
      if (action.query !== model.audit.query) return step(model);
      const page = pageRows(model.size);
      const audit = action.older ? prependTail(model.audit, action.page, page) : beginTail(model.audit, action.page, page);
      const { audit: _refused, ...refusals } = model.refusals;
      return step({ ...model, audit, refusals });
    }
    case 'older-lost': {
      const { audit } = model;
      const lost = audit.query === action.query && audit.older === 'asked';
      return step(lost ? { ...model, audit: { ...audit, older: 'some' } } : model);
    }
    case 'session-records': {
      const { overlay } = model;
      if (overlay?.overlay !== 'card' || overlay.card.card !== 'record' || overlay.card.row.session !== action.session)
        return step(model);
      return step({ ...model, overlay: { ...overlay, card: { ...overlay.card, records: action.result } } });
    }
    case 'answered':
      return answered(model, action.ask, action.result, action.now);
    case 'proven':
      return proven(model, action.result, action.now);
    case 'sign-in-code':
      return signInCode({ ...model, now: action.now }, action.code);
    case 'sign-in-progress':
      return signInProgress(model, action.progress);
    case 'sign-in-over':
      return signInOver(model, action.result, action.now);
    case 'signed-out': {
      if (!action.result.ok) return sayProblem(model, action.now, action.result.problem);
      const { ended } = action.result.value;
      return say(forgetRows(model), action.now, 'good', ended > 1 ? `Signed out of ${ended} sign-ins.` : 'Signed out.');
    }
    case 'enrolment-begun':
      return enrolmentBegun(model, action.result);
    case 'enrolment-over':
      return enrolmentOver(model, action.result);
    case 'returned':
      return returned({ ...model, away: false, now: action.now }, action);
    case 'witnessed':
      return witnessed(model, action.own, action.now);
    case 'toast-gone':
      return step(model.toast === action.id ? { ...model, toast: undefined } : model);
    default:
      return action satisfies never;
  }
}

function ticked(model: Model): Step {
  const due = witnessDue(model);
  return due.length === 0 ? step(model) : step(asked(model), ...due);
}

function pushed(model: Model, { push, figures, now }: Extract<Action, { action: 'push' }>): Step {
  const page = pageRows(model.size);
  switch (push.type) {
    case 'servers.changed':
      return step({ ...model, servers: changeRows(model.servers, serverKind, push, page) });
    case 'servers.window':
      return step(windowTold(model, push, figures));
    case 'sessions.changed': {
      // An ended session leaves the list of live ones; its ending is in the audit tail.
      const rows = push.rows.filter((row) => row.state !== 'ended');
      const gone = [...push.gone, ...push.rows.filter((row) => row.state === 'ended').map((row) => row.id)];
      const sessions = changeRows(model.sessions, sessionKind, { whole: push.whole, rows, gone }, page);
      return greet(openCalls(model, { ...model, sessions }), now);
    }
    case 'audit.appended':
      // Before the first page it is a row of an earlier query; everything after the page follows by its number.
      return step(model.audit.through === undefined ? model : { ...model, audit: appendTail(model.audit, push, page) });
    case 'session.called':
      return called(model, push, now);
    case 'access.changed':
      return step(accessChanged(model, push));
    case 'access.called':
      return accessCalled(model, push, now);
    // The link tells these as states; those of channels belong to whoever holds the channel.
    case 'self.changed':
    case 'login.ended':
    case 'login.progress':
    case 'session.closed':
    case 'session.notice':
    case 'session.company':
    case 'session.resized':
      return step(model);
    case 'trail.changed':
      return step({ ...model, trail: { ...model.trail, status: push.status } });
    default:
      return push satisfies never;
  }
}

function windowTold(model: Model, push: Extract<Push, { type: 'servers.window' }>, figures: LineFigures | undefined): Model {
  const { looking } = model;
  if (looking === undefined) return model;
  const { asked } = looking;
  const answers = push.number === asked.number;
  // Who looks at something else keeps the list as it was left.
  const servers = changeWindow(model.servers, serverKind, push, answers && asked.count > 0, pageRows(model.size));
  const heard = Math.max(looking.heard, push.number);
  const { near: _near, ...placed } = asked;
  // The screen is drawn for the answer anyway: how the line did is told with it.
  const measured = push.number > looking.heard && figures !== undefined ? { figures, roundTripMs: figures.roundTripMs } : {};
  return {
    ...model,
    ...measured,
    servers,
    looking: { asked: answers ? { ...placed, from: push.from } : asked, heard, late: looking.late && heard < asked.number },
  };
}

/** Once, when the sessions are first known: those of one's own that nobody drives. */
function greet(model: Model, now: number): Step {
  if (model.greeted) return step(model);
  const greeted = { ...model, greeted: true };
  const own = ownDetached(greeted);
  const words = ownWords(own, now);
  return words === undefined ? step(greeted) : say({ ...greeted, spokenOf: own[0]?.id }, now, 'plain', words);
}

function returned(model: Model, { outcome, now }: Extract<Action, { action: 'returned' }>): Step {
  const page = pageRows(model.size);
  const sessions = outcome.session === undefined ? model.sessions : choose(model.sessions, outcome.session, page);
  const back: Model = { ...model, sessions };
  // A recording that was read to its end, or left, is nothing to speak of.
  const said = outcome.sentence === '' ? step(back) : say(back, now, outcome.tone, outcome.sentence);
  const { next } = outcome;
  if (next === undefined) return said;
  const ask = { ask: next.go, session: next.session, name: sessionName(model, next.session) };
  return { model: { ...said.model, asking: ask }, effects: [...said.effects, { effect: 'ask', ask }] };
}

function sessionName(model: Model, id: string): string {
  return model.sessions.rows.get(id)?.serverName ?? 'the server';
}

/** After a new size: the chosen rows stay in their windows. */
function fitWindows(model: Model): Model {
  const page = pageRows(model.size);
  return {
    ...model,
    servers: moveBy(model.servers, 0, page),
    sessions: moveBy(model.sessions, 0, page),
    lists: fitLists(model.lists, page),
    audit: model.audit.following ? followTail(model.audit, true, page) : moveTail(model.audit, 0, page),
  };
}
