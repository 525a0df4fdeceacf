// Lines of a session's history, made from its recording: a terminal model is fed from a keyframe on, and tells of each line that leaves its top. In turns
// (turns.ts), so that nobody's echo waits for it. What is not on disk yet, a walk does not see.
import type { CastFrame, CastStore } from '../ports.ts';
import type { RecordingId } from '../protocol/ids.ts';
import { openFilter } from '../screen/filter.ts';
import type { LeavingLine } from '../screen/scrolled.ts';
import { openTerminal, type Terminal } from '../screen/terminal.ts';
import { decodeKeyframe, decodeSize } from '../session/cast.ts';
import type { LineIndex, Place } from './line-index.ts';
import type { Turns } from './turns.ts';

/** Output fed at a time: well below a turn. */
const pieceBytes = 4096;

export type WalkParts = {
  readonly casts: Pick<CastStore, 'read'>;
  readonly recording: RecordingId;
  readonly key: Uint8Array;
  readonly index: LineIndex;
  readonly turns: Turns;
};

export type Walker = {
  /** A line has left, to be read now or never. False = far enough. */
  readonly line: (line: number, leaving: LeavingLine) => boolean;
  /** Asked between pieces; true = no further. */
  readonly stop?: () => boolean;
  /** Not beyond the keyframe at this output position. */
  readonly until?: number;
};

const isPast = ({ kind, seq }: CastFrame, until: number | undefined): boolean =>
  until !== undefined && (seq > until || (seq === until && kind === 'keyframe'));

/**
 * Walks on from a place. Answers the number of the line that would have come next, and whether the recording's end was reached. Throws what the store
 * throws.
 */
export async function walkLines(
  parts: WalkParts,
  from: Place,
  walker: Walker,
): Promise<{ readonly next: number; readonly end: boolean }> {
  const { index, turns } = parts;
  let terminal: Terminal | undefined;
  let filter = openFilter();
  let next = from.line;
  let entering = true;
  let far = false;
  let mine = false;
  const gone = (leaving: LeavingLine): void => {
    if (entering || far) return;
    far = !walker.line(next, leaving);
    next += 1;
  };
  const feed = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length && !far; at += pieceBytes) {
      if (!mine) await turns.take();
      mine = true;
      for (const part of filter.feed(bytes.subarray(at, at + pieceBytes)))
        if (part.kind === 'bytes' && !far) terminal?.feed(part.bytes);
      if (!turns.over()) continue;
      turns.give();
      mine = false;
      far ||= walker.stop?.() === true;
    }
  };
  try {
    for await (const frame of parts.casts.read(parts.recording, parts.key, from.seq)) {
      if (terminal !== undefined && isPast(frame, walker.until)) return { next, end: false };
      if (frame.kind === 'keyframe') {
        const keyframe = decodeKeyframe(frame.bytes);
        if (terminal === undefined && keyframe !== undefined) {
          // The nearest keyframe that is on disk may be an older one.
          const place = index.at(frame.seq);
          if (place.seq < frame.seq) return await walkLines(parts, place, walker);
          next = place.line;
          entering = true;
          terminal = openTerminal({ ...keyframe.size, scrolledOff: gone });
          terminal.feed(keyframe.painted);
          filter = openFilter();
          entering = false;
        } else index.add({ seq: frame.seq, line: next });
      } else if (frame.kind === 'output') await feed(frame.bytes);
      else if (frame.kind === 'resize') {
        const size = decodeSize(frame.bytes);
        if (size !== undefined) terminal?.resize(size.cols, size.rows);
      }
      if (far) return { next, end: false };
    }
    return { next, end: true };
  } finally {
    if (mine) turns.give();
    terminal?.dispose();
  }
}
