import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { findTree, membersOf, type ProcessFact, parseStat } from './tree.ts';

const fact = (pid: number, parent: number, session: number, more: Partial<ProcessFact> = {}): ProcessFact => ({
  pid,
  parent,
  session,
  terminal: 0,
  state: 'S',
  name: 'x',
  ...more,
});
const root = { pid: 100, marker: 'm', terminal: 7, alive: true };
const pids = (facts: readonly ProcessFact[]) => facts.map(({ pid }) => pid);

test('a line of /proc/PID/stat is read whatever the process calls itself', () => {
  const line = (name: string) => `42 (${name}) S 1 42 40 34817 42 4194560 1 2`;
  for (const name of ['sh', 'a b', ') R 9 9 9 (', '((', 'x) Z 0']) {
    expect(parseStat(line(name))).toEqual({ pid: 42, parent: 1, session: 40, terminal: 34_817, state: 'S', name });
  }
  for (const broken of ['', '42', '42 (sh', '42 (sh) S x y z', ') (']) expect(parseStat(broken)).toBeUndefined();
});

test('R9 members: by session, by descent, by terminal, by mark; nobody else, and none that is dead already', () => {
  const facts = [
    fact(100, 1, 100),
    fact(101, 100, 100, { state: 'Z' }),
    fact(102, 1, 100),
    fact(103, 102, 103),
    fact(104, 103, 104),
    fact(105, 1, 105, { terminal: 7 }),
    fact(106, 1, 106),
    fact(200, 1, 200),
    fact(201, 200, 200, { terminal: 8 }),
  ];
  expect(pids(membersOf(root, facts, (pid) => pid === 106))).toEqual([100, 102, 103, 104, 105, 106]);
});

test('a pid used again after the shell was reaped belongs to a stranger, and so do its children', () => {
  const facts = [fact(100, 1, 100), fact(101, 100, 100), fact(102, 1, 102)];
  expect(pids(membersOf({ ...root, alive: false, terminal: 0 }, facts, (pid) => pid === 102))).toEqual([102]);
  expect(pids(membersOf({ ...root, alive: false, terminal: 0 }, facts.slice(1), () => false))).toEqual([101]);
});

test('R9 for any family of processes: whoever descends from a member is one, and a stranger never', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { maxLength: 40 }), (families) => {
      const facts = families.map(([parent, session], i) => fact(101 + i, 100 + parent, 100 + session));
      const members = new Set(pids(membersOf({ ...root, terminal: 0 }, facts, () => false)));
      for (const one of facts) {
        const belongs = one.session === root.pid || one.parent === root.pid || members.has(one.parent);
        if (one.parent === root.pid) continue; // The shell itself is not in the list: its children are found by session.
        expect(members.has(one.pid)).toBe(one.pid === root.pid || belongs);
      }
    }),
  );
});

test('the agent itself is never a member, even of a session started from within one', () => {
  const facts = [fact(process.pid, 1, 100)];
  expect(membersOf(root, facts, () => true)).toEqual([]);
  expect(findTree({ pid: process.pid, marker: 'none', terminal: 0, alive: true }).map(({ pid }) => pid)).not.toContain(
    process.pid,
  );
});
