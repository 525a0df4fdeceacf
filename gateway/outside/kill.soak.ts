// R1 in full: 1000 kills. The push suite does a few of the same (kill.test.ts).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { killedAfter, namesIn } from '../../fixtures/faults/killed.ts';
import { verifyFolder } from './verify-folder.ts';

// A hundred kills a log: each start reads what the lives before it wrote, and what is asked is how it ends, not how long it got.
test.each(Array.from({ length: 10 }, (_, batch) => batch))(
  'R1: 1000 kills lose no acknowledged event: the hundred of %i',
  async (batch) => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-kills-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (let life = 0; life < 100; life += 1) {
      const acknowledged = await killedAfter(folder, life, 1 + (((100 * batch + life) * 37) % 211));
      const names = await namesIn(folder, life);
      expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
    }
    expect((await verifyFolder(folder)).verdict).toMatch(/^(intact|torn)$/);
  },
);
