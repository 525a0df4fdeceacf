// How the rows of each list of access control read: one table, so that a list, its pane and its card cannot differ.
import type { ListRoute, Rows } from '../model/lists.ts';
import { breakGlassColumns, breakGlassPane } from './breakglass.ts';
import { deviceColumns, devicePane, loginColumns, loginPane } from './devices.ts';
import { grantColumns, grantPane } from './grants.ts';
import { lockColumns, lockPane } from './locks.ts';
import { groupColumns, groupPane, personColumns, personPane } from './people.ts';
import { policyColumns, policyPane } from './policies.ts';
import { requestColumns, requestPane } from './requests.ts';
import { reviewColumns, reviewPane } from './reviews.ts';
import type { Now } from './servers.ts';
import type { Line } from './span.ts';
import type { Column } from './table.ts';

export type ListView<R> = {
  readonly title: string;
  readonly columns: readonly Column<R, Now>[];
  /** Everything there is to know of one row, in `width` cells. */
  readonly pane: (row: R, now: number, width: number) => readonly Line[];
};

export const listViews: { readonly [K in ListRoute]: ListView<Rows[K]> } = {
  requests: { title: 'Requests', columns: requestColumns, pane: requestPane },
  grants: { title: 'Grants', columns: grantColumns, pane: grantPane },
  people: { title: 'People', columns: personColumns, pane: personPane },
  groups: { title: 'Groups', columns: groupColumns, pane: groupPane },
  policies: { title: 'Policies', columns: policyColumns, pane: policyPane },
  locks: { title: 'Locks', columns: lockColumns, pane: lockPane },
  devices: { title: 'Devices', columns: deviceColumns, pane: devicePane },
  logins: { title: 'Sign-ins', columns: loginColumns, pane: loginPane },
  breakglass: { title: 'Break-glass', columns: breakGlassColumns, pane: breakGlassPane },
  reviews: { title: 'Reviews', columns: reviewColumns, pane: reviewPane },
};
