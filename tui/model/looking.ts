// What of the servers one looks at, as it is asked of the gateway: a little more than the screen shows, so that the next page is there when it
// is wanted. Whatever happens to the model, this says whether another window is to be asked for; nothing else does. The same for the audit
// log: it is followed while one looks at it.
import type { ServerRow } from '../../gateway/protocol/nouns.ts';
import type { ListWindow } from '../../gateway/protocol/operator.ts';
import { serverSorts } from '../../gateway/protocol/server-order.ts';
import type { Effect, Step } from './action.ts';
import { pageRows } from './layout.ts';
import { chosenOf, type Listing } from './listing.ts';
import type { Model } from './model.ts';

/** What was asked for last on this line, and what has been answered. */
export type Looking = {
  readonly asked: ListWindow;
  readonly heard: number;
  /** It is awaited for so long that it is said. */
  readonly late: boolean;
};

/** The gateway gives no more at once. */
const mostRows = 512;

/** The screen is these lists', not a session's. */
const inFront = (model: Model): boolean => !model.away && model.stage.stage === 'workspace';
const looksAtServers = (model: Model): boolean => inFront(model) && model.route === 'servers';

/** The first window on a new line. */
export const firstWindow = (model: Model, number: number): ListWindow => {
  const { held: _held, ...window } = windowOn(model.servers, number, pageRows(model.size), looksAtServers(model));
  return window;
};

const asAsked = ({ filter, sort }: Listing<ServerRow>) => ({
  filter: filter.slice(0, 256),
  sort: serverSorts.find((name) => name === sort) ?? ('name' as const),
});

/** What a filter or an order gives: its beginning, or around the chosen row, which keeps its line on the screen. */
function windowOn(list: Listing<ServerRow>, number: number, page: number, seen: boolean): ListWindow {
  const half = Math.ceil(page / 2);
  const chosen = list.at === 0 ? undefined : chosenOf(list);
  const count = Math.min(mostRows, chosen === undefined ? page + half : page + 2 * half);
  const near = chosen === undefined ? {} : { near: { id: chosen.id, above: list.at - list.top + half } };
  return { number, ...asAsked(list), from: 0, count: seen ? count : 0, ...near, held: true };
}

/** Another window, when what was asked for last does not show what is to be seen. */
export function nextWindow(
  list: Listing<ServerRow>,
  { asked, heard }: Looking,
  page: number,
  seen: boolean,
): ListWindow | undefined {
  const number = asked.number + 1;
  const { filter, sort } = asAsked(list);
  if (!seen) return asked.count === 0 ? undefined : { number, filter, sort, from: asked.from, count: 0, held: true };
  if (asked.filter !== filter || asked.sort !== sort || (asked.count === 0 && !known(list)))
    return windowOn(list, number, page, true);
  if (list.guessed) return undefined;
  const half = Math.ceil(page / 2);
  const to = asked.from + asked.count;
  const end = (rows: number): number => Math.min(list.match, list.top + page + rows);
  // While an answer is under way, nothing more is asked for as long as it shows what the screen shows.
  const ahead = list.far && heard >= asked.number ? half : 0;
  if (asked.count > 0 && asked.from <= Math.max(0, list.top - ahead) && to >= end(ahead)) return undefined;
  const count = Math.min(mostRows, 3 * page);
  return { number, filter, sort, from: Math.max(0, list.top - Math.floor((count - page) / 2)), count, held: true };
}

/** What the places of this list hold has been told. */
const known = (list: Listing<ServerRow>): boolean => list.loaded && !list.guessed;

/** The step, and what it makes one look at. */
export function looked(before: Model, step: Step): Step {
  const { model } = step;
  if (model === before) return step;
  const live = model.line.line === 'open' && model.self !== undefined;
  const effects: Effect[] = [];
  let next = model;
  if (live && model.looking !== undefined) {
    const window = nextWindow(model.servers, model.looking, pageRows(model.size), looksAtServers(model));
    if (window !== undefined) {
      next = { ...next, looking: { ...model.looking, asked: window } };
      effects.push({ effect: 'look', window });
    }
  }
  const following = live && inFront(model) && model.route === 'audit';
  if (following !== model.followsAudit) {
    next = { ...next, followsAudit: following };
    const { through: after, query } = model.audit;
    if (following) effects.push({ effect: 'follow-audit', after, query, rows: auditRows(model), instead: false });
    else if (live) effects.push({ effect: 'leave-audit' });
  }
  return next === model ? step : { model: next, effects: [...step.effects, ...effects] };
}

/** A screen and a half of the tail at once. */
export const auditRows = (model: Model): number => Math.max(30, Math.ceil(1.5 * pageRows(model.size)));

/** A window is awaited, and has been for a while. */
export const catchingUp = ({ looking, servers }: Model): boolean =>
  looking !== undefined && servers.far && looking.late && looking.heard < looking.asked.number;
