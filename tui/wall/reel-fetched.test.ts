import { expect, test } from 'vitest';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import { fetchedReel } from './reel-fetched.ts';

type Piece = Gives<'recording.export'>;

const cast = [
  '{"version":3,"term":{"cols":80,"rows":24},"timestamp":1700000000,"title":"uma on db-1"}',
  '[0.5, "o", "grüße "]',
  '[1.0, "m", "joined"]',
  '[1.5, "o", "日本"]',
  '[2.0, "r", "100x30"]',
  '',
].join('\n');
const cut = (at: number, most: number): Piece => ({
  piece: cast.slice(at, at + most),
  encoding: 'utf8',
  ...(at + most < cast.length ? { next: at + most } : {}),
});
const open = async (most: number, fetch: (at: number) => Promise<Result<Piece>>, first = Math.max(most, 120)) => {
  const reel = await fetchedReel(cut(0, first), fetch);
  if (!reel.ok) throw new Error(reel.problem.code);
  return reel.value;
};
const told = async (frames: AsyncIterable<{ readonly does: string; readonly at: number; readonly bytes?: Uint8Array }>) => {
  const said: string[] = [];
  for await (const { does, at, bytes } of frames)
    said.push(`${at} ${bytes === undefined ? does : Buffer.from(bytes).toString()}`);
  return said;
};
const all = ['500 grüße ', '3000 日本', '5000 size'];

test('S83: a recording plays while it is fetched, whatever the cuts between pieces, and again from its start without being fetched again', async () => {
  for (const most of [1, 7, 64, 1000]) {
    let asked = 0;
    const reel = await open(most, async (at) => {
      asked += 1;
      return fine(cut(at, most));
    });
    expect(await told(reel.from(0))).toEqual(all);
    const before = asked;
    expect(await told(reel.from(0))).toEqual(all);
    expect([asked, reel.whole, reel.lengthMs, reel.startedAt, reel.title]).toEqual([
      before,
      true,
      5000,
      1_700_000_000_000,
      'uma on db-1',
    ]);
    await reel.close();
  }
});

test('S83: a refusal on the way ends what plays with its words; leaving ends the fetching', async () => {
  const refused = await open(20, async () => refuse('denied', 'revoked meanwhile'));
  await expect(told(refused.from(0))).rejects.toThrow(/revoked meanwhile/);
  await refused.close();

  let give: (piece: Result<Piece>) => void = () => undefined;
  const slow = await open(20, () => new Promise((resolve) => (give = resolve)));
  const playing = told(slow.from(0));
  expect(slow.whole).toBe(false);
  const closed = slow.close();
  give(fine({ piece: '', encoding: 'utf8' }));
  await closed;
  expect((await playing).length).toBeLessThan(all.length);
});

test('what is no asciicast is refused', async () => {
  expect(await fetchedReel({ piece: 'hello\n', encoding: 'utf8' }, async () => refuse('bug'))).toMatchObject({
    ok: false,
    problem: { code: 'bad-message' },
  });
});
