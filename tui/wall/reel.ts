// A recording as the player has it: frames from a moment on, whatever file they come from. asciicast is read here (v2 and v3,
// docs.asciinema.org/manual/asciicast) line by line; from a file in reel-cast.ts, from the gateway in reel-fetched.ts.
//
// Known limit: an asciicast has no places to begin at, so going back reads it from its start.
import type { TerminalSize } from '../../gateway/protocol/nouns.ts';
import { clampSize } from '../../gateway/screen/screen.ts';

/** `at`: ms since the beginning. `keyframe`: a whole screen, which forgets what was before. */
export type ReelFrame =
  | { readonly does: 'output'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly does: 'size'; readonly at: number; readonly size: TerminalSize }
  | { readonly does: 'keyframe'; readonly at: number; readonly size: TerminalSize; readonly painted: Uint8Array };

export type Reel = {
  readonly title: string;
  readonly size: TerminalSize;
  /** While it is fetched: of what is here. */
  readonly lengthMs: number;
  /** False while more of it is to come; absent: it is all here. */
  readonly whole?: boolean;
  /** Frames from the newest place at or before `ms` at which one can begin: the start, or a keyframe. In order. */
  readonly from: (ms: number) => AsyncIterable<ReelFrame>;
};

export type CastHeader = { readonly version: 2 | 3; readonly title: string; readonly size: TerminalSize };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The first line of an asciicast, or undefined. */
export function castHeader(line: string): CastHeader | undefined {
  const value = parsed(line);
  if (!isObject(value)) return undefined;
  const { version, title } = value;
  const size = version === 3 ? value['term'] : { cols: value['width'], rows: value['height'] };
  if ((version !== 2 && version !== 3) || !isObject(size)) return undefined;
  const { cols, rows } = size;
  if (typeof cols !== 'number' || typeof rows !== 'number') return undefined;
  return { version, title: typeof title === 'string' ? title : '', size: clampSize(cols, rows) };
}

/**
 * One line after it: when it happens, ms since the start, and the frame where it is one to be seen. `before`: when the last happened (v3 counts from there).
 * undefined = it is no event.
 */
export function castEvent(
  line: string,
  { version }: CastHeader,
  before: number,
): { readonly at: number; readonly frame: ReelFrame | undefined } | undefined {
  const value = parsed(line);
  if (!Array.isArray(value)) return undefined;
  const [time, code, data]: readonly unknown[] = value;
  if (typeof time !== 'number' || !(time >= 0) || typeof data !== 'string') return undefined;
  const at = Math.max(before, Math.round(time * 1000) + (version === 3 ? before : 0));
  if (code === 'o') return { at, frame: { does: 'output', at, bytes: Buffer.from(data) } };
  const size = code === 'r' ? /^(\d{1,4})x(\d{1,4})$/.exec(data) : null;
  if (size === null) return { at, frame: undefined };
  return { at, frame: { does: 'size', at, size: clampSize(Number(size[1]), Number(size[2])) } };
}
