// What there is one of beside each log: opened at the first use, shared by everybody who works on that log, gone with it.
import type { Log } from '../audit/commit.ts';

export function besideLog<P extends { readonly log: Log }, T extends object>(open: (parts: P) => T): (parts: P) => T {
  const opened = new WeakMap<Log, T>();
  return (parts) => {
    let one = opened.get(parts.log);
    if (one === undefined) {
      one = open(parts);
      opened.set(parts.log, one);
    }
    return one;
  };
}
