// What each command does to the face.
import { helpLength } from '../keys/help.ts';
import { type Command, isRoute } from '../keys/keymap.ts';
import { cardLines } from '../present/card.ts';
import { messageLines } from '../present/messages.ts';
import type { Step } from './action.ts';
import { step } from './action.ts';
import { ask } from './asking.ts';
import { atFirstLine, emptyTail, followTail, moveTail, olderBefore } from './audit-tail.ts';
import { openForm } from './form.ts';
import { goTo, nextTab, theirs } from './going.ts';
import { pageLines, pageRows } from './layout.ts';
import { chosenOf, filterBy, moveBy, sortBy } from './listing.ts';
import { filterIn, isListRoute, moveIn, sortIn } from './lists.ts';
import { auditRows } from './looking.ts';
import { say, sayProblem } from './messages.ts';
import type { Model, Overlay } from './model.ts';
import { onAccess } from './on-access.ts';
import { foldChosen, openRecord, pivotOn, showRecord } from './on-audit.ts';
import { onSession } from './on-session.ts';
import { anew, chosenToResume, movedInResume, openOn } from './resuming.ts';
import { serverKind, sessionKind } from './row-kinds.ts';
import { beginSignIn } from './signing-in.ts';
import { emptyField, fieldOf } from './text-field.ts';
import { isReadRoute, readAgain } from './told.ts';
import { openingRefused } from './trail.ts';

export function commanded(model: Model, command: Command): Step {
  if (isRoute(command)) return goTo(model, command);
  const page = pageRows(model.size);
  switch (command) {
    case 'down':
      return moved(model, 1);
    case 'up':
      return moved(model, -1);
    case 'page-down':
      return moved(model, page - 1);
    case 'page-up':
      return moved(model, 1 - page);
    case 'first':
      return moved(model, Number.NEGATIVE_INFINITY);
    case 'last':
      return moved(model, Number.POSITIVE_INFINITY);
    case 'open':
      return opened(model);
    case 'watch':
    case 'join-peer':
    case 'join-moderator':
    case 'take-over':
    case 'kill':
    case 'freeze':
    case 'message':
    case 'extend':
    case 'invite': {
      const row = chosenOf(model.sessions);
      return model.route !== 'sessions' || row === undefined ? step(model) : onSession(model, command, row);
    }
    case 'lock':
      return lockChosen(model);
    case 'another':
      return model.overlay?.overlay === 'resume' ? anew(model, model.overlay.server, model.overlay.name) : step(model);
    case 'wall':
      return wall(model);
    case 'sort':
      return sorted(model, undefined);
    case 'filter': {
      const before = filterOf(model);
      return step({ ...model, overlay: { overlay: 'filter', field: fieldOf(before), before } });
    }
    case 'command-line':
      return step({ ...model, overlay: { overlay: 'command', field: emptyField, past: 0 } });
    case 'next-screen':
      return goTo(model, nextTab(model.route, 1));
    case 'previous-screen':
      return goTo(model, nextTab(model.route, -1));
    case 'theirs':
      return theirs(model);
    case 'ask-for':
      return isDown(model) ? retried(model) : onAccess(model, command);
    case 'details':
      return model.route === 'audit' ? showRecord(model) : onAccess(model, command);
    case 'approve':
    case 'deny':
    case 'withdraw':
    case 'batch':
    case 'revoke':
    case 'prolong':
    case 'change-role':
    case 'suspend':
    case 'find':
    case 'keep':
    case 'start-review':
    case 'history':
    case 'ask-why':
    case 'why':
    case 'remedy':
    case 'weaker':
    case 'stronger':
    case 'shorter':
    case 'longer':
      return onAccess(model, command);
    case 'follow':
      return model.route === 'audit'
        ? step({ ...model, audit: followTail(model.audit, !model.audit.following, page) })
        : step(model);
    case 'fold':
      return foldChosen(model);
    case 'same-actor':
    case 'same-server':
    case 'same-address':
    case 'same-session': {
      const to = pivotOn(model, command);
      return to.refilter === undefined ? to.step : refilter(model, to.refilter);
    }
    case 'messages':
      return step({ ...model, overlay: { overlay: 'messages', top: 0 }, toast: undefined });
    case 'help':
      return step({ ...model, overlay: { overlay: 'help', top: 0 } });
    case 'back':
      return back(model);
    case 'retry':
      return retried(model);
    case 'saved': {
      if (model.stage.stage !== 'codes') return step(model);
      const { afterwards } = model.stage;
      const inside: Model = { ...model, stage: { stage: 'workspace' } };
      return afterwards === undefined ? step(inside) : ask(inside, afterwards);
    }
    case 'quit':
      return step(model, { effect: 'quit' });
    default:
      return command satisfies never;
  }
}

