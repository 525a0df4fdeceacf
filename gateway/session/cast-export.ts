// Recordings as other programs read them (D13): asciicast v2 and v3 (docs.asciinema.org/manual/asciicast), plain text, the raw bytes. Pure, piece by
// piece. Keyframes are ours alone and are left out; participants become markers.
import type { CastFrame } from '../ports.ts';
import type { TerminalSize } from '../protocol/nouns.ts';
import { decodeNote, decodeSize } from './cast.ts';

export const castFormats = ['v2', 'v3', 'txt', 'raw'] as const;
export type CastFormat = (typeof castFormats)[number];

export type CastAbout = {
  /** What it is called in a player. */
  readonly title: string;
  /** Size at the start, when no frame says. */
  readonly size: TerminalSize;
  readonly startedAt: number;
  /** Exit code of the program, for v3. */
  readonly exitCode: number | undefined;
  readonly nameOf: (person: string) => string;
};

/** Text pieces for v2, v3 and txt; raw bytes for raw. */
export type CastExporter = {
  /** What a frame adds. */
  readonly take: (frame: CastFrame) => string | Uint8Array;
  /** What stands at the end. */
  readonly end: () => string | Uint8Array;
};

/** An exporter is used once, for all frames in order. */
export function openExport(format: CastFormat, about: CastAbout): CastExporter {
  switch (format) {
    case 'raw':
      return { take: (frame) => (frame.kind === 'output' ? frame.bytes : nothing), end: () => nothing };
    case 'txt':
      return textExport();
    case 'v2':
    case 'v3':
      return asciicast(format, about);
    default:
      return format satisfies never;
  }
}
const nothing = new Uint8Array();

/** A character may be cut by the edge of a frame: its first bytes wait for the rest. */
const utf8 = () => new TextDecoder('utf-8', { ignoreBOM: true });

function asciicast(version: 'v2' | 'v3', about: CastAbout): CastExporter {
  const decoder = utf8();
  let head = false;
  let startedAt = about.startedAt;
  let before = 0;
  let size = about.size;

  const header = (at: number): string => {
    if (head) return '';
    head = true;
    startedAt = at;
    const { cols, rows } = size;
    const timestamp = Math.floor(at / 1000);
    const value =
      version === 'v2'
        ? { version: 2, width: cols, height: rows, timestamp, title: about.title }
        : { version: 3, term: { cols, rows }, timestamp, title: about.title };
    return `${JSON.stringify(value)}\n`;
  };
  const event = (at: number, code: string, data: string): string => {
    // A clock set back must not give a player an event before the last one.
    const since = Math.max(before, at - startedAt);
    const time = version === 'v2' ? since : since - before;
    before = since;
    return `[${(time / 1000).toFixed(3)}, ${JSON.stringify(code)}, ${JSON.stringify(data)}]\n`;
  };

  return {
    take: ({ kind, at, bytes }) => {
      switch (kind) {
        case 'output': {
          const text = decoder.decode(bytes, { stream: true });
          return header(at) + (text === '' ? '' : event(at, 'o', text));
        }
        case 'resize': {
          const now = decodeSize(bytes);
          if (now === undefined) return '';
          const first = !head;
          size = now;
          return first ? header(at) : event(at, 'r', `${now.cols}x${now.rows}`);
        }
        case 'participant': {
          const note = decodeNote(bytes);
          if (note?.did !== 'joined') return '';
          return header(at) + event(at, 'm', `${about.nameOf(note.person)} joined (${note.role})`);
        }
        case 'keyframe':
        case 'end':
          return '';
        default:
          return kind satisfies never;
      }
    },
    end: () => {
      const rest = decoder.decode();
      const at = startedAt + before;
      const last = header(at) + (rest === '' ? '' : event(at, 'o', rest));
      return version === 'v3' && about.exitCode !== undefined ? last + event(at, 'x', String(about.exitCode)) : last;
    },
  };
}

// Text without what only a terminal understands: sequences are taken out across frame edges; backspace, carriage return and the like are kept as they
// are printed by `cat`, except that CR before LF goes.
function textExport(): CastExporter {
  const decoder = utf8();
  let state: 'text' | 'escape' | 'csi' | 'string' | 'string-escape' | 'intermediate' = 'text';
  let heldReturn = false;

  const strip = (text: string): string => {
    let out = '';
    for (const c of text) {
      const point = c.codePointAt(0) ?? 0;
      switch (state) {
        case 'text':
          if (point === 0x1b) state = 'escape';
          else if (point === 0x9b) state = 'csi';
          else if (point === 0x90 || point === 0x9d || point === 0x98 || point === 0x9e || point === 0x9f) state = 'string';
          else if (c === '\r') {
            if (heldReturn) out += '\r';
            heldReturn = true;
            continue;
          } else if (c === '\n' || c === '\t' || (point >= 0x20 && point !== 0x7f && (point < 0x80 || point >= 0xa0))) {
            if (heldReturn && c !== '\n') out += '\r';
            out += c;
            heldReturn = false;
          }
          break;
        case 'escape':
          if (c === '[') state = 'csi';
          else if (c === ']' || c === 'P' || c === 'X' || c === '^' || c === '_') state = 'string';
          else state = point >= 0x20 && point <= 0x2f ? 'intermediate' : point === 0x1b ? 'escape' : 'text';
          break;
        case 'intermediate':
          if (point < 0x20 || point > 0x2f) state = point === 0x1b ? 'escape' : 'text';
          break;
        case 'csi':
          if (point === 0x1b) state = 'escape';
          else if (point >= 0x40 && point <= 0x7e) state = 'text';
          break;
        case 'string':
          if (point === 0x07 || point === 0x9c || point === 0x18 || point === 0x1a) state = 'text';
          else if (point === 0x1b) state = 'string-escape';
          break;
        case 'string-escape':
          state = c === '\\' ? 'text' : point === 0x1b ? 'string-escape' : 'string';
          break;
        default:
          state satisfies never;
      }
    }
    return out;
  };
  return {
    take: (frame) => (frame.kind === 'output' ? strip(decoder.decode(frame.bytes, { stream: true })) : ''),
    end: () => strip(decoder.decode()) + (heldReturn ? '\r' : ''),
  };
}
