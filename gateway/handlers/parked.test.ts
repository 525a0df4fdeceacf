import { expect, test } from 'vitest';
import { openLine } from '../../fixtures/entrance.ts';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { refuse } from '../protocol/errors.ts';
import type { Connection } from '../relay/connection.ts';
import { mostParked, mostPerAddress, openParkingPlace, type Parked } from './parked.ts';

function place() {
  const clock = new HandClock();
  const abandoned: string[] = [];
  const parking = openParkingPlace(clock, (parked) => abandoned.push(parked.handle));
  let count = 0;
  const park = (address: string, connection: Connection | undefined): Parked | undefined => {
    if (!parking.take(address)) return undefined;
    count += 1;
    const parked: Parked = {
      handle: `h${count}`,
      deviceKey: '',
      machine: '',
      address,
      signIn: {
        userCode: '',
        address: '',
        addressWithCode: undefined,
        expiresIn: 60,
        finish: async () => refuse('code-expired'),
      },
      abort: new AbortController(),
      connection,
      answer: undefined,
      spent: false,
    };
    parking.park(parked);
    return parked;
  };
  return { clock, parking, park, abandoned };
}

test('[E22] 256 in all: the oldest that was left behind gives way, one that somebody waits for never does', () => {
  const { parking, park, abandoned } = place();
  const line = openLine();
  for (let nth = 0; nth < mostParked; nth += 1) park(`192.0.2.${nth}`, nth === 5 ? undefined : line);
  expect(parking.size).toBe(mostParked);
  const more = park('198.51.100.1', line);
  expect(more).toBeDefined();
  expect(abandoned).toEqual(['h6']);
  expect(park('198.51.100.2', line)).toBeUndefined();
  if (more !== undefined) parking.remove(more);
  expect(park('198.51.100.2', line)).toBeDefined();
});

test('a place that was taken and given back is free again; one that expires too, and what was under way is called off', () => {
  const { clock, parking, park, abandoned } = place();
  for (let nth = 0; nth < 10; nth += 1) {
    expect(parking.take('a')).toBe(true);
    parking.giveBack('a');
  }
  const parked = Array.from({ length: mostPerAddress }, () => park('a', openLine()));
  expect(parking.take('a')).toBe(false);
  clock.pass(59_999);
  expect(parking.size).toBe(mostPerAddress);
  clock.pass(1);
  expect(parking.size).toBe(0);
  expect(abandoned).toHaveLength(mostPerAddress);
  for (const one of parked) expect(one?.abort.signal.aborted).toBe(true);
  expect(parking.take('a')).toBe(true);
});
