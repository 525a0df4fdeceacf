// Long lists are made in slices, so that a keystroke of somebody else never waits for one (D3).
import { setImmediate } from 'node:timers/promises';

/** Longest slice, ms. */
const sliceMs = 5;

/** What `make` gives for each item, undefined left out; other work gets its turn every {@link sliceMs}. `mono` = monotonic ms. */
export async function inSlices<Item, Row>(
  items: readonly Item[],
  make: (item: Item) => Row | undefined,
  mono: () => number,
): Promise<Row[]> {
  const made: Row[] = [];
  let began = mono();
  for (const item of items) {
    const row = make(item);
    if (row !== undefined) made.push(row);
    if (mono() - began >= sliceMs) {
      await setImmediate();
      began = mono();
    }
  }
  return made;
}

/** What a work in steps comes to; other work gets its turn every {@link sliceMs}. */
export async function stepByStep<T>(steps: Generator<void, T>, mono: () => number): Promise<T> {
  let began = mono();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (mono() - began >= sliceMs) {
      await setImmediate();
      began = mono();
    }
  }
}
