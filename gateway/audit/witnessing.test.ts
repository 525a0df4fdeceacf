import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MemoryTrail, openMemoryTrail } from '../../fixtures/memory-trail.ts';
import type { EpochCertificate } from '../protocol/trail-nouns.ts';
import { certificatesAtOnce, proofOf } from './proving.ts';
import { judgeHead, type ProofTold, proofAsked, type Remembered, type Walk, type Witnessing } from './witnessing.ts';

let records = 0;
const hash = (): string => (records += 1).toString(16).padStart(64, '0');
const grow = (trail: MemoryTrail, steps: readonly ('record' | 'epoch')[]): void => {
  for (const step of steps) {
    if (step === 'record' || trail.size === 0) trail.append(hash());
    else trail.beginEpoch(hash());
  }
};
/** Asks and judges until it is settled, as the programs do. */
async function witness(trail: MemoryTrail, held: Remembered | undefined, walk?: Walk): Promise<Witnessing> {
  const judged = judgeHead(held, await proofOf(trail, proofAsked(held, walk)), walk);
  return judged.verdict === 'further' ? witness(trail, held, judged.walk) : judged;
}
async function accepted(trail: MemoryTrail, held?: Remembered): Promise<Remembered> {
  const judged = await witness(trail, held);
  if (judged.verdict !== 'accepted') throw new Error(JSON.stringify(judged));
  return judged.held;
}

const steps = fc.array(fc.constantFrom('record' as const, 'record' as const, 'record' as const, 'epoch' as const), {
  minLength: 1,
  maxLength: 24,
});
const runs = 60;

test('A11: a log that only grows is always accepted, over any number of epochs, from any head that was held', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 5 }), async (looks) => {
      const trail = openMemoryTrail();
      let held: Remembered | undefined;
      const all: Remembered[] = [];
      for (const look of looks) {
        grow(trail, look);
        await trail.sign();
        held = await accepted(trail, held);
        expect(held).toMatchObject({ size: trail.size, rootKey: trail.rootKey });
        all.push(held);
      }
      for (const older of all) await accepted(trail, older);
      // Nothing new is accepted as well: the newest head is given twice.
      expect(await accepted(trail, held)).toEqual(held);
    }),
    { numRuns: runs },
  );
});

test('A28, A27: shorter, forked at equal or greater size, or rolled back: never accepted, whatever keys the host holds', async () => {
  await fc.assert(
    fc.asyncProperty(steps, steps, fc.nat(), async (before, after, cut) => {
      const trail = openMemoryTrail();
      grow(trail, before);
      const held = await accepted(trail);
      // All keys of all epochs are the attacker's here: more than forward security leaves on a host.
      const shorter = trail.copy(1 + (cut % trail.size));
      const conflict = { verdict: 'conflict' };
      if (shorter.size < held.size) {
        expect(await witness(shorter, held)).toMatchObject(conflict);
        const fork = shorter.copy(shorter.size);
        while (fork.size < held.size) {
          fork.append(hash());
          expect(await witness(fork, held)).toMatchObject(conflict);
        }
        grow(fork, after);
        expect(await witness(fork, held)).toMatchObject(conflict);
      }
      // What grew from the whole of it is no fork.
      grow(trail, after);
      await trail.sign();
      expect(await witness(trail, held)).toMatchObject({ verdict: 'accepted' });
    }),
    { numRuns: runs },
  );
});

test('A28: two heads of equal size: the other one is a conflict, with the proof of either log, or none', async () => {
  const trail = openMemoryTrail();
  grow(trail, ['record', 'record', 'record', 'epoch', 'record']);
  const fork = trail.copy(2);
  grow(fork, ['record', 'record', 'record']);
  const held = await accepted(trail);
  const told = await proofOf(fork, { size: 0, epoch: 0 });
  for (const proof of [[], await trail.consistency(2, 5), await fork.consistency(2, 5)])
    expect(judgeHead(held, { ...told, proof })).toMatchObject({ verdict: 'conflict' });
});

