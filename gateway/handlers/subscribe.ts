// Which connection follows what: one subscription per connection and topic, gone with the connection.
import { fine, type Result } from '../protocol/errors.ts';
import type { Connection } from '../relay/connection.ts';
import type { Handler, Parts } from './call.ts';
import { followAccess } from './follow-access.ts';
import { followAudit } from './follow-audit.ts';
import { followServers, followSessions } from './follow-lists.ts';
import type { Subscription } from './follow-rows.ts';
import type { WindowSubscription } from './follow-servers.ts';
import { followTrail } from './follow-trail.ts';

type Topic = 'servers' | 'sessions' | 'audit' | 'access' | 'trail';

/** A list that is looked at through a window takes another one. */
type Held = Subscription & Partial<WindowSubscription>;

export interface Subscriptions {
  readonly subscribe: Handler<'subscribe'>;
  readonly unsubscribe: Handler<'unsubscribe'>;
  close(): void;
}

export function openSubscriptions(parts: Parts): Subscriptions {
  const held = new Map<Connection, Map<Topic, Held>>();

  const topicsOf = (connection: Connection): Map<Topic, Held> => {
    let topics = held.get(connection);
    if (topics === undefined) {
      topics = new Map();
      held.set(connection, topics);
      const mine = topics;
      connection.onClose(() => {
        for (const subscription of mine.values()) subscription.stop();
        held.delete(connection);
      });
    }
    return topics;
  };

  return {
    async subscribe({ connection, caller }, { topic, after, query, window }) {
      const topics = topicsOf(connection);
      const begin = (subscription: Result<Held>): Result<Record<never, never>> => {
        if (!subscription.ok) return subscription;
        topics.get(topic)?.stop();
        topics.set(topic, subscription.value);
        // The connection went away meanwhile, and with it whoever would have stopped this one.
        if (held.get(connection) !== topics) subscription.value.stop();
        return fine({});
      };
      switch (topic) {
        case 'servers':
        case 'sessions': {
          const look = window?.held === true ? topics.get(topic)?.look : undefined;
          if (look !== undefined && window !== undefined) {
            look(window);
            return fine({});
          }
          const follow = topic === 'servers' ? followServers : followSessions;
          return begin(fine(follow(parts, connection, window)));
        }
        case 'audit':
          return begin(await followAudit(parts, connection, caller, after, query));
        case 'access':
          return begin(fine(followAccess(parts, connection)));
        case 'trail':
          return begin(await followTrail(parts, connection, caller));
        default:
          return topic satisfies never;
      }
    },
    async unsubscribe({ connection }, { topic }) {
      const topics = topicsOf(connection);
      topics.get(topic)?.stop();
      topics.delete(topic);
      return fine({});
    },
    close() {
      for (const topics of held.values()) for (const subscription of topics.values()) subscription.stop();
      held.clear();
    },
  };
}
