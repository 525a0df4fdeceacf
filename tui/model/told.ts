// What the gateway says of the lists: requests and grants as differences, the others as they were read. And what it calls out (S45, M14, T23).
import type { Push } from '../../gateway/protocol/operator.ts';
import { type Effect, type Step, step } from './action.ts';
import { pageRows } from './layout.ts';
import { changeIn, isListRoute, type ListRoute, type Lists, type Rows } from './lists.ts';
import { say } from './messages.ts';
import type { Model, PolicySet, Route, Tone } from './model.ts';

/** Lists that are read when one goes there. */
export type ReadRoute = Exclude<ListRoute, 'requests' | 'grants'>;
export const isReadRoute = (route: Route): route is ReadRoute => isListRoute(route) && route !== 'requests' && route !== 'grants';

/** The answer to one reading. */
export type Told<K extends ReadRoute = ReadRoute> = {
  [P in K]: {
    readonly route: P;
    readonly whose: string | undefined;
    readonly rows: readonly Rows[P][];
    readonly policySet?: PolicySet;
    readonly sealedLeft?: number;
  };
}[K];

export const readAgain = ({ route, whose }: Model): readonly Effect[] =>
  isReadRoute(route) ? [{ effect: 'list', route, whose }] : [];

function held<K extends ReadRoute>(lists: Lists, { route, rows }: Told<K>, page: number): Lists {
  return changeIn(lists, route, { whole: true, rows, gone: [] }, page);
}

/** The rows of one list as they were read. */
export function listed(model: Model, told: Told): Model {
  // An answer about somebody one has since left.
  if ((told.route === 'devices' || told.route === 'logins') && told.whose !== model.whose) return model;
  const { [told.route]: _refused, ...refusals } = model.refusals;
  return {
    ...model,
    refusals,
    lists: held(model.lists, told, pageRows(model.size)),
    policySet: told.policySet ?? model.policySet,
    sealedLeft: told.sealedLeft ?? model.sealedLeft,
  };
}

export function accessChanged(model: Model, push: Extract<Push, { type: 'access.changed' }>): Model {
  const page = pageRows(model.size);
  const { whole, gone } = push;
  const requests = changeIn(model.lists, 'requests', { whole, rows: push.requests, gone }, page);
  return { ...model, lists: changeIn(requests, 'grants', { whole, rows: push.grants, gone }, page) };
}

type Called = Extract<Push, { type: 'access.called' }>;

const tones: Readonly<Record<Called['what'], Tone>> = {
  asked: 'plain',
  approved: 'good',
  denied: 'bad',
  expired: 'bad',
  'ending-soon': 'plain',
  ended: 'bad',
  'signed-in': 'plain',
  'break-glass': 'bad',
  review: 'plain',
  alert: 'bad',
};
/** Where one sees more of it. */
const places: Readonly<Record<Called['what'], string>> = {
  asked: '4 shows it',
  approved: '',
  denied: '4 shows it',
  expired: '4 shows it',
  'ending-soon': '5, then e prolongs it',
  ended: '5 shows it',
  'signed-in': ':logins shows it',
  'break-glass': ':breakglass shows it',
  review: ':reviews shows it',
  alert: '3 shows the log',
};

/** A toast, and whatever list it makes stale is read again. */
export function accessCalled(model: Model, { what, text }: Called, now: number): Step {
  const place = places[what];
  const words = place === '' ? text : `${text.replace(/[.\s]+$/u, '')}: ${place}.`;
  const stale: readonly Effect[] =
    what === 'break-glass' && (model.self?.role ?? 'user') !== 'user'
      ? [{ effect: 'list', route: 'breakglass', whose: model.whose }]
      : what === 'review' || what === 'signed-in'
        ? readAgain(model)
        : [];
  const said = say(model, now, tones[what], words);
  return step(said.model, ...said.effects, ...stale);
}
