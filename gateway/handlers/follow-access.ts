// Requests and grants as one person may see them, followed as differences.
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import type { Subscription } from './follow-rows.ts';

export function followAccess(_parts: Parts, _connection: Connection): Subscription {
  return { stop: () => undefined };
}
