// The lists beside servers, sessions and the audit tail, in one table: what their rows are, how they are ordered and searched. Requests and
// grants are told as they change; the others are read when one goes there, and again after what one does there.
import type {
  BreakGlassRow,
  CampaignItemRow,
  CampaignRow,
  DeviceRow,
  GrantRow,
  LoginRow,
  PolicyRow,
  RequestRow,
} from '../../gateway/protocol/access-nouns.ts';
import type { GroupRow, LockRow, PersonRow } from '../../gateway/protocol/nouns.ts';
import { accessPlaces } from '../keys/access-bindings.ts';
import { changeRows, emptyListing, filterBy, type Kind, type Listing, moveBy, sortBy } from './listing.ts';
import { selectorWords } from './selector-words.ts';

/** One right under review, with the campaign it is in. */
export type ReviewRow = CampaignItemRow & { readonly campaign: Omit<CampaignRow, 'items'> };

export type Rows = {
  readonly requests: RequestRow;
  readonly grants: GrantRow;
  readonly people: PersonRow;
  readonly groups: GroupRow;
  readonly policies: PolicyRow;
  readonly locks: LockRow;
  readonly devices: DeviceRow;
  readonly logins: LoginRow;
  readonly breakglass: BreakGlassRow;
  readonly reviews: ReviewRow;
};
export type ListRoute = keyof Rows;
export type Lists = { readonly [K in ListRoute]: Listing<Rows[K]> };

export const listRoutes = accessPlaces satisfies readonly ListRoute[];
export const isListRoute = (word: string): word is ListRoute => listRoutes.some((route) => route === word);

const natural = new Intl.Collator('en', { numeric: true });
type Order<R> = (a: R, b: R) => number;
const byText =
  <R>(text: (row: R) => string): Order<R> =>
  (a, b) =>
    natural.compare(text(a), text(b));
const newest =
  <R extends { readonly id: string }>(at: (row: R) => number): Order<R> =>
  (a, b) =>
    at(b) - at(a) || natural.compare(a.id, b.id);
/** The first that tells two rows apart. */
const then =
  <R>(...orders: readonly Order<R>[]): Order<R> =>
  (a, b) => {
    for (const order of orders) {
      const found = order(a, b);
      if (found !== 0) return found;
    }
    return 0;
  };
/** Places in a closed set. */
const rank = <R>(place: (row: R) => number): Order<R> => {
  return (a, b) => place(a) - place(b);
};
const words = (...parts: readonly (string | undefined)[]): string => parts.join(' ').toLowerCase();

const requestOrder = { pending: 0, approved: 1, denied: 2, expired: 3, withdrawn: 4 } as const;
const newestRequest = newest<RequestRow>((row) => row.at);
const grantOrder = { open: 0, shut: 1, ended: 2 } as const;
const soonestGrant: Order<GrantRow> = (a, b) => a.until - b.until || natural.compare(a.id, b.id);
const statusOrder = { suspended: 0, invited: 1, active: 2 } as const;
const roleOrder = { superuser: 0, staff: 1, user: 2 } as const;
const entranceOrder = { waiting: 0, open: 1, over: 2, refused: 3 } as const;
const personName = byText<PersonRow>((row) => row.name);
const policyId = byText<PolicyRow>((row) => row.id);
const newestLogin = newest<LoginRow>((row) => row.startedAt);
const newestDevice = newest<DeviceRow>((row) => row.registeredAt);
const newestEntrance = newest<BreakGlassRow>((row) => row.at);
const unreviewed = (row: BreakGlassRow): number => (row.state === 'over' && row.reviewed === undefined ? 0 : 1);
const unanswered = (row: ReviewRow): number => (row.campaign.state === 'closed' ? 2 : row.answer === undefined ? 0 : 1);

