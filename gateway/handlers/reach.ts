// One reach for each log: who reaches what through groups, resolved from its settled state and shared by decisions and rows.
import { openReach, type Reach } from '../access/standing.ts';
import type { Log } from '../audit/commit.ts';

const held = new WeakMap<Log, Reach>();

export function reachOf(log: Log): Reach {
  let reach = held.get(log);
  if (reach === undefined) {
    reach = openReach(
      () => log.settled.groups,
      () => log.settled.accessVersion,
    );
    held.set(log, reach);
  }
  return reach;
}
