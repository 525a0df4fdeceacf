// Whom a personal part is about, and the law of an erasure: the state that forgets somebody is the state of a log that never named them.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryEvent } from '../../fixtures/events.ts';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import type { NewEvent } from '../protocol/events.ts';
import { mintId, type PersonId } from '../protocol/ids.ts';
import { isAbout, learn, nobodyYet } from './about.ts';
import { genesis, seal } from './chain.ts';
import type { Settled } from './commit.ts';
import { fold } from './fold.ts';
import { emptyState } from './state.ts';
import { unseal } from './unseal.ts';

const chance = seededChance('about');
const chain = mintId('chn', chance.bytes(26));
const boot = mintId('boo', chance.bytes(26));
const gateway = { actor: { kind: 'gateway' }, outcome: 'ok' } as const;

function settledOf(happened: readonly NewEvent[]): Settled[] {
  let prev = genesis(chain, 'A'.repeat(43));
  return happened.map((event, seq) => {
    const line = seal(prev, event, { seq, chain, ts: 1_764_000_000_000 + seq, mono: seq, boot, salt: 'A'.repeat(22) });
    prev = line.record.hash;
    const settled = unseal(line);
    if (!settled.ok) throw new Error(settled.problem.detail);
    return settled.value;
  });
}
/** The same record with its personal part erased, as it is read back. */
const erased = (settled: Settled): Settled => ({
  ...settled,
  personal: undefined,
  // An erased part is undefined in every event.
  event: { ...settled.event, personal: undefined } as Settled['event'],
});

const peopleIn = (happened: readonly NewEvent[]): readonly PersonId[] =>
  happened.flatMap(({ data, actor }) => [
    ...('person' in data && typeof data.person === 'string' ? [data.person as PersonId] : []),
    ...(actor.kind === 'person' ? [actor.id] : []),
  ]);

/** Whoever broke the glass is who asked to: an entrance never changes hands. */
function ofOneHand(happened: readonly NewEvent[]): readonly NewEvent[] {
  const whose = new Map<string, string>();
  return happened.filter((event) => {
    if (event.type !== 'breakglass.asked' && event.type !== 'breakglass.opened') return true;
    const { entrance, person } = event.data;
    const asked = whose.get(entrance) ?? person;
    whose.set(entrance, asked);
    return asked === person;
  });
}

test('D2: after an erasure the state folded live is the one folded from what is left, whatever happened', () => {
  fc.assert(
    fc.property(fc.array(arbitraryEvent, { minLength: 1, maxLength: 40 }).map(ofOneHand), fc.nat(), (happened, pick) => {
      const people = peopleIn(happened);
      const person = people[pick % Math.max(1, people.length)];
      fc.pre(person !== undefined);
      const all = settledOf([
        ...happened,
        { ...gateway, type: 'person.removed', data: { person, why: 'left' }, personal: { name: 'somebody' } },
        { ...gateway, type: 'person.erased', data: { person, by: person, why: 'asked', records: 1 }, personal: {} },
      ]);
      const known = nobodyYet(person);
      for (const settled of all) learn(known, settled);
      const live = emptyState();
      const left = emptyState();
      for (const settled of all) {
        fold(live, settled.event);
        fold(left, (isAbout(known, settled) ? erased(settled) : settled).event);
      }
      expect(left).toEqual(live);
      // Nothing of theirs is left to find.
      for (const settled of all) if (isAbout(known, settled)) expect(isAbout(known, erased(settled))).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test('D2: a word names somebody only when it stands by itself, in any case, and never through the record of somebody else', () => {
  const person = mintId('usr', chance.bytes(26));
  const other = mintId('usr', chance.bytes(26));
  const session = mintId('ses', chance.bytes(26));
  const said = (text: string): NewEvent => ({
    ...gateway,
    type: 'session.messaged',
    data: { session, by: other },
    personal: { text },
  });
  const events: NewEvent[] = [
    {
      ...gateway,
      type: 'person.added',
      data: { person, role: 'user' },
      personal: { name: 'uma', claim: { kind: 'email', value: 'Uma@corp.example' } },
    },
    said('ask UMA about it'),
    said('mail uma@corp.example, please'),
    said('the human umami shop'),
    said('über-uma'),
    {
      ...gateway,
      type: 'person.added',
      data: { person: other, role: 'user' },
      personal: { name: 'uma', claim: { kind: 'sub', value: 'x' } },
    },
    { ...gateway, type: 'stranger.refused', data: { cause: 'login', count: 1 }, personal: { address: '192.0.2.1' } },
  ];
  const all = settledOf(events);
  const known = nobodyYet(person);
  for (const settled of all) learn(known, settled);
  expect([...known.words].sort()).toEqual(['uma', 'uma@corp.example']);
  expect(all.map((settled) => isAbout(known, settled))).toEqual([true, true, true, false, true, false, false]);
});
