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

/** A terminal with a program that has read `read` bytes: what an interrupt throws away is what was given and not read. */
function terminal() {
  let given = Buffer.alloc(0);
  return {
    take: (offset: number, piece: Uint8Array) => {
      if (offset === given.length) given = Buffer.concat([given, piece]);
    },
    given: () => given,
    /** The agent takes back what it has not handed on, and what was not read. */
    interrupt: (handed: number, read: number) => {
      const back = given.subarray(Math.min(read, handed), handed);
      given = given.subarray(0, handed);
      return back;
    },
  };
}

test('[4b] Ctrl-C overtakes: what was not read of a paste is aside, each byte of it once, and what was typed after it goes on', () => {
  const text = fc.string({ minLength: 1, maxLength: 9_000, unit: 'binary-ascii' }).map((one) => Buffer.from(one, 'latin1'));
  fc.assert(
    fc.property(text, text, fc.nat(), fc.nat(), fc.nat(), fc.boolean(), (paste, later, sends, hands, reads, confirmed) => {
      const keys = openKeys(0);
      const far = terminal();
      keys.type(paste, true, 0, true);
      for (let left = sends % 12; left > 0; left -= 1) {
        const piece = keys.next();
        if (piece !== undefined) far.take(piece.offset, piece.bytes);
      }
      const handed = hands % (far.given().length + 1);
      if (confirmed) keys.confirm(handed, 1);
      expect(keys.behindPaste()).toBe(true);
      keys.type(Buffer.from('\x03'), true, 2);
      keys.ask();
      expect(keys.next()).toBeUndefined();
      keys.type(later, true, 3);
      const read = reads % (handed + 1);
      far.interrupt(handed, read);
      const left = keys.overtaken(handed, handed - read, 4);
      expect(left).toBe(paste.length - read);
      const aside = Buffer.from(keys.takeAside());
      expect(aside.equals(paste.subarray(read))).toBe(true);
      send(keys, far.take);
      expect(far.given().equals(Buffer.concat([paste.subarray(0, handed), later]))).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('[4b] a key that does not interrupt keeps its place; a line cut while it is asked leaves the decision to the person', () => {
  const keys = openKeys(0);
  const far = pty();
  keys.type(Buffer.alloc(5_000, 'p'), true, 0, true);
  const [first] = [keys.next()];
  if (first !== undefined) far.take(first.offset, first.bytes);
  keys.type(Buffer.from('\x18'), true, 0);
  keys.type(Buffer.from('\x03'), true, 0);
  keys.ask();
  expect(keys.next()).toBeUndefined();
  keys.goOn();
  send(keys, far.take);
  expect(far.text()).toBe(`${'p'.repeat(5_000)}\x18\x03`);

  keys.type(Buffer.alloc(3_000, 'q'), true, 1, true);
  keys.type(Buffer.from('\x03'), true, 1);
  keys.ask();
  keys.resume(far.offset(), false, 2);
  expect(keys.held()).toBe(3_001);
  expect(keys.next()).toBeUndefined();
});

test('[4b] whatever is cut off, no program is left inside a bracketed paste, and the rest stands in brackets of its own', () => {
  const keys = openKeys(0);
  const far = pty();
  keys.type(Buffer.from(`\x1b[200~${'b'.repeat(3_000)}\x1b[201~`), true, 0, true);
  const [first] = [keys.next()];
  if (first !== undefined) far.take(first.offset, first.bytes);
  keys.confirm(far.offset(), 0);
  keys.type(Buffer.from('\x03'), true, 1);
  keys.ask();
  keys.overtaken(far.offset(), 0, 2);
  const aside = Buffer.from(keys.takeAside()).toString();
  expect(aside).toBe(`\x1b[200~${'b'.repeat(3_000 - 1_018)}\x1b[201~`);
  // Typed while the line was down, and discarded: the part that went is closed.
  const cut = openKeys(0);
  const program = pty();
  cut.type(Buffer.from('\x1b[200~half'), true, 0);
  send(cut, program.take);
  cut.type(Buffer.from(' and half\x1b[201~'), false, 1);
  cut.resume(program.offset(), false, 2);
  cut.discard();
  cut.type(Buffer.from('next'), true, 3);
  send(cut, program.take);
  expect(program.text()).toBe('\x1b[200~half\x1b[201~next');
});

test('[4b] a paste that the terminal has and the program may not have read can be overtaken; one that was settled cannot', () => {
  const keys = openKeys(0);
  const far = pty();
  keys.type(Buffer.alloc(8_000, 'p'), true, 0, true);
  send(keys, far.take);
  keys.confirm(8_000, 1);
  expect(keys.behindPaste()).toBe(true);
  keys.type(Buffer.from('\x03'), true, 2);
  keys.ask();
  expect(keys.overtaken(8_000, 3_000, 3)).toBe(3_000);
  expect(keys.takeAside().length).toBe(3_000);
  expect(keys.behindPaste()).toBe(false);
  keys.type(Buffer.from('typed'), true, 4);
  expect(keys.behindPaste()).toBe(false);
});
