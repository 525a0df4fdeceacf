// R1 in full: 1000 kills. CI does a hundred of the same (kill.world.ts), every push a few (kill.test.ts).
import { expect, test } from 'vitest';
import { killOften } from '../../fixtures/faults/killed.ts';

// A hundred kills a log: each start reads what the lives before it wrote, and what is asked is how it ends, not how long it got.
test.each(Array.from({ length: 10 }, (_, batch) => batch))(
  'R1: 1000 kills lose no acknowledged event and no byte of a recording: the hundred of %i',
  async (batch) => {
    const done = await killOften(100, 100 * batch, 10);
    console.log(`R1, hundred ${batch}: ${JSON.stringify(done)}`);
    expect(done.epochs).toBeGreaterThan(10);
    expect(done.manifests).toBeGreaterThan(10);
  },
);