test('A25, A13: another chain, another root key, a key of another epoch or of nobody: never accepted, not even at first sight', async () => {
  const trail = openMemoryTrail();
  grow(trail, ['record', 'record', 'epoch', 'record']);
  const held = await accepted(trail);
  grow(trail, ['record', 'epoch', 'record', 'record', 'epoch', 'record']);
  await trail.sign();
  const told = await proofOf(trail, { size: held.size, epoch: held.epoch });
  const first = await proofOf(trail, { size: 0, epoch: 0 });
  expect(judgeHead(held, told)).toMatchObject({ verdict: 'accepted' });
  const stranger = openMemoryTrail();
  grow(
    stranger,
    Array.from({ length: 12 }, () => 'record' as const),
  );
  expect(await witness(stranger, held)).toMatchObject({ verdict: 'conflict', why: 'it rests on another root key' });
  expect(await witness(openMemoryTrail({ chain: 'chn_other' }).copy(0), held)).toMatchObject({ verdict: 'conflict' });

  const { epoch } = told.head;
  const spoilt = (lie: (of: ProofTold) => ProofTold): void => {
    expect(judgeHead(held, lie(told)).verdict).toBe('conflict');
    expect(judgeHead(undefined, lie(first)).verdict).toBe('malformed');
  };
  // A head that says it is of the newest epoch and is signed with the key of an older one, and the reverse.
  for (let other = 0; other < epoch; other += 1) {
    spoilt((of) => ({ ...of, head: { ...of.head, signature: trail.headAt(trail.size, other).signature } }));
    spoilt((of) => ({ ...of, head: trail.headAt(trail.size, other) }));
  }
  spoilt((of) => ({ ...of, head: { ...of.head, signature: `${'A'.repeat(85)}Q` } }));
  spoilt((of) => ({ ...of, head: { ...of.head, ts: of.head.ts + 1 } }));
  spoilt((of) => ({ ...of, certificates: [] }));
  spoilt((of) => ({ ...of, certificates: of.certificates.slice(1) }));
  spoilt((of) => ({ ...of, certificates: of.certificates.toReversed() }));
  for (const change of [{ size: 1 }, { hash: 'f'.repeat(64) }, { publicKey: held.key }] satisfies Partial<EpochCertificate>[])
    spoilt((of) => ({ ...of, certificates: of.certificates.map((one) => ({ ...one, ...change })) }));
  spoilt((of) => ({ ...of, head: trail.headAt(held.size) }));
  // A head before the newest epoch, with the certificate of an epoch that began after it.
  expect(judgeHead(undefined, { ...first, head: trail.headAt(4), proof: [] }).verdict).toBe('malformed');
  expect(judgeHead(undefined, { ...first, head: { ...first.head, size: 0 } }).verdict).toBe('malformed');
});

test('A11: more epochs than one answer holds are walked in turns; an answer that leads nowhere ends the walk', async () => {
  const trail = openMemoryTrail();
  trail.append(hash());
  for (let n = 0; n < certificatesAtOnce + 3; n += 1) trail.beginEpoch(hash());
  const turn = judgeHead(undefined, await proofOf(trail, { size: 0, epoch: 0 }));
  expect(turn).toMatchObject({ verdict: 'further', walk: { key: { epoch: certificatesAtOnce } } });
  expect(await accepted(trail)).toMatchObject({ epoch: certificatesAtOnce + 3, size: trail.size });
  if (turn.verdict !== 'further') throw new Error('not in turns');
  const told = await proofOf(trail, proofAsked(undefined, turn.walk));
  expect(judgeHead(undefined, { ...told, certificates: [] }, turn.walk).verdict).toBe('malformed');
  expect(judgeHead(undefined, { ...told, rootKey: openMemoryTrail().rootKey }, turn.walk).verdict).toBe('malformed');
});
