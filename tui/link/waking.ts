// A machine that slept, or that has moved to another network: noticed when it happens, not when something times out. Linux's monotonic clock, and every
// timer with it, stands still while a machine sleeps; the wall clock does not.
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Pace } from './pace.ts';

/** What happened since it was last looked. */
export type Woken = {
  /** Beyond what should have passed; 0 when it was awake. Also a process that was stopped, or a machine too busy to run it. */
  readonly asleepMs: number;
  /** The addresses of this machine, when they are others than before. */
  readonly moved: ReadonlySet<string> | undefined;
};

const lookEveryMs = 2_000;
/** A busy machine is late by less. */
const sleptMs = 5_000;

/** All addresses of this machine. */
export function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}

/** Looks every two seconds until the returned function is called. */
export function watchWaking(pace: Pace, addresses: () => readonly string[], on: (woken: Woken) => void): () => void {
  let known = addresses().toSorted().join();
  let dueAt = pace.now() + lookEveryMs;
  const look = (): void => {
    const late = pace.now() - dueAt;
    const here = addresses();
    const now = here.toSorted().join();
    const moved = now === known ? undefined : new Set(here);
    known = now;
    dueAt = pace.now() + lookEveryMs;
    calm = pace.after(lookEveryMs, look);
    if (late > sleptMs || moved !== undefined) on({ asleepMs: late > sleptMs ? late : 0, moved });
  };
  let calm = pace.after(lookEveryMs, look);
  return () => calm();
}

/** A clock that never goes back and does not stand still while the machine sleeps, ms. A wall clock put forward counts as sleep. */
export function openLifeClock(wall: () => number, mono: () => number): () => number {
  let skew = wall() - mono();
  let slept = 0;
  return () => {
    const now = wall() - mono();
    // Smaller steps are a clock being put right.
    if (now > skew + 1_000) slept += now - skew;
    skew = now;
    return mono() + slept;
  };
}

/** For how old something typed is. */
export const lifeNow = openLifeClock(
  () => Date.now(),
  () => performance.now(),
);
