// Requests and grants as one person may see them, followed as differences: one's own, those one may review, and all for who may see all.
import type { Settled } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import type { GrantRow, RequestRow } from '../protocol/access-nouns.ts';
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import { followRows, type Subscription } from './follow-rows.ts';
import { grantRowFor, requestRowFor } from './grants-rows.ts';

/** What is over stays in the list for so long, so that an end is seen, not merely missing. */
const shownMs = 3_600_000;

type Row = RequestRow | GrantRow;

export function followAccess(parts: Parts, connection: Connection): Subscription {
  const { log, clock } = parts;
  const recent = (endedAt: number | undefined): boolean => endedAt === undefined || endedAt > clock.now() - shownMs;
  return followRows<Row['id'], Row>(parts, connection, {
    all: (caller) => [
      ...rows(log.settled.requests).flatMap((row) => (recent(row.endedAt) ? (requestRowFor(parts, caller, row) ?? []) : [])),
      ...rows(log.settled.grants).flatMap((row) => (recent(row.ended?.at) ? (grantRowFor(parts, caller, row) ?? []) : [])),
    ],
    one: (caller, id) => {
      const request = log.settled.requests[id];
      if (request !== undefined) return requestRowFor(parts, caller, request);
      const grant = log.settled.grants[id];
      return grant === undefined ? undefined : grantRowFor(parts, caller, grant);
    },
    watch: (changed) => {
      let version = log.settled.accessVersion;
      return log.onSettled((group) => {
        // Who may see and review what follows from people, groups, servers and policies: whatever changed those.
        const named = group.flatMap(({ event }) => namedIn(event));
        const others = log.settled.accessVersion - version - named.length;
        version = log.settled.accessVersion;
        if (others > 0) changed('all');
        else if (named.length > 0) changed(named);
      });
    },
    tell: (whole, changed, gone) =>
      connection.push({
        type: 'access.changed',
        whole,
        requests: changed.filter((row) => 'digest' in row),
        grants: changed.filter((row) => 'until' in row),
        gone,
      }),
  });
}

/** The request or grant that an event of its own life is about; every such event counts once as a change of access. */
function namedIn(event: Settled['event']): readonly Row['id'][] {
  switch (event.type) {
    case 'request.made':
    case 'request.approved':
    case 'request.denied':
    case 'request.ended':
      return [event.data.request];
    default:
      // A grant changes what its holder may ask for and see, and the request it comes from.
      return [];
  }
}
