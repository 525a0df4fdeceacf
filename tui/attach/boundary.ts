// Whether a stream of terminal output stands between sequences and characters: only there may something of ours be written in between.
// Pure. It follows the shape of sequences (ECMA-48, and CAN, SUB, ESC that end one), not their meaning.

type State = 'ground' | 'escape' | 'csi' | 'string' | 'string-escape' | 'character';

export type Boundary = {
  readonly feed: (bytes: Uint8Array) => void;
  /** True where nothing is cut. */
  readonly between: () => boolean;
};

export function openBoundary(): Boundary {
  let state: State = 'ground';
  /** Continuation bytes the character still needs. */
  let owed = 0;

  const step = (byte: number): void => {
    if (byte === 0x18 || byte === 0x1a) {
      state = 'ground';
      return;
    }
    switch (state) {
      case 'character':
        if (byte >= 0x80 && byte < 0xc0) {
          owed -= 1;
          if (owed === 0) state = 'ground';
          return;
        }
        state = 'ground';
        step(byte);
        return;
      case 'ground':
        if (byte === 0x1b) state = 'escape';
        else if (byte >= 0xc2) {
          owed = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
          state = 'character';
        }
        return;
      case 'escape':
        if (byte === 0x5b) state = 'csi';
        else if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) state = 'string';
        else if (byte >= 0x30 && byte <= 0x7e) state = 'ground';
        return;
      case 'csi':
        if (byte === 0x1b) state = 'escape';
        else if (byte >= 0x40 && byte <= 0x7e) state = 'ground';
        return;
      case 'string':
        if (byte === 0x07) state = 'ground';
        else if (byte === 0x1b) state = 'string-escape';
        return;
      case 'string-escape':
        state = 'escape';
        step(byte);
        return;
      default:
        state satisfies never;
    }
  };

  return {
    feed: (bytes) => {
      for (const byte of bytes) step(byte);
    },
    between: () => state === 'ground',
  };
}
