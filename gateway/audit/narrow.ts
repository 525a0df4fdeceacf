// Which records of a part of the log may fit a query, by what an index keeps of them. Pure. It may let through what does not fit, never keep out what does:
// whoever asks looks at each record itself.
import { type ColumnName, isColumn, isPlain, partOf, unknown } from './columns.ts';
import type { QueryNode, Question, Range } from './query-fields.ts';
import type { Turns } from './slices.ts';
import type { State } from './state.ts';

/** A column: its words, and for each record the number of one; without codes every record has the first word. Codes may not have been read yet. */
export type Column = { readonly words: readonly string[]; readonly codes: Uint16Array | Uint32Array | 'unread' | undefined };

/** A run of records of the log, as an index has it. */
export type Columns = {
  readonly first: number;
  readonly count: number;
  /** The earliest and the latest of them, ms. */
  readonly span: Range;
  /** When each was; absent when it was not asked for ({@link partsAsked}). */
  readonly at: Float64Array | undefined;
  readonly column: (name: ColumnName) => Column | undefined;
};

/** Nobody of it fits, it is not known who does, all fit; or the same for each record. */
const no = 0;
const maybe = 1;
const yes = 2;
type Verdict = 0 | 1 | 2 | Uint8Array;

/** What a query asks of an index: when, and the columns it needs; of a column, the only words that matter, where it asks for nothing but these. */
export type PartsAsked = {
  readonly at: readonly Range[];
  readonly columns: ReadonlyMap<ColumnName, ReadonlySet<string> | 'all'>;
};

export function partsAsked(node: QueryNode): PartsAsked {
  const columns = new Map<ColumnName, Set<string> | 'all'>();
  const at: Range[] = [];
  const look = (one: QueryNode): void => {
    if ('all' in one) one.all.forEach(look);
    else if ('any' in one) one.any.forEach(look);
    else if ('not' in one) look(one.not);
    else if ('from' in one) {
      if (one.about === 'at') at.push(one);
    } else if (isColumn(one.about)) {
      const known = columns.get(one.about);
      if (one.only === undefined || known === 'all') columns.set(one.about, 'all');
      else columns.set(one.about, (known ?? new Set()).add(one.only));
    }
  };
  look(node);
  return { at, columns };
}

/** Answers of a query about words, kept from one run of records to the next, up to so many: of a column whose words never come again nothing is gained. */
export class Answers {
  readonly #of = new Map<Question, Map<string, 0 | 1 | 2>>();
  #kept = 0;

  /** What is known of a question, by word. */
  of(question: Question): ReadonlyMap<string, 0 | 1 | 2> | undefined {
    return this.#of.get(question);
  }
  keep(question: Question, word: string, is: 0 | 1 | 2): void {
    if (this.#kept >= mostKept) return;
    this.#kept += 1;
    const known = this.#of.get(question);
    if (known === undefined) this.#of.set(question, new Map([[word, is]]));
    else known.set(word, is);
  }
}
const mostKept = 200_000;
/** Words asked about for one run of records; what is not asked stays `maybe`. Many values, each of a column with many words, cost more than reading the records. */
const mostAsked = 200_000;
/** So many words are asked about, and one column of answers made, before others may have their turn. */
const wordsAtOnce = 512;

type Asking = {
  readonly columns: Columns;
  readonly state: State;
  readonly answers: Answers;
  readonly turns: Turns;
  left: number;
};

/** Whether record `first + i` may fit, for each i; a number when it is the same for all. 0 = certainly not. */
export const narrowed = (node: QueryNode, columns: Columns, state: State, answers: Answers, turns: Turns): Promise<Verdict> =>
  verdictOn(node, { columns, state, answers, turns, left: mostAsked });

async function verdictOn(node: QueryNode, asking: Asking): Promise<Verdict> {
  const turn = asking.turns();
  if (turn !== undefined) await turn;
  if ('all' in node) {
    let sum: Verdict = yes;
    for (const one of node.all) if (sum !== no) sum = least(sum, await verdictOn(one, asking));
    return sum;
  }
  if ('any' in node) {
    let sum: Verdict = no;
    for (const one of node.any) if (sum !== yes) sum = most(sum, await verdictOn(one, asking));
    return sum;
  }
  if ('not' in node) return opposite(await verdictOn(node.not, asking));
  if ('from' in node) return node.about === 'at' ? byTime(node, asking.columns) : bySeq(node, asking.columns);
  if (!isColumn(node.about)) return maybe;
  const column = asking.columns.column(node.about);
  return column === undefined ? maybe : byWord(node, column, asking);
}

async function byWord(question: Exclude<Question, Range>, column: Column, asking: Asking): Promise<Verdict> {
  const { words, codes } = column;
  const verdicts = new Uint8Array(words.length);
  let lowest: number = yes;
  let highest: number = no;
  // One word alone answers it: words of these columns are in lower case, as it is.
  const only = 'only' in question && isColumn(question.about) && isPlain(question.about) ? question.only : undefined;
  const known = asking.answers.of(question);
  for (const [i, word] of words.entries()) {
    const verdict =
      only === undefined
        ? (known?.get(word) ?? wordFits(question, word, asking))
        : word === only
          ? yes
          : word === unknown
            ? maybe
            : no;
    verdicts[i] = verdict;
    if (verdict < lowest) lowest = verdict;
    if (verdict > highest) highest = verdict;
    const turn = i % wordsAtOnce === wordsAtOnce - 1 ? asking.turns() : undefined;
    if (turn !== undefined) await turn;
  }
  if (lowest === highest || codes === undefined) return constant(verdicts[0] ?? no);
  if (codes === 'unread') return maybe;
  const each = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i += 1) each[i] = verdicts[codes[i] ?? 0] ?? maybe;
  return each;
}

