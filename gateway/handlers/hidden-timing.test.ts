// What may not be seen answers like what is not there, also in time (S33, TRUST B2): many trials of each, one after the other, through the dispatcher.
import { expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { realClock } from '../outside/clock.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import type { Connection } from '../relay/connection.ts';
import type { Parts } from './call.ts';
import { callerOf, callersOf } from './caller.ts';
import { type Dispatch, openDispatch } from './dispatch.ts';
import { openSubscriptions } from './subscribe.ts';
import { handlerTable } from './table.ts';

const bucketMs = 20;
const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const tiers = ['normal', 'important', 'critical'] as const;
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

test('[S33, TRUST B2] a hidden server answers in the same time as one that is not there, also when it is asked for the first time', async () => {
  const { person, group, server, call, caller, clock, commit } = await openWorkspace('timing');
  await person('uma', 'user');
  await server('web-1');
  await group('webs', ['uma'], [{ servers: { name: 'web-*' }, level: 'terminal', users: [] }]);
  const { parts, connection } = call('uma');
  const mine: Connection = { ...connection, login: caller('uma').login.id };
  callersOf(parts).bring(mine, caller('uma').login.id);
  const dispatchWith = (with_: Parts, bucket?: number): Dispatch =>
    openDispatch(
      with_,
      handlerTable(openSubscriptions(with_)),
      callerOf,
      (error) => {
        throw error;
      },
      bucket,
    );
  const colds = 12;
  for (let i = 0; i < colds; i += 1) {
    const bytes = new Uint8Array(idRandomBytes);
    bytes[0] = i;
    // Each looks different to a policy: none was decided about before.
    const labels = { tier: tiers[i % 3] ?? 'normal', requests: `v${i}` };
    const data = { enrolment: mintId('enr', bytes), server: mintId('srv', bytes), name: `deep-${i}`, labels };
    await commit({
      ...quiet,
      type: 'enrolment.created',
      data: { ...data, tokenDigest: 'd'.repeat(64), expiresAt: clock.now() + 1000 },
    });
  }
  const open = { size: { cols: 80, rows: 24 }, profile: { term: 'xterm', truecolor: true } };
  const timed = async (dispatch: Dispatch, server: string): Promise<number> => {
    const began = performance.now();
    const answer = await dispatch.request(mine, 'session.open', { server, ...open });
    const took = performance.now() - began;
    expect(answer).toEqual({ ok: false, problem: { code: 'not-found' } });
    return took;
  };
  /** Both medians; which of the two is asked first changes each time. */
  const both = async (dispatch: Dispatch, trials: number, hidden: (i: number) => string) => {
    const took: { readonly hidden: number[]; readonly unknown: number[] } = { hidden: [], unknown: [] };
    for (let i = 0; i < trials; i += 1) {
      const turns = [
        async () => took.hidden.push(await timed(dispatch, hidden(i))),
        async () => took.unknown.push(await timed(dispatch, `nothing-${i}`)),
      ];
      for (const turn of i % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    return { hidden: median(took.hidden), unknown: median(took.unknown), least: Math.min(...took.hidden, ...took.unknown) };
  };

  // As it is served: in whole buckets.
  const { mono, after } = realClock;
  const served = dispatchWith({ ...parts, clock: { now: clock.now, mono, after } }, bucketMs);
  const cold = await both(served, colds, (i) => `deep-${i}`);
  expect(cold.least).toBeGreaterThan(bucketMs - 2);
  expect(Math.abs(cold.hidden - cold.unknown)).toBeLessThan(bucketMs / 2);
  // And what is behind it, asked for again and again: no difference that needs a bucket.
  const warm = await both(dispatchWith(parts), 200, () => 'deep-1');
  expect(Math.abs(warm.hidden - warm.unknown)).toBeLessThan(0.5);
});
