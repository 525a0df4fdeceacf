// Law 2: state is a fold over the log, from empty or from any sealed checkpoint.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryEvent } from '../../fixtures/events.ts';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import type { NewEvent } from '../protocol/events.ts';
import { mintId } from '../protocol/ids.ts';
import { canonical, genesis, lineText, recordHash, seal } from './chain.ts';
import { makeCheckpoint, snapshot, stateDigest, stateOf } from './checkpoint-seal.ts';
import { fold } from './fold.ts';
import { emptyState } from './state.ts';
import { linkProblem, unseal } from './unseal.ts';

const chance = seededChance('fold law');
const chain = mintId('chn', chance.bytes(26));
const boot = mintId('boo', chance.bytes(26));
const publicKey = 'A'.repeat(43);

function chained(happened: readonly NewEvent[]) {
  let prev = genesis(chain, publicKey);
  return happened.map((event, seq) => {
    const line = seal(prev, event, { seq, chain, ts: 1_764_000_000_000 + seq, mono: seq, boot, salt: 'A'.repeat(22) });
    prev = line.record.hash;
    return line;
  });
}
const settledOf = (line: ReturnType<typeof chained>[number]) => {
  const settled = unseal(line);
  if (!settled.ok) throw new Error(settled.problem.detail);
  return settled.value;
};

test('D2: folding from empty gives the state that folding from any checkpoint and the tail gives', () => {
  fc.assert(
    fc.property(fc.array(arbitraryEvent, { maxLength: 40 }), fc.nat(40), (happened, cut) => {
      const lines = chained(happened);
      const whole = emptyState();
      let file = JSON.stringify(makeCheckpoint(emptyState(), 1, stateDigest(emptyState())));
      for (const [i, line] of lines.entries()) {
        fold(whole, settledOf(line).event);
        if (i === cut) file = JSON.stringify(makeCheckpoint(snapshot(whole), 1, stateDigest(whole)));
      }
      const begun = stateOf(JSON.parse(file));
      const first = begun.seq + 1;
      for (const line of lines.slice(first)) fold(begun, settledOf(JSON.parse(lineText(line))).event);
      expect(stateDigest(begun)).toBe(stateDigest(whole));
    }),
    { numRuns: 300 },
  );
});

test('D2: an enrolment that comes expired leaves at once, after others as after a checkpoint', () => {
  const created = (id: string, expiresAt: number): NewEvent => ({
    type: 'enrolment.created',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    data: {
      enrolment: mintId('enr', chance.bytes(26)),
      server: mintId('srv', chance.bytes(26)),
      name: id,
      labels: {},
      tokenDigest: 'a'.repeat(64),
      expiresAt,
    },
    personal: {},
  });
  const state = emptyState();
  for (const line of chained([created('far', 8_640_000_000_000_000), created('past', 0)])) fold(state, settledOf(line).event);
  expect(Object.values(state.servers).map(({ name }) => name)).toEqual(['far', 'past']);
  expect(Object.values(state.enrolments).map(({ expiresAt }) => expiresAt)).toEqual([8_640_000_000_000_000]);
});

test('a snapshot stays as it was while the fold goes on', () => {
  fc.assert(
    fc.property(fc.array(arbitraryEvent, { minLength: 2, maxLength: 30 }), (happened) => {
      const lines = chained(happened);
      const state = emptyState();
      for (const line of lines.slice(0, lines.length >> 1)) fold(state, settledOf(line).event);
      const kept = snapshot(state);
      const digest = stateDigest(kept);
      for (const line of lines.slice(lines.length >> 1)) fold(state, settledOf(line).event);
      expect(stateDigest(kept)).toBe(digest);
    }),
    { numRuns: 100 },
  );
});

test('A8: a sealed line is its canonical text, links to the one before, and reads back as the same event', () => {
  fc.assert(
    fc.property(fc.array(arbitraryEvent, { minLength: 1, maxLength: 8 }), (happened) => {
      let prev = genesis(chain, publicKey);
      for (const [seq, line] of chained(happened).entries()) {
        const text = lineText(line);
        expect(text).toBe(canonical(JSON.parse(text)));
        expect(JSON.parse(text)).toEqual(line);
        expect(recordHash(line.record)).toBe(line.record.hash);
        expect(linkProblem(JSON.parse(text), seq, prev, chain)).toBeUndefined();
        expect(settledOf(JSON.parse(text)).event).toEqual(settledOf(line).event);
        prev = line.record.hash;
      }
    }),
    { numRuns: 200 },
  );
});
