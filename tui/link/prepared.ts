// Requests that wait for the next connection and go with it, right behind the proof of who one is. Each is sent once: whatever happened to that
// connection, nobody knows whether the gateway did as it was asked, so nothing is repeated here.
import { type Problem, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Gives, RequestType, Takes } from '../../gateway/protocol/operator.ts';
import type { Connection } from './connection.ts';

type Asking = { readonly send: (connection: Pick<Connection, 'request'>) => void; readonly refuse: (problem: Problem) => void };

export type Prepared = {
  /** Undefined once `signal` called it off. */
  readonly add: <T extends RequestType>(
    type: T,
    body: () => Takes<T>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    opened: (answer: unknown) => void,
  ) => Promise<Result<Gives<T>> | undefined>;
  /** Sends all of them, now. Their answers are handed over by the function returned, once the link is open or has failed: `open` says which. */
  readonly send: (connection: Pick<Connection, 'request'>) => (open: boolean) => void;
  /** There will be no connection. */
  readonly refuse: (problem: Problem) => void;
};

export function openPrepared(): Prepared {
  let waiting = new Set<Asking>();
  /** Whether the connection they went with is open, once that is known. */
  let standing = Promise.resolve(false);
  return {
    add: (type, body, signal, timeoutMs, opened) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve(undefined);
        const asking: Asking = {
          send: (connection) => {
            const stood = standing;
            void connection.request(type, body(), timeoutMs).then(async (answer) => {
              const open = await stood;
              if (open && answer.ok) opened(answer.value);
              settle(open || answer.ok ? answer : refuse('unreachable', 'the line broke before it stood'));
            });
          },
          refuse: (problem) => settle({ ok: false, problem }),
        };
        const settle = (answer: Result<Gives<typeof type>> | undefined): void => {
          waiting.delete(asking);
          signal?.removeEventListener('abort', stop);
          resolve(answer);
        };
        const stop = (): void => settle(undefined);
        signal?.addEventListener('abort', stop, { once: true });
        waiting.add(asking);
      }),
    send: (connection) => {
      let stands: (open: boolean) => void = () => undefined;
      standing = new Promise((resolve) => {
        stands = resolve;
      });
      const all = waiting;
      waiting = new Set();
      for (const asking of all) asking.send(connection);
      return stands;
    },
    refuse: (problem) => {
      for (const asking of waiting) asking.refuse(problem);
    },
  };
}