/** The first sort is the one a list starts with. */
export const kinds: { readonly [K in ListRoute]: Kind<Rows[K]> } = {
  requests: {
    sorts: [
      {
        name: 'state',
        compare: then(
          rank((row) => requestOrder[row.state]),
          newestRequest,
        ),
      },
      { name: 'since', compare: newestRequest },
      {
        name: 'who',
        compare: then(
          byText((row) => row.personName),
          newestRequest,
        ),
      },
    ],
    haystack: (row) =>
      words(row.personName, row.state, row.terms.level, selectorWords(row.terms.servers), ...row.servers, row.why, row.by),
  },
  grants: {
    sorts: [
      {
        name: 'state',
        compare: then(
          rank((row) => grantOrder[row.state]),
          soonestGrant,
        ),
      },
      { name: 'left', compare: soonestGrant },
      {
        name: 'who',
        compare: then(
          byText((row) => row.personName),
          soonestGrant,
        ),
      },
    ],
    haystack: (row) =>
      words(row.personName, row.state, row.terms.level, selectorWords(row.terms.servers), ...row.servers, row.why, ...row.by),
  },
  people: {
    sorts: [
      { name: 'name', compare: personName },
      {
        name: 'role',
        compare: then(
          rank((row) => roleOrder[row.role]),
          personName,
        ),
      },
      {
        name: 'status',
        compare: then(
          rank((row) => statusOrder[row.status]),
          personName,
        ),
      },
    ],
    haystack: (row) => words(row.name, row.email, row.role, row.status, ...row.groups),
  },
  groups: {
    sorts: [
      { name: 'name', compare: byText((row) => row.name) },
      {
        name: 'members',
        compare: then(
          rank((row) => -row.members.length),
          byText((row) => row.name),
        ),
      },
    ],
    haystack: (row) => words(row.name, ...row.members, ...row.access.map(({ servers }) => selectorWords(servers))),
  },
  policies: {
    sorts: [
      {
        name: 'origin',
        compare: then(
          rank((row) => (row.origin === 'added' ? 0 : 1)),
          policyId,
        ),
      },
      { name: 'id', compare: policyId },
      {
        name: 'effect',
        compare: then(
          byText((row) => row.effect),
          policyId,
        ),
      },
    ],
    haystack: (row) => words(row.id, row.origin, row.effect, row.text),
  },
  locks: {
    sorts: [
      { name: 'since', compare: newest((row) => row.at) },
      { name: 'on', compare: byText((row) => `${row.kind} ${row.targetName}`) },
    ],
    haystack: (row) => words(row.kind, row.targetName, row.why, row.by),
  },
  devices: {
    sorts: [
      { name: 'since', compare: newestDevice },
      {
        name: 'who',
        compare: then(
          byText((row) => row.personName),
          newestDevice,
        ),
      },
    ],
    haystack: (row) => words(row.personName, row.machine),
  },
  logins: {
    sorts: [
      { name: 'since', compare: newestLogin },
      {
        name: 'who',
        compare: then(
          byText((row) => row.personName),
          newestLogin,
        ),
      },
    ],
    haystack: (row) => words(row.personName, row.machine, row.address),
  },
  breakglass: {
    sorts: [
      {
        name: 'state',
        compare: then(
          rank(unreviewed),
          rank((row) => entranceOrder[row.state]),
          newestEntrance,
        ),
      },
      { name: 'since', compare: newestEntrance },
    ],
    haystack: (row) => words(row.personName, row.state, row.why, row.machine),
  },
  reviews: {
    sorts: [
      {
        name: 'answer',
        compare: then(
          rank(unanswered),
          byText((row) => `${row.campaign.name} ${row.personName} ${row.what}`),
        ),
      },
      { name: 'who', compare: byText((row) => `${row.personName} ${row.what}`) },
    ],
    haystack: (row) => words(row.campaign.name, row.personName, row.what, row.answer),
  },
};

export const emptyLists = (): Lists => ({
  requests: emptyListing(kinds.requests),
  grants: emptyListing(kinds.grants),
  people: emptyListing(kinds.people),
  groups: emptyListing(kinds.groups),
  policies: emptyListing(kinds.policies),
  locks: emptyListing(kinds.locks),
  devices: emptyListing(kinds.devices),
  logins: emptyListing(kinds.logins),
  breakglass: emptyListing(kinds.breakglass),
  reviews: emptyListing(kinds.reviews),
});

/** The same lists but one, changed; the same value when it did not change. */
function changed<K extends ListRoute>(
  lists: Lists,
  route: K,
  change: (list: Listing<Rows[K]>, kind: Kind<Rows[K]>) => Listing<Rows[K]>,
): Lists {
  const before: Listing<Rows[K]> = lists[route];
  const after = change(before, kinds[route]);
  return after === before ? lists : { ...lists, [route]: after };
}

/** `page` = rows in the window, everywhere. */
export const changeIn = <K extends ListRoute>(
  lists: Lists,
  route: K,
  change: { readonly whole: boolean; readonly rows: readonly Rows[K][]; readonly gone: readonly string[] },
  page: number,
): Lists => changed(lists, route, (list, kind) => changeRows(list, kind, change, page));
export const moveIn = (lists: Lists, route: ListRoute, by: number, page: number): Lists =>
  changed(lists, route, (list) => moveBy(list, by, page));
export const filterIn = (lists: Lists, route: ListRoute, filter: string, page: number): Lists =>
  changed(lists, route, (list, kind) => filterBy(list, kind, filter, page));
export const sortIn = (lists: Lists, route: ListRoute, name: string | undefined, page: number): Lists =>
  changed(lists, route, (list, kind) => sortBy(list, kind, name, page));

/** After a new size: each chosen row stays in its window. */
export const fitLists = (lists: Lists, page: number): Lists =>
  listRoutes.reduce((before, route) => moveIn(before, route, 0, page), lists);
