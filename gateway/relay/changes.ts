// Who wants to know that something live changed; bursts are merged, so that a flood of output is one line in a list, not a thousand.
import type { Clock } from '../ports.ts';
import type { ServerId, SessionId } from '../protocol/ids.ts';
import type { Changed } from './hub.ts';

const mergeMs = 200;

export type Changes = {
  server(id: ServerId): void;
  session(id: SessionId): void;
  listen(listener: (changed: Changed) => void): () => void;
  close(): void;
};

export function openChanges(clock: Clock): Changes {
  const listeners = new Set<(changed: Changed) => void>();
  let servers = new Set<ServerId>();
  let sessions = new Set<SessionId>();
  let cancel: (() => void) | undefined;
  const plan = (): void => {
    cancel ??= clock.after(mergeMs, () => {
      cancel = undefined;
      const changed = { servers, sessions };
      servers = new Set();
      sessions = new Set();
      for (const listener of listeners) listener(changed);
    });
  };
  return {
    server(id) {
      servers.add(id);
      plan();
    },
    session(id) {
      sessions.add(id);
      plan();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      cancel?.();
      cancel = undefined;
      listeners.clear();
    },
  };
}
