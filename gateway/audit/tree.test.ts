import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from './chain.ts';
import {
  consistencyHolds,
  consistencyProof,
  grown,
  inclusionHolds,
  inclusionProof,
  leafOf,
  type Nodes,
  nodeOf,
  noPeaks,
  type Peaks,
  peaksAt,
  rootOf,
  storedAt,
  storedCount,
  type TreeHash,
} from './tree.ts';

const hex = (bytes: TreeHash): string => Buffer.from(bytes).toString('hex');
const records = Array.from({ length: 200 }, (_, i) => sha256(`record ${i}`));

/** RFC 9162 §2.1.1, as it is written there. */
function plainRoot(of: readonly string[]): TreeHash {
  const [only] = of;
  if (only === undefined) return Buffer.from(sha256(''), 'hex');
  if (of.length === 1) return leafOf(only);
  let k = 1;
  while (2 * k < of.length) k *= 2;
  return nodeOf(plainRoot(of.slice(0, k)), plainRoot(of.slice(k)));
}

const stored: TreeHash[] = [];
const trees: Peaks[] = [noPeaks];
for (const record of records) {
  const before = trees.at(-1) ?? noPeaks;
  trees.push(grown(before, leafOf(record), (hash) => stored.push(hash)));
}
const nodes: Nodes = async (wanted) => wanted.map((node) => stored[storedAt(node)] ?? new Uint8Array());
const rootAt = (size: number): string => hex(rootOf(trees[size] ?? noPeaks));

test('A11: the root of a growing tree is that of RFC 9162, at every size', () => {
  for (let size = 0; size <= records.length; size += 1) {
    expect(rootAt(size)).toBe(hex(plainRoot(records.slice(0, size))));
    expect(storedCount(size)).toBeLessThanOrEqual(2 * size);
  }
  expect(storedCount(records.length)).toBe(stored.length);
});

test('A11: peaks come back from the nodes kept', async () => {
  for (let size = 0; size <= records.length; size += 1) expect(await peaksAt(size, nodes)).toEqual(trees[size]);
});

test('A11: a proof of inclusion holds for its record, index, size and root, and for no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), async (size, at, other) => {
      const index = at % size;
      const record = records[index] ?? '';
      const proof = await inclusionProof(index, size, nodes);
      expect(inclusionHolds(record, index, size, rootAt(size), proof)).toBe(true);
      const wrong = records[other % 200] ?? '';
      if (wrong !== record) expect(inclusionHolds(wrong, index, size, rootAt(size), proof)).toBe(false);
      expect(inclusionHolds(record, index, size, rootAt(size - 1), proof)).toBe(false);
      expect(inclusionHolds(record, index, size, rootAt(size), [...proof, record])).toBe(false);
      if (proof.length > 0) expect(inclusionHolds(record, index, size, rootAt(size), proof.slice(1))).toBe(false);
    }),
  );
});

test('A11: a proof of consistency holds between two sizes of one log, and not for another beginning', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200 }), async (a, b) => {
      const [first, second] = a < b ? [a, b] : [b, a];
      const proof = await consistencyProof(first, second, nodes);
      const from = { size: first, root: rootAt(first) };
      const to = { size: second, root: rootAt(second) };
      expect(consistencyHolds(from, to, proof)).toBe(true);
      if (first > 0) {
        expect(consistencyHolds({ ...from, root: sha256('another log') }, to, proof)).toBe(false);
        expect(consistencyHolds(from, { ...to, root: sha256('another log') }, proof)).toBe(false);
      }
      if (first < second) expect(consistencyHolds(to, from, proof)).toBe(false);
    }),
  );
});

test('A11: a proof between sizes that no log has yet holds, or not, by the same rules', () => {
  const [left, a, b] = [leafOf('1'.repeat(64)), leafOf('2'.repeat(64)), leafOf('3'.repeat(64))];
  for (const half of [2 ** 31, 2 ** 32, 2 ** 49, 2 ** 52]) {
    const first = { size: half + 1, root: hex(nodeOf(left, a)) };
    const second = { size: half + 2, root: hex(nodeOf(left, nodeOf(a, b))) };
    expect(consistencyHolds(first, second, [a, b, left].map(hex))).toBe(true);
    expect(consistencyHolds(first, second, [b, a, left].map(hex))).toBe(false);
    const whole = { size: half, root: hex(left) };
    expect(consistencyHolds(whole, first, [hex(a)])).toBe(true);
    expect(consistencyHolds(whole, { ...first, root: hex(nodeOf(left, b)) }, [hex(a)])).toBe(false);
  }
});
