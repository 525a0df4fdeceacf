// 100 MB of output: what its history costs the one who reads it and those who type meanwhile (R8).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { seededChance } from '../../fixtures/faults/hand-clock.ts';
import { openCastStore } from '../outside/cast-file.ts';
import { realClock } from '../outside/clock.ts';
import { realDisk } from '../outside/disk.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { paint } from '../screen/paint.ts';
import { rowText } from '../screen/row.ts';
import { blankScreen } from '../screen/screen.ts';
import { encodeKeyframe } from '../session/cast.ts';
import { openHistory } from './history.ts';
import { openPicture } from './picture.ts';
import { plainProfile } from './profile.ts';
import { keyframeBytes } from './recorder.ts';
import { openTurns } from './turns.ts';

const key = Buffer.alloc(32, 1);
const size = { cols: 80, rows: 24 };
const total = 100_000_000;
const never = new AbortController().signal;

/** How much CPU this process took between two looks of a timer at the clock, at worst what others wait for, and all in all; ms. Not how long: others use the machine too. */
async function held<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly between: number[]; readonly cpu: number }> {
  const between: number[] = [];
  let over = false;
  const spent = (since: NodeJS.CpuUsage): number => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1000;
  };
  const began = process.cpuUsage();
  let last = began;
  const tick = (): void => {
    between.push(spent(last));
    last = process.cpuUsage();
    if (!over) setTimeout(tick, 1);
  };
  setTimeout(tick, 1);
  const value = await work();
  over = true;
  return { value, between: between.toSorted((a, b) => a - b), cpu: spent(began) };
}
const p99 = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length * 0.99)] ?? 0;

test('[R8 M4] 100 MB of output: any page and a search to its end, in bounded memory, and nobody waits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-history-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const chance = seededChance('soak');
  const recording = mintId('rec', chance.bytes(idRandomBytes));
  const casts = openCastStore(realDisk, chance, folder);
  const made = await casts.create(recording, key);
  if (!made.ok) throw new Error(made.problem.code);
  const writer = made.value;
  const blank = blankScreen(size.cols, size.rows);
  writer.append({ kind: 'keyframe', seq: 0, at: 0, bytes: encodeKeyframe(size, paint(blank, blank)) });
  const picture = openPicture(size, 'web-1: ', plainProfile);
  const open = (shown: typeof picture) =>
    openHistory({ casts, recording, key, turns: openTurns(realClock), clock: realClock, picture: shown });
  const history = open(picture);
  let position = 0;
  let keyed = 0;
  for (let line = 0; position < total; ) {
    let text = '';
    for (; text.length < 32_768; line += 1)
      text += `${line} \x1b[3${line % 8}mthe quick brown fox\x1b[m jumps over the lazy dog, again\r\n`;
    const bytes = Buffer.from(text);
    writer.append({ kind: 'output', seq: position, at: 0, bytes });
    picture.feed(bytes);
    position += bytes.length;
    if (position - keyed >= keyframeBytes) {
      writer.append({ kind: 'keyframe', seq: position, at: 0, bytes: encodeKeyframe(picture.size, picture.keyframe()) });
      history.keyframed(position);
      keyed = position;
      await writer.sync();
    }
  }
  await writer.sync();
  const { lines } = picture.scrolled;
  globalThis.gc?.();
  const before = process.memoryUsage().rss;

  const pages: number[] = [];
  for (let at = 0; at < 40; at += 1) {
    const from = Math.floor((lines * at) / 40);
    const { value, cpu } = await held(() => history.read(from, 24, never));
    if (!value.ok) throw new Error(value.problem.code);
    expect(value.value.rows.map((row) => Number.parseInt(rowText(row), 10))).toEqual(
      Array.from({ length: 24 }, (_, y) => from + y),
    );
    pages.push(cpu);
  }
  pages.sort((a, b) => a - b);
  const searched = await held(async () => {
    for (let from = 0; ; ) {
      const done = await history.find('nowhere in it', from, false, never);
      if (!done.ok) throw new Error(done.problem.code);
      if (done.value.searched >= lines) return;
      from = done.value.searched;
    }
  });
  const backwards = await held(async () => {
    for (let from = Number.MAX_SAFE_INTEGER; ; ) {
      const done = await history.find('7 the quick', from, true, never);
      if (!done.ok) throw new Error(done.problem.code);
      return done.value.found;
    }
  });
  // A gateway that starts again knows none of the places.
  const again = openPicture(size, 'web-1: ', plainProfile);
  again.restart(picture.size, picture.keyframe(), keyed);
  const counted = await held(() => open(again).extent());
  const grown = (process.memoryUsage().rss - before) / 1e6;
  const figures = {
    lines,
    pageMedianCpuMs: Math.round(pages[20] ?? 0),
    pageWorstCpuMs: Math.round(pages.at(-1) ?? 0),
    searchCpuMs: Math.round(searched.cpu),
    backwardsCpuMs: Math.round(backwards.cpu),
    countCpuMs: Math.round(counted.cpu),
    heldP99CpuMs: Number(p99(searched.between).toFixed(1)),
    heldWorstCpuMs: Number((searched.between.at(-1) ?? 0).toFixed(1)),
    grownMb: Math.round(grown),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  expect(backwards.value).toBeGreaterThan(lines - 30);
  expect(grown).toBeLessThan(150);
  expect(p99(searched.between)).toBeLessThan(12);
}, 300_000);
