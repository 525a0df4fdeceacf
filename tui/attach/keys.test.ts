import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freshMs, type Keys, openKeys, pieceBytes, underWayBytes } from './keys.ts';

/** The other end: applies each numbered byte at most once and in order (F4). */
function pty() {
  let bytes = Buffer.alloc(0);
  return {
    take: (offset: number, piece: Uint8Array) => {
      if (offset > bytes.length) return;
      bytes = Buffer.concat([bytes, piece.subarray(Math.min(bytes.length - offset, piece.length))]);
    },
    text: () => bytes.toString('latin1'),
    offset: () => bytes.length,
  };
}

const send = (keys: Keys, deliver: (offset: number, bytes: Uint8Array) => void): void => {
  for (let piece = keys.next(); piece !== undefined; piece = keys.next()) deliver(piece.offset, piece.bytes);
};

test('[F4] pieces are numbered, at most 1 KiB, and stop at the window until they are confirmed', () => {
  const keys = openKeys(7);
  keys.type(new Uint8Array(2 * underWayBytes), true, 0);
  const offsets: number[] = [];
  let sent = 0;
  send(keys, (offset, bytes) => {
    offsets.push(offset);
    sent += bytes.length;
    expect(bytes.length).toBeLessThanOrEqual(pieceBytes);
  });
  expect(offsets[0]).toBe(7);
  expect(sent).toBe(underWayBytes);
  keys.confirm(7 + 1024, 0);
  expect(keys.next()?.offset).toBe(7 + underWayBytes);
});

test('[FEATURES 4b] what was typed while the way was shut waits for the person: sent on request, gone when discarded', () => {
  for (const decision of ['release', 'discard'] as const) {
    const keys = openKeys(0);
    const far = pty();
    keys.type(Buffer.from('before'), true, 0);
    send(keys, far.take);
    keys.type(Buffer.from(' while'), false, 10);
    keys.resume(far.offset(), false, 20);
    expect(keys.held()).toBe(6);
    send(keys, far.take);
    expect(far.text()).toBe('before');
    keys[decision]();
    expect(keys.held()).toBe(0);
    keys.type(Buffer.from(' after'), true, 30);
    send(keys, far.take);
    expect(far.text()).toBe(decision === 'release' ? 'before while after' : 'before after');
  }
});

test('[FEATURES 4b] keys sent before the cut was noticed go again by number; after five seconds of silence they ask as well', () => {
  const keys = openKeys(0);
  keys.type(Buffer.from('lost'), true, 0);
  send(keys, () => undefined);
  keys.resume(0, false, freshMs);
  expect(keys.held()).toBe(0);
  expect(keys.next()?.bytes.toString()).toBe(Buffer.from('lost').toString());
  keys.resume(0, false, freshMs + 1);
  expect(keys.held()).toBe(4);
  expect(keys.next()).toBeUndefined();
});

test('[F4] a byte that arrived all the same after it was discarded shifts the numbers of what follows', () => {
  const keys = openKeys(0);
  const far = pty();
  const late: [number, Uint8Array][] = [];
  keys.type(Buffer.from('slow'), true, 0);
  send(keys, (offset, bytes) => late.push([offset, bytes]));
  keys.resume(0, false, 60_000);
  keys.discard();
  for (const [offset, bytes] of late) far.take(offset, bytes);
  keys.confirm(far.offset(), 60_001);
  keys.type(Buffer.from('next'), true, 60_002);
  send(keys, far.take);
  expect(far.text()).toBe('slownext');
});

test('[F4] a new participant numbers anew, and what nobody confirmed is asked about', () => {
  const keys = openKeys(0);
  keys.type(Buffer.from('abc'), true, 0);
  send(keys, () => undefined);
  keys.confirm(1, 1);
  keys.resume(0, true, 2);
  expect(keys.held()).toBe(2);
  keys.release();
  expect(keys.next()).toEqual({ offset: 0, bytes: Buffer.from('bc') });
});

type Step = { readonly do: 'type' | 'deliver' | 'confirm' | 'cut'; readonly size: number };

test('[law 5] over random cuts no key is lost, doubled or out of order', () => {
  const step = fc.record({
    do: fc.constantFrom<Step['do']>('type', 'type', 'deliver', 'confirm', 'cut'),
    size: fc.integer({ min: 1, max: 3000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const keys = openKeys(0);
      const far = pty();
      let wire: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
      let typed = '';
      const post = (): void => send(keys, (offset, bytes) => wire.push({ offset, bytes }));
      for (const { do: what, size } of steps) {
        if (what === 'type') {
          const text = Array.from({ length: size % 1500 }, (_, i) =>
            String.fromCharCode(33 + ((typed.length + i * 7) % 90)),
          ).join('');
          keys.type(Buffer.from(text, 'latin1'), true, 0);
          typed += text;
          post();
        } else if (what === 'deliver') for (const { offset, bytes } of wire.splice(0, size % 7)) far.take(offset, bytes);
        else if (what === 'confirm') {
          keys.confirm(Math.max(0, far.offset() - (size % 50)), 0);
          post();
        } else {
          wire = [];
          keys.resume(far.offset(), false, 0);
          post();
        }
        expect(typed.startsWith(far.text())).toBe(true);
      }
      while (far.offset() < typed.length) {
        for (const { offset, bytes } of wire.splice(0)) far.take(offset, bytes);
        keys.confirm(far.offset(), 0);
        post();
        if (wire.length === 0 && far.offset() < typed.length) {
          keys.resume(far.offset(), false, 0);
          post();
        }
      }
      expect(far.text()).toBe(typed);
    }),
    { numRuns: 300 },
  );
});
