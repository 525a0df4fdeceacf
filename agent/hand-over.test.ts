import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mintId } from '../gateway/protocol/ids.ts';
import { decodeHandOver, encodeHandOver, type HandOver, type SessionState } from './hand-over.ts';
import { openInbox } from './inbox.ts';
import { openOutbox } from './outbox.ts';

const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const count = fc.nat(1_000_000);
const optional = <T>(name: string, arbitrary: fc.Arbitrary<T>) =>
  fc.oneof(
    fc.constant({}),
    arbitrary.map((value) => ({ [name]: value })),
  );
const offsets = fc.array(fc.record({ participant: count, offset: count }), { maxLength: 4 });
const exit = fc.oneof(fc.constant({}), fc.record({ code: fc.nat(255) }), fc.constant({ code: 143, signal: 'SIGTERM' }));
const pty = fc
  .tuple(
    fc.record({ pid: count, terminal: count, marker: fc.string({ maxLength: 30 }), reaped: fc.boolean() }),
    optional('fds', fc.record({ master: count, slave: count })),
    optional('exit', exit),
  )
  .map(([facts, fds, ended]) => ({ ...facts, ...fds, ...ended }));
const session: fc.Arbitrary<SessionState> = fc
  .tuple(
    fc.record({
      session: bytes(0).chain(() =>
        fc.uint8Array({ minLength: 26, maxLength: 26 }).map((random) => mintId('ses', Buffer.from(random))),
      ),
      hangUpAfterMs: count,
      killed: fc.boolean(),
      discarded: fc.boolean(),
      base: count,
      output: fc.array(bytes(300), { maxLength: 5 }),
      expected: offsets,
      applied: offsets,
      underWay: fc.array(fc.record({ participant: count, count }), { maxLength: 3 }),
      typing: bytes(100),
    }),
    optional('awayMs', count),
    optional('pty', pty),
    optional(
      'ending',
      exit.map((how) => ({ ...how, survivors: 0 })),
    ),
  )
  .map(([facts, ...more]) => Object.assign(facts, ...more) as SessionState);
const handOver: fc.Arbitrary<HandOver> = fc.record({
  version: fc.string({ maxLength: 20 }),
  boot: fc.constant(mintId('boo', Buffer.alloc(26))),
  startedAt: count,
  upgrades: count,
  answered: count,
  sessions: fc.array(session, { maxLength: 5 }),
});

function encoded(state: HandOver): Buffer {
  const pieces = encodeHandOver(state);
  if (!pieces.ok) throw new Error(pieces.problem.detail);
  return Buffer.concat(pieces.value);
}
function reader(all: Buffer) {
  let at = 0;
  return (wanted: number) => {
    if (at + wanted > all.length) return undefined;
    at += wanted;
    return all.subarray(at - wanted, at);
  };
}
/** Output as one run: how it was cut is nobody's business. */
const joined = (state: HandOver) => ({
  ...state,
  sessions: state.sessions.map(({ output, typing, ...facts }) => ({
    ...facts,
    output: Buffer.concat(output),
    typing: Buffer.from(typing),
  })),
});

test('D6 law 5: whatever an agent hands over is what the next one takes up', () => {
  fc.assert(
    fc.property(handOver, (state) => {
      const back = decodeHandOver(reader(encoded(state)));
      expect(back.ok && joined(back.value)).toEqual(joined(state));
    }),
  );
});

test('D6 what is cut short anywhere is refused, never half believed', () => {
  fc.assert(
    fc.property(handOver, fc.nat(), (state, random) => {
      const whole = encoded(state);
      const cut = decodeHandOver(reader(whole.subarray(0, random % whole.length)));
      expect(cut).toMatchObject({ ok: false, problem: { code: 'bad-message' } });
    }),
  );
});

test('D6 another format is refused as such, and what its reader would stumble over is not written', () => {
  const head = Buffer.from(JSON.stringify({ format: 2, more: 'of it' }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  expect(decodeHandOver(reader(Buffer.concat([length, head])))).toMatchObject({
    ok: false,
    problem: { code: 'version', detail: expect.stringContaining('format 2') },
  });
  const unfit = { version: '1', boot: 'nonsense', startedAt: 0, upgrades: 0, answered: 0, sessions: [] };
  expect(encodeHandOver(unfit as unknown as HandOver)).toMatchObject({ ok: false });
});

test('D6 law 5: an outbox taken up in the middle goes on byte for byte, and an inbox takes nothing twice', () => {
  fc.assert(
    fc.property(
      fc.array(bytes(400), { maxLength: 30 }),
      fc.array(bytes(400), { maxLength: 30 }),
      fc.nat(),
      (said, more, random) => {
        const all = Buffer.concat([...said, ...more]);
        const before = openOutbox({ credit: 1e9, keep: 1e9 });
        for (const run of said) before.append(run);
        const written = before.positions().end;
        const durable = written === 0 ? 0 : random % (written + 1);
        while (before.next(100) !== undefined);
        expect(before.kept(written, durable)).toBe(true);
        const after = openOutbox({ credit: 1e9, keep: 1e9 }, { base: durable, pieces: before.held() });
        expect(after.positions()).toEqual({ base: durable, sent: durable, end: written });
        for (const run of more) after.append(run);
        expect(after.resume(durable)).toBe(0);
        const got: Uint8Array[] = [];
        for (let run = after.next(100); run !== undefined; run = after.next(100)) {
          expect(run.seq).toBe(durable + Buffer.concat(got).length);
          got.push(run.bytes);
        }
        expect(Buffer.concat(got).equals(all.subarray(durable))).toBe(true);
      },
    ),
  );
  const inbox = openInbox();
  inbox.took(3, 10);
  const next = openInbox(inbox.offsets());
  expect(next.judge(3, 4, Buffer.from('456789AB'))).toEqual({ verdict: 'apply', bytes: Buffer.from('AB') });
  expect(next.judge(3, 0, Buffer.from('0123456789'))).toEqual({ verdict: 'known' });
});
