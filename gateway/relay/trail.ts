// The newest filtered output of a session, by position: what a driver who comes back within a moment has missed (D6: nothing lost, nothing
// twice). Pure. Bounded; who is further behind gets a fresh paint.

export type TrailRun = { readonly seq: number; readonly span: number; readonly bytes: Uint8Array };

export const trailBytes = 256 * 1024;

export type Trail = {
  /** Output of `span` raw bytes from `seq` on became these filtered bytes. Runs follow each other without a gap. */
  add(run: TrailRun): void;
  /** What follows the picture as of position `seq`; undefined when that is not known any more, or never stood on a screen. */
  since(seq: number): readonly TrailRun[] | undefined;
  /** The screen changed otherwise (a resize): what was shown before leads nowhere. */
  clear(): void;
};

export function openTrail(most: number = trailBytes): Trail {
  let runs: TrailRun[] = [];
  let held = 0;
  return {
    add(run) {
      runs.push(run);
      held += run.bytes.length + 64;
      let gone = 0;
      for (const old of runs) {
        if (held <= most) break;
        held -= old.bytes.length + 64;
        gone += 1;
      }
      if (gone > 0) runs = runs.slice(gone);
    },
    since(seq) {
      // A client that shows half a paint says 0: that is no picture.
      if (seq === 0) return undefined;
      const last = runs.at(-1);
      if (last === undefined) return undefined;
      if (last.seq + last.span === seq) return [];
      const from = runs.findIndex((run) => run.seq === seq);
      return from < 0 ? undefined : runs.slice(from);
    },
    clear() {
      runs = [];
      held = 0;
    },
  };
}
