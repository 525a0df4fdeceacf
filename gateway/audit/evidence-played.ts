// The recording in a file of evidence, as whoever plays it needs it: where its chunks stand, and what they say. Pure; made while the file is verified.

import type { CastFrame } from '../ports.ts';
import type { TerminalSize } from '../protocol/nouns.ts';
import { decodeKeyframe, decodeSize } from '../session/cast.ts';
import { openChunk, readHeader } from '../session/cast-chunk.ts';
import { exactBase64 } from './evidence-lines.ts';

/** What is seen: bytes that the program wrote, a size, or a whole screen at which one can begin. `at`: wall clock, ms. */
export type PlayedFrame =
  | { readonly does: 'output'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly does: 'size'; readonly at: number; readonly size: TerminalSize }
  | { readonly does: 'keyframe'; readonly at: number; readonly size: TerminalSize; readonly painted: Uint8Array };

export function playedFrames(frames: readonly CastFrame[]): PlayedFrame[] {
  return frames.flatMap((frame): PlayedFrame[] => {
    const { kind, at, bytes } = frame;
    switch (kind) {
      case 'output':
        return [{ does: 'output', at, bytes }];
      case 'resize': {
        const size = decodeSize(bytes);
        return size === undefined ? [] : [{ does: 'size', at, size }];
      }
      case 'keyframe': {
        const keyframe = decodeKeyframe(bytes);
        return keyframe === undefined ? [] : [{ does: 'keyframe', at, ...keyframe }];
      }
      case 'participant':
      case 'end':
        return [];
      default:
        return kind satisfies never;
    }
  });
}

const chunkLine = /^\{"chunk":"([^"]*)","kind":"chunk"\}$/;

/** What a line that was verified before says; undefined when it is not such a line any more. */
export function playedLine(line: string, key: Uint8Array): PlayedFrame[] | undefined {
  const bytes = exactBase64(chunkLine.exec(line)?.[1] ?? '', 'base64');
  const header = bytes && readHeader(bytes);
  const frames = bytes === undefined || header === undefined ? undefined : openChunk(key, header, bytes);
  return frames && playedFrames(frames);
}