function moved(model: Model, by: number): Step {
  const page = pageRows(model.size);
  const { overlay } = model;
  if (overlay?.overlay === 'help' || overlay?.overlay === 'messages' || overlay?.overlay === 'card') {
    return step({
      ...model,
      overlay: { ...overlay, top: Math.max(0, Math.min(overlay.top + moreBelow(model), overlay.top + by)) },
    });
  }
  if (overlay?.overlay === 'resume') return step({ ...model, overlay: movedInResume(overlay, by) });
  const { route } = model;
  if (isListRoute(route)) {
    const lists = moveIn(model.lists, route, by, page);
    return step(lists === model.lists ? model : { ...model, lists });
  }
  switch (route) {
    case 'servers':
      return step({ ...model, servers: moveBy(model.servers, by, page) });
    case 'sessions':
      return step({ ...model, sessions: moveBy(model.sessions, by, page) });
    case 'audit':
      return movedInAudit(model, by, page);
    default:
      return route satisfies never;
  }
}

/** Lines of the help or the messages below the window. */
export function moreBelow(model: Model): number {
  const { overlay, size } = model;
  if (overlay?.overlay !== 'help' && overlay?.overlay !== 'messages' && overlay?.overlay !== 'card') return 0;
  return Math.max(0, linesOf(model, overlay) - overlay.top - pageLines(size));
}

function linesOf(model: Model, overlay: Extract<Overlay, { top: number }>): number {
  const { readonly, size, messages } = model;
  switch (overlay.overlay) {
    case 'help':
      return helpLength(readonly, size.cols);
    case 'messages':
      return messageLines(messages, 0, size.cols - 2).length;
    case 'card':
      return cardLines(model, overlay.card, size.cols - 4).length;
    default:
      return overlay satisfies never;
  }
}

function movedInAudit(model: Model, by: number, page: number): Step {
  const audit = moveTail(model.audit, by, page);
  const before = olderBefore(audit);
  // At the oldest record held, and upwards still: older ones come from the gateway.
  if (by < 0 && atFirstLine(audit) && audit.older === 'some' && before !== undefined && before > 0)
    return step({ ...model, audit: { ...audit, older: 'asked' } }, { effect: 'older-audit', before, query: audit.query });
  return step(audit === model.audit ? model : { ...model, audit });
}

function opened(model: Model): Step {
  if (model.overlay?.overlay === 'resume') return chosenToResume(model, model.overlay);
  if (model.route === 'audit') return openRecord(model);
  if (model.route === 'servers') {
    const row = chosenOf(model.servers);
    return row === undefined ? step(model) : openOn(model, row.id, row.name);
  }
  const row = chosenOf(model.sessions);
  if (model.route !== 'sessions' || row === undefined) return step(model);
  const { id: session, serverName: name } = row;
  if (!row.mine || model.readonly) return ask(model, { ask: 'watch', session, name });
  // Somebody else has its keyboard now: back beside them, and `T` or a hand-over brings the keyboard.
  const driver = row.participants.find((one) => one.role === 'driver');
  const taken = driver !== undefined && driver.person !== row.person;
  return ask(model, taken ? { ask: 'join', session, name, role: 'peer' } : { ask: 'attach', session, name });
}

function lockChosen(model: Model): Step {
  const person = model.route === 'people' ? chosenOf(model.lists.people) : undefined;
  if (person !== undefined) return openForm(model, { purpose: 'lock', kind: 'person', target: person.id, name: person.name });
  const group = model.route === 'groups' ? chosenOf(model.lists.groups) : undefined;
  if (group !== undefined) return openForm(model, { purpose: 'lock', kind: 'group', target: group.id, name: group.name });
  const server = model.route === 'servers' ? chosenOf(model.servers) : undefined;
  if (server !== undefined) return openForm(model, { purpose: 'lock', kind: 'server', target: server.id, name: server.name });
  const session = model.route === 'sessions' ? chosenOf(model.sessions) : undefined;
  return session === undefined ? step(model) : onSession(model, 'lock', session);
}

