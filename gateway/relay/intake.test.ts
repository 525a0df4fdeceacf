import { expect, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openCastStore } from '../outside/cast-file.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { openIntake } from './intake.ts';
import type { Line } from './line.ts';
import { openPicture } from './picture.ts';
import { plainProfile } from './profile.ts';
import { openRecorder } from './recorder.ts';
import { openTrail } from './trail.ts';
import { openTyping } from './typing.ts';

test('[law 5, A4] output sent again that was on disk meanwhile is acknowledged, however little it is', async () => {
  const chance = seededChance('intake');
  const made = await openCastStore(new PowerDisk(), chance, '/r').create(
    mintId('rec', chance.bytes(idRandomBytes)),
    Buffer.alloc(32, 1),
  );
  if (!made.ok) throw new Error(made.problem.code);
  const recorder = openRecorder(made.value, new HandClock(), {
    durable: (position) => intake.durable(position),
    failed: () => undefined,
    mended: () => undefined,
    gaveUp: () => undefined,
  });
  const intake = openIntake({
    recorder,
    picture: openPicture({ cols: 80, rows: 24 }, 'web-1: ', plainProfile),
    trail: openTrail(),
    typing: openTyping(),
    views: () => [],
    clipping: () => undefined,
    changed: () => undefined,
  });
  const kept: number[] = [];
  const ids = { server: mintId('srv', chance.bytes(idRandomBytes)), boot: mintId('boo', chance.bytes(idRandomBytes)) };
  const nothing = (): void => undefined;
  const line: Line = {
    ...ids,
    keys: nothing,
    interrupt: () => Promise.resolve(undefined),
    resize: nothing,
    kill: nothing,
    release: nothing,
    abandon: nothing,
    breach: nothing,
    kept: (_received, durable) => void kept.push(durable),
  };
  intake.join(line, 0);
  intake.output(0, Buffer.from('hello'));
  intake.part();
  // The agent is back and was told 0; the disk is done before what it sends again arrives.
  intake.join(line, 0);
  await recorder.settle();
  intake.output(0, Buffer.from('hello'));
  expect(kept.at(-1)).toBe(5);
});
