// What a raw terminal of Node's still does to output: it keeps ONLCR on (libuv), so that a line feed alone would also return the carriage, and full-screen
// programs move down by line feeds alone. Every terminal takes VT for a line feed (ECMA-48, VT100: "interpreted as LF"), and no tty touches it.
import type { Sink } from './glass.ts';

const LF = 0x0a;
const CR = 0x0d;
const VT = 0x0b;

/** The same sink for a screen's bytes: line feeds that no carriage return stands before become VT. Length and order stay. */
export function keepingColumns(sink: Sink): Sink {
  let before = 0;
  return {
    write: (bytes, done) => {
      let kept: Uint8Array | undefined;
      for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
        if ((at === 0 ? before : bytes[at - 1]) === CR) continue;
        kept ??= Uint8Array.from(bytes);
        kept[at] = VT;
      }
      before = bytes.at(-1) ?? before;
      sink.write(kept ?? bytes, done);
    },
  };
}