function wordFits(question: Exclude<Question, Range>, word: string, asking: Asking): 0 | 1 | 2 {
  const { answers, state } = asking;
  const known = answers.of(question)?.get(word);
  if (known !== undefined) return known;
  if (asking.left <= 0) return maybe;
  asking.left -= 1;
  const is = answer(question, word, state);
  answers.keep(question, word, is);
  return is;
}

const constant = (verdict: number): 0 | 1 | 2 => (verdict === yes ? yes : verdict === no ? no : maybe);

function answer(question: Exclude<Question, Range>, word: string, state: State): 0 | 1 | 2 {
  const sure = <Part extends object | string | undefined>(
    fits: (part: Part) => boolean,
    part: Part | { readonly unknown: true },
  ): 0 | 1 | 2 => (typeof part === 'object' && part !== null && 'unknown' in part ? maybe : fits(part) ? yes : no);
  switch (question.about) {
    case 'kind':
      return sure(question.fits, partOf('kind', word, state));
    case 'actor':
      return sure(question.fits, partOf('actor', word, state));
    case 'target':
      return sure(question.fits, partOf('target', word, state));
    case 'session':
    case 'address':
    case 'dataServer':
    case 'dataSession':
    case 'dataPerson':
    case 'dataAction':
      return sure(question.fits, partOf(question.about, word, state));
    case 'row':
      return maybe;
    default:
      return question satisfies never;
  }
}

function byTime({ from, to }: Range, { span, at, count }: Columns): Verdict {
  if (span.to < from || span.from > to) return no;
  if (span.from >= from && span.to <= to) return yes;
  if (at === undefined) return maybe;
  const each = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) each[i] = (at[i] ?? 0) >= from && (at[i] ?? 0) <= to ? yes : no;
  return each;
}

function bySeq({ from, to }: Range, { first, count }: Columns): Verdict {
  if (first > to || first + count - 1 < from) return no;
  if (first >= from && first + count - 1 <= to) return yes;
  const each = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) each[i] = first + i >= from && first + i <= to ? yes : no;
  return each;
}

function least(a: Verdict, b: Verdict): Verdict {
  if (a === no || b === no) return no;
  if (a === yes) return b;
  if (b === yes) return a;
  if (typeof a === 'number') return b === maybe ? maybe : least(b, a);
  const each = new Uint8Array(a.length);
  for (let i = 0; i < a.length; i += 1) each[i] = Math.min(a[i] ?? no, typeof b === 'number' ? b : (b[i] ?? no));
  return each;
}

function most(a: Verdict, b: Verdict): Verdict {
  if (a === yes || b === yes) return yes;
  if (a === no) return b;
  if (b === no) return a;
  if (typeof a === 'number') return b === maybe ? maybe : most(b, a);
  const each = new Uint8Array(a.length);
  for (let i = 0; i < a.length; i += 1) each[i] = Math.max(a[i] ?? no, typeof b === 'number' ? b : (b[i] ?? no));
  return each;
}

function opposite(verdict: Verdict): Verdict {
  if (typeof verdict === 'number') return constant(yes - verdict);
  const each = new Uint8Array(verdict.length);
  for (let i = 0; i < verdict.length; i += 1) each[i] = yes - (verdict[i] ?? yes);
  return each;
}
