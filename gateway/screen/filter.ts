import type { Query } from './answer.ts';

/** A piece of the stream, in stream order. */
export type FilterPart =
  /** Goes to the driver's terminal and to the model. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Taken out; to be answered once, when everything before it is in the model. */
  | { readonly kind: 'query'; readonly query: Query }
  /** OSC 52 write: `text` wants to go to the clipboard; `bytes` is the sequence to send to the driver's terminal after consent. Never goes to the model. */
  | { readonly kind: 'clipboard'; readonly selection: string; readonly text: string; readonly bytes: Uint8Array };

export type FilterOptions = {
  /** Stands before every title that the session sets, such as `web-1: `. */
  readonly titlePrefix?: string;
};

export type Filter = {
  /** Takes bytes cut anywhere, gives what can be decided now. A part never ends inside a sequence or a character. */
  readonly feed: (bytes: Uint8Array) => FilterPart[];
  /** Nothing is held back: the stream stands between sequences and characters. Only then a viewer may be switched between stream and paint. */
  readonly between: boolean;
  /** Sequences dropped so far. */
  readonly dropped: number;
};

export function openFilter(_options: FilterOptions = {}): Filter {
  return { feed: (bytes) => [{ kind: 'bytes', bytes }], between: true, dropped: 0 };
}
