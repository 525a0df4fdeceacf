import { blankScreen, type Screen } from './screen.ts';

/** A terminal that shows bytes. It answers nothing, rings nothing, and has no clock. */
export type Terminal = {
  /** Takes bytes at once; a character or a sequence may be cut anywhere. Bytes that are no UTF-8 show as U+FFFD. */
  readonly feed: (bytes: Uint8Array) => void;
  /** Any numbers are survived: the size is clamped to 2..500 × 1..200. Afterwards viewers need `paint(undefined, …)`. */
  readonly resize: (cols: number, rows: number) => void;
  /** What it shows now. Rows that did not change since the last call are the same objects. */
  readonly screen: () => Screen;
  readonly dispose: () => void;
};

export type TerminalOptions = {
  readonly cols: number;
  readonly rows: number;
  /** Lines kept above the screen; 0 where not said. */
  readonly scrollback?: number;
};

export function openTerminal(options: TerminalOptions): Terminal {
  const screen = blankScreen(options.cols, options.rows);
  return { feed: () => undefined, resize: () => undefined, screen: () => screen, dispose: () => undefined };
}
