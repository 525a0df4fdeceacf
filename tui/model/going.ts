// From one screen to another: what is asked for on the way, and which row is chosen there.
import type { Step } from './action.ts';
import { step } from './action.ts';
import { pageRows } from './layout.ts';
import { choose, chosenOf, filterBy } from './listing.ts';
import { emptyLists } from './lists.ts';
import type { Model, Route } from './model.ts';
import { sessionKind } from './row-kinds.ts';
import { isReadRoute, readAgain } from './told.ts';

/** Screens that a key of their own shows, and tab goes through. */
const tabs: readonly Route[] = ['servers', 'sessions', 'audit', 'requests', 'grants'];

/** The next one, or the one before; from a screen without a key of its own, the first or the last. */
export function nextTab(route: Route, by: 1 | -1): Route {
  const at = tabs.indexOf(route);
  return tabs.at(by === 1 ? (at + 1) % tabs.length : Math.max(0, at) - 1) ?? 'servers';
}

/** `whose`: of that person, where lists are of persons. */
export function goTo(model: Model, route: Route, whose?: string): Step {
  const same = model.route === route && model.whose === whose;
  const front: Model = same ? model : { ...model, route, overlay: undefined };
  if (!isReadRoute(route)) return step(route === 'sessions' ? toCalling(front) : front);
  // Somebody else's rows are not shown while one's own are on their way.
  const lists =
    whose === model.whose ? model.lists : { ...model.lists, devices: emptyLists().devices, logins: emptyLists().logins };
  const { [route]: _refused, ...refusals } = model.refusals;
  const there: Model = same ? front : { ...front, whose, lists, refusals };
  return step(there, ...readAgain(there));
}

/** The session that calls, or that the first hint spoke of, comes under the bar, so that one key answers; a filter that hides it gives way. */
function toCalling(model: Model): Model {
  const wanted = model.calls.at(-1)?.session ?? model.spokenOf;
  if (wanted === undefined) return model;
  const heard: Model = { ...model, spokenOf: undefined };
  if (!model.sessions.rows.has(wanted)) return heard;
  const page = pageRows(model.size);
  const chosen = choose(model.sessions, wanted, page);
  if (chosenOf(chosen)?.id === wanted) return { ...heard, sessions: chosen };
  return { ...heard, sessions: choose(filterBy(model.sessions, sessionKind, '', page), wanted, page) };
}

/** From a person to their devices, and between somebody's devices and sign-ins. */
export function theirs(model: Model): Step {
  switch (model.route) {
    case 'people': {
      const row = chosenOf(model.lists.people);
      return row === undefined ? step(model) : goTo(model, 'devices', row.id === model.self?.person ? undefined : row.name);
    }
    case 'devices':
      return goTo(model, 'logins', model.whose);
    case 'logins':
      return goTo(model, 'devices', model.whose);
    default:
      return step(model);
  }
}
