// One's own sessions as tabs: in the order they were opened, round and round. Pure.
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';

/** The one after `current`; undefined = there is no other. */
export function nextOwn(sessions: readonly SessionRow[], current: SessionId): SessionRow | undefined {
  const own = sessions
    .filter((one) => one.id === current || (one.mine && one.state !== 'ended'))
    .toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
  const next = own[(own.findIndex((one) => one.id === current) + 1) % own.length];
  return next?.id === current ? undefined : next;
}
