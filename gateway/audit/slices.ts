// Long work is done in slices, so that a keystroke of somebody else never waits for one (D3).
import { setImmediate } from 'node:timers/promises';

/** Longest slice, ms. */
const sliceMs = 5;

/** Asked after each piece of a long work: undefined, or what to wait for, so that others get their turn. */
export type Turns = () => Promise<void> | undefined;

/** @param mono monotonic ms */
export function turnTaker(mono: () => number): Turns {
  let began = mono();
  return () => {
    if (mono() - began < sliceMs) return undefined;
    return setImmediate().then(() => {
      began = mono();
    });
  };
}

/** What `make` gives for each item, undefined left out; other work gets its turn. */
export async function inSlices<Item, Row>(
  items: readonly Item[],
  make: (item: Item) => Row | undefined,
  mono: () => number,
): Promise<Row[]> {
  const made: Row[] = [];
  const turns = turnTaker(mono);
  for (const item of items) {
    const row = make(item);
    if (row !== undefined) made.push(row);
    const turn = turns();
    if (turn !== undefined) await turn;
  }
  return made;
}

/** What a work in steps comes to; other work gets its turn. */
export async function stepByStep<T>(steps: Generator<void, T>, mono: () => number): Promise<T> {
  const turns = turnTaker(mono);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    const turn = turns();
    if (turn !== undefined) await turn;
  }
}
