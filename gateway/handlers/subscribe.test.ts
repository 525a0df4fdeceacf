import { expect, test } from 'vitest';
import { openOperator } from '../../fixtures/operator-line.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { Log } from '../audit/commit.ts';
import type { Call } from './call.ts';
import { openSubscriptions } from './subscribe.ts';

/** ana's connection, and how many listen to the log for it. */
async function desk(change: Partial<Log> = {}) {
  const workspace = await openWorkspace('subscribe');
  await workspace.person('ana', 'superuser');
  const connection = openOperator(1, workspace.caller('ana').login.id, {});
  let listening = 0;
  const log: Log = {
    ...workspace.log,
    settled: workspace.log.settled,
    onSettled: (listener) => {
      const stop = workspace.log.onSettled(listener);
      listening += 1;
      return () => {
        listening -= 1;
        stop();
      };
    },
    ...change,
  };
  const call: Call = { ...workspace.call('ana'), connection };
  const parts = { ...call.parts, log };
  const subscriptions = openSubscriptions(parts);
  // The keeper of callers listens as long as there is a log.
  const ask = (topic: 'audit' | 'servers' | 'sessions', after?: number) =>
    subscriptions.subscribe({ ...call, parts }, { topic, ...(after === undefined ? {} : { after }) });
  return { workspace, connection, ask, listening: () => listening };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('[R8] a subscription whose connection goes away while it is decided about is not kept', async () => {
  const { ask, connection, listening } = await desk();
  await ask('servers');
  await turn();
  const before = listening();
  for (const topic of ['audit', 'sessions', 'servers'] as const) await ask(topic);
  await turn();
  expect(listening()).toBeGreaterThan(before);
  const late = ask('audit');
  connection.hangUp();
  await late;
  await turn();
  const kept = listening();
  for (let i = 0; i < 5; i += 1) await ask('audit');
  await turn();
  expect(kept).toBeLessThan(before);
  expect(listening()).toBe(kept);
});

test('[R3] a log that cannot be read any more ends the tail, not the process', async () => {
  const loose: unknown[] = [];
  const note = (error: unknown): void => void loose.push(error);
  process.on('unhandledRejection', note);
  const { ask, connection } = await desk({
    read: async function* () {
      yield* [];
      throw new Error('record 3 cannot be read');
    },
  });
  expect(await ask('audit', 0)).toMatchObject({ ok: true });
  await turn();
  await turn();
  process.off('unhandledRejection', note);
  expect(loose).toEqual([]);
  expect(connection.ended).toMatchObject({ code: 'bug' });
});
