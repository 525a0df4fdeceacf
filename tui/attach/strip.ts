// One line of ours as pieces of text with a look, and how it is brought to a width: by saying less, never by cutting a word. Pure.
import { cellWidth, safeLabel } from '../../gateway/protocol/cell-width.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';

/** bold: what matters · cursor: where one types · { who }: a participant's name, by their ordinal. */
export type PieceLook = 'bold' | 'cursor' | { readonly who: number };
/** Text is foreign; it is made safe where it is measured or drawn (X1). */
export type Piece = { readonly text: string; readonly look?: PieceLook };
export type Strip = readonly Piece[];
/** What a person reads: plain words, or pieces. */
export type Words = string | Strip;

export const stripOf = (words: Words): Strip => (typeof words === 'string' ? [{ text: words }] : words);
export const wordsText = (words: Words): string =>
  stripOf(words)
    .map(({ text }) => safeText(text))
    .join('');
export const stripWidth = (words: Words): number => stripOf(words).reduce((sum, { text }) => sum + cellWidth(safeText(text)), 0);

/** Pieces of several sayings with something between them. */
export function joined(all: readonly Words[], between: string): Strip {
  return all.flatMap((words, at) => (at === 0 ? stripOf(words) : [{ text: between }, ...stripOf(words)]));
}

/** One thing to say. `ways`: longest first; `rank`: what is dropped last has the lowest; `side`: where it stands. */
export type Saying = { readonly rank: number; readonly ways: readonly Words[]; readonly side?: 'right' };

const between = ' · ';

/** Up to this rank a thing is said at all before another is said at length. */
const essential = 5;

/**
 * The row that says the most of it in `cols` cells. What is essential comes first, as short as it goes, then at length, the most important first; then
 * the rest, as long as there is room. What is said last stands at the right edge. Only where even the most important has no room is it cut.
 */
export function fitRow(sayings: readonly Saying[], cols: number): Strip {
  const chosen: (number | undefined)[] = sayings.map(() => undefined);
  const bestFirst = sayings
    .map(({ rank, ways }, at) => ({ at, rank, last: ways.length - 1 }))
    .toSorted((a, b) => a.rank - b.rank);
  /** The first of these ways that fits; otherwise it stays as it was. */
  const choose = (at: number, from: number, to: number): void => {
    const before = chosen[at];
    for (let way = from; way <= to; way += 1) {
      chosen[at] = way;
      if (stripWidth(laid(sayings, chosen, cols)) <= cols) return;
    }
    chosen[at] = before;
  };
  for (const { at, rank, last } of bestFirst)
    if (rank === 0) chosen[at] = last;
    else if (rank <= essential) choose(at, last, last);
  for (const { at, rank } of bestFirst) if (rank <= essential && chosen[at] !== undefined) choose(at, 0, chosen[at]);
  for (const { at, rank, last } of bestFirst) if (rank > essential) choose(at, 0, last);
  return cutStrip(laid(sayings, chosen, cols), cols);
}

function laid(sayings: readonly Saying[], chosen: readonly (number | undefined)[], cols: number): Strip {
  const said = (side: Saying['side']): Strip => {
    const all = sayings.flatMap((saying, at) => {
      const way = chosen[at];
      const words = way === undefined ? undefined : saying.ways[way];
      return saying.side !== side || words === undefined ? [] : [words];
    });
    return joined(all, between);
  };
  const left = said(undefined);
  const right = said('right');
  if (right.length === 0) return [{ text: ' ' }, ...left];
  if (left.length === 0) return [{ text: ' ' }, ...right];
  const gap = cols - 2 - stripWidth(left) - stripWidth(right);
  return [{ text: ' ' }, ...left, { text: ' '.repeat(Math.max(3, gap)) }, ...right, { text: ' ' }];
}

/** The pieces that fit, the last one cut with an ellipsis. All of it safe. */
export function cutStrip(words: Words, cols: number): Strip {
  const out: Piece[] = [];
  let room = cols;
  const all = stripOf(words);
  for (const [at, piece] of all.entries()) {
    const width = cellWidth(safeText(piece.text));
    const rest = stripWidth(all.slice(at + 1));
    // The last cell is for the ellipsis, unless nothing more comes.
    const text = width < room || (width === room && rest === 0) ? safeText(piece.text) : safeLabel(`${piece.text}\u2026`, room);
    out.push({ ...piece, text });
    room -= cellWidth(text);
    if (width >= room + cellWidth(text)) break;
  }
  return out;
}

/** Behind these a line is broken rather than behind any word. */
const clauseEnds = /[:·.?]$/;

/**
 * Lines of at most `cols` cells, broken between words, behind a clause where one ends in the second half of the line; a word that has no line of its own
 * is cut. At most `most` lines, the last one cut.
 */
export function wrapped(words: Words, cols: number, most: number): readonly Strip[] {
  if (stripWidth(words) <= cols || cols < 12) return [cutStrip(words, cols)];
  let tokens = tokensOf(words);
  const lines: Strip[] = [];
  while (tokens.length > 0) {
    if (lines.length === most - 1 || stripWidth(tokens) <= cols) return [...lines, cutStrip(tokens, cols)];
    const count = Math.max(1, breakAt(tokens, cols));
    lines.push(cutStrip(tokens.slice(0, count), cols));
    tokens = tokens.slice(count);
    while (tokens[0]?.look === undefined && /^\s+$/.test(tokens[0]?.text ?? '')) tokens = tokens.slice(1);
  }
  return lines;
}

/** How many tokens stand in the first line. */
function breakAt(tokens: Strip, cols: number): number {
  let width = 0;
  let clause = 0;
  for (const [at, { text }] of tokens.entries()) {
    width += cellWidth(text);
    if (width > cols) return clause > 0 ? clause : at;
    if (width >= cols / 2 && clauseEnds.test(text)) clause = at + 1;
  }
  return tokens.length;
}

/** Words and the spaces between them; what has a look of its own stays whole. */
function tokensOf(words: Words): Strip {
  return stripOf(words).flatMap(({ text, look }): Strip => {
    const safe = safeText(text);
    if (look !== undefined && look !== 'bold') return [{ text: safe, look }];
    const parts = safe.match(/\s+|\S+/g) ?? [];
    return parts.map((part) => (look === undefined ? { text: part } : { text: part, look }));
  });
}