/** The sessions shown under the present filter; from the servers, those of the chosen server, or all when it has none. */
function wall(model: Model): Step {
  const refused = openingRefused(model, 'wall');
  if (refused !== undefined) return sayProblem(model, model.now, refused);
  const live = model.sessions.shown.filter(
    (row) => row.state === 'running' || row.state === 'frozen' || row.state === 'detached',
  );
  const server = model.route === 'servers' ? chosenOf(model.servers)?.id : undefined;
  const there = live.filter((row) => row.server === server);
  const chosen = there.length > 0 ? there : live;
  if (chosen.length === 0) return say(model, model.now, 'plain', 'There is no live session to watch.');
  return step(
    { ...model, away: true, toast: undefined },
    { effect: 'turn', turn: { turn: 'wall', sessions: chosen.map((row) => row.id) } },
  );
}

/** Sorts the list in front of one; no name = the next column. */
export function sorted(model: Model, name: string | undefined): Step {
  const page = pageRows(model.size);
  const { route } = model;
  if (route === 'audit') return step(model);
  const next: Model = isListRoute(route)
    ? { ...model, lists: sortIn(model.lists, route, name, page) }
    : route === 'servers'
      ? { ...model, servers: sortBy(model.servers, serverKind, name, page) }
      : { ...model, sessions: sortBy(model.sessions, sessionKind, name, page) };
  const same = next.servers === model.servers && next.sessions === model.sessions && next.lists === model.lists;
  if (same) return say(model, model.now, 'bad', `There is no column ${name ?? ''} to sort by.`);
  return step(next);
}

export function filterOf({ route, audit, servers, sessions, lists }: Model): string {
  if (isListRoute(route)) return lists[route].filter;
  return route === 'audit' ? audit.query : route === 'servers' ? servers.filter : sessions.filter;
}

function back(model: Model): Step {
  const { stage } = model;
  if (stage.stage === 'enrolment') return step({ ...model, stage: { stage: 'workspace' } });
  if (stage.stage === 'sign-in') {
    // Only who is somebody already can stay so.
    return model.self === undefined ? step(model) : step({ ...model, stage: { stage: 'workspace' } }, { effect: 'stop-sign-in' });
  }
  if (model.overlay !== undefined) return step({ ...model, overlay: undefined });
  if (filterOf(model) !== '') return refilter(model, '');
  if (model.route === 'audit' && !model.audit.following)
    return step({ ...model, audit: followTail(model.audit, true, pageRows(model.size)) });
  if (model.toast !== undefined || model.calls.length > 0) return step({ ...model, toast: undefined, calls: [] });
  // From the devices of somebody back to the people, from any other list without a key of its own to the servers.
  if (!isReadRoute(model.route)) return step(model);
  return goTo(model, model.whose === undefined ? 'servers' : 'people');
}

function retried(model: Model): Step {
  if (model.stage.stage === 'sign-in' && model.line.line === 'open') {
    const again = beginSignIn(model, undefined);
    return step(again.model, { effect: 'stop-sign-in' }, ...again.effects);
  }
  return isDown(model) ? step(model, { effect: 'retry' }) : step(model, ...readAgain(model));
}

const isDown = ({ line }: Model): boolean => line.line === 'waiting' || line.line === 'refused';

/** Another filter for the screen in front; for the audit log a query the gateway answers. */
export function refilter(model: Model, filter: string): Step {
  const page = pageRows(model.size);
  const { route } = model;
  if (isListRoute(route)) return step({ ...model, lists: filterIn(model.lists, route, filter, page) });
  switch (route) {
    case 'servers':
      return step({ ...model, servers: filterBy(model.servers, serverKind, filter, page) });
    case 'sessions':
      return step({ ...model, sessions: filterBy(model.sessions, sessionKind, filter, page) });
    case 'audit':
      // A new query begins a new tail.
      return filter === model.audit.query
        ? step(model)
        : step(
            { ...model, audit: emptyTail(filter) },
            { effect: 'follow-audit', after: undefined, query: filter, rows: auditRows(model), instead: true },
          );
    default:
      return route satisfies never;
  }
}
