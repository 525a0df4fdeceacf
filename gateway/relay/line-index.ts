// Where the lines of a session's history are in its recording: at this keyframe (output position), so many lines had left the top of the screen. Pure,
// bounded: of too many places those that stand too near to each other are forgotten, so that walks grow longer, all alike, and memory does not.

/** `line` = number of the first line that leaves after that position. */
export type Place = { readonly seq: number; readonly line: number };

/** At a keyframe every 256 kB or 10 s: a gigabyte, or half a day. */
export const mostPlaces = 4096;

const start: Place = { seq: 0, line: 0 };

export type LineIndex = {
  /** A keyframe. Known ones change nothing. */
  add(place: Place): void;
  /** The nearest known place from which that line is still to come; the start where none is. */
  before(line: number): Place;
  /** The newest place at or before an output position. */
  at(seq: number): Place;
  readonly size: number;
};

export function openLineIndex(most: number = mostPlaces): LineIndex {
  let places: Place[] = [start];
  /** Least output between two places. */
  let apart = 1;

  /** How many of the places, which are in order, are so. */
  const countWhile = (is: (place: Place) => boolean): number => {
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const place = places[middle];
      if (place !== undefined && is(place)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    add(place) {
      const at = countWhile(({ seq }) => seq < place.seq);
      const before = places[at - 1];
      const after = places[at];
      if (before !== undefined && place.seq - before.seq < apart) return;
      if (after !== undefined && after.seq - place.seq < apart) return;
      places.splice(at, 0, place);
      if (places.length <= most) return;
      apart = Math.ceil((2 * (places.at(-1)?.seq ?? 0)) / most);
      let kept = Number.NEGATIVE_INFINITY;
      places = places.filter(({ seq }) => {
        if (seq - kept < apart) return false;
        kept = seq;
        return true;
      });
    },
    before: (line) => places[countWhile((place) => place.line <= line) - 1] ?? start,
    at: (seq) => places[countWhile((place) => place.seq <= seq) - 1] ?? start,
    get size() {
      return places.length;
    },
  };
}
