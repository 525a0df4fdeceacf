// What the files of a log are called: segments by the seq of their first record and its day, and what stands beside each under the same name. Pure.

/** `first` = seq of its first record; `day` = that of the UTC clock when it began. */
export type Segment = { readonly name: string; readonly first: number; readonly day: string };
type Named = Pick<Segment, 'name'>;

const ending = '.jsonl';
const manifestEnding = '.manifest.json';
const pattern = /^(\d{16})-(\d{4}-\d{2}-\d{2})\.jsonl$/;

export const segmentName = (first: number, day: string): string => `${String(first).padStart(16, '0')}-${day}${ending}`;

/** The segment of this name; undefined when it is none. */
export function segmentOf(name: string): Segment | undefined {
  const match = pattern.exec(name);
  return match === null ? undefined : { name, first: Number(match[1]), day: match[2] ?? '' };
}

/** What a segment is called without its ending: what stands beside it begins so. */
export const stemOf = ({ name }: Named): string => name.slice(0, -ending.length);

export const manifestNameOf = (segment: Named): string => `${stemOf(segment)}${manifestEnding}`;
export const indexNameOf = (segment: Named): string => `${stemOf(segment)}.idx`;

/** The segment that a manifest of this name is of, there or not; undefined when it is no manifest. */
export const segmentOfManifest = (name: string): Segment | undefined =>
  name.endsWith(manifestEnding) ? segmentOf(`${name.slice(0, -manifestEnding.length)}${ending}`) : undefined;
