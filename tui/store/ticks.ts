// The clock of the face: a tick at each full minute, each second while something counts down. Nothing else wakes an idle dashboard.
import type { LineFigures } from '../link/meter.ts';
import { countsDown } from '../model/place.ts';
import type { Store } from './store.ts';

export type Ticks = { readonly stop: () => void };

/** `before` is called first: what was held back for the tick. */
export function startTicks(store: Store, now: () => number, figures: () => LineFigures, before: () => void): Ticks {
  let timer: NodeJS.Timeout | undefined;
  let fast = false;
  const arm = () => {
    clearTimeout(timer);
    fast = countsDown(store.model());
    const span = fast ? 1_000 : 60_000;
    timer = setTimeout(tick, span - (now() % span) + 5);
  };
  const tick = () => {
    before();
    const line = figures();
    store.dispatch({ action: 'tick', now: now(), roundTripMs: line.roundTripMs, figures: line });
    arm();
  };
  const unsubscribe = store.subscribe(() => {
    if (countsDown(store.model()) !== fast) arm();
  });
  arm();
  return {
    stop: () => {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}
