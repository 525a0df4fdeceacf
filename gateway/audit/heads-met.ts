// Signed heads, held against the log as it goes by: each names a size, and at that size the last hash, the root of the tree and the epoch are
// what it says, or they are not. Pure.
import * as v from 'valibot';
import { type StoredHead, storedHead } from '../protocol/trail-nouns.ts';
import { headIsSigned } from './head.ts';
import { type Peaks, rootOf } from './tree.ts';

/** A head, and where it comes from: the name of a file, as people know it. `outside` = not from beside the log. */
export type GivenHead = { readonly head: StoredHead; readonly from: string; readonly outside: boolean };

/** The heads in a file: one a line, or one alone. Gives the number of the first line that is none. */
export function headsIn(content: string, from: string, outside: boolean): readonly GivenHead[] | number {
  const heads: GivenHead[] = [];
  for (const [i, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    const one = headIn(line);
    if (one === undefined) {
      // A file that a person has laid out over several lines.
      const whole = heads.length === 0 ? headIn(content) : undefined;
      return whole === undefined ? i + 1 : [{ head: whole, from, outside }];
    }
    heads.push({ head: one, from, outside });
  }
  return heads;
}

function headIn(json: string): StoredHead | undefined {
  try {
    const parsed = v.safeParse(storedHead, JSON.parse(json));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** The log at one size. `key` undefined = the key of its epoch is not known here. */
export type LogAt = {
  readonly chain: string;
  readonly hash: string;
  readonly epoch: number;
  readonly key: string | undefined;
  /** Undefined where the records were purged. */
  readonly peaks: Peaks | undefined;
};

/** Why a head is not of the log at its size (A13), or undefined if it is. `hash` of a purged record is not known: ''. */
export function headProblem({ head: said, from }: GivenHead, at: LogAt): string | undefined {
  if (said.chain !== at.chain) return `the signed head (${from}) is of another chain`;
  const epoch = 'epoch' in said ? said.epoch : 0;
  if (at.key !== undefined && !headIsSigned(said, at.key))
    return `the head (${from}) is not signed with the key of epoch ${at.epoch}, in which its last record was written`;
  if (epoch !== at.epoch)
    return `the signed head (${from}) says epoch ${epoch}, its last record was written in epoch ${at.epoch}`;
  if (at.hash !== '' && said.hash !== at.hash) return `it is not the record that the signed head (${from}) names`;
  if (at.peaks !== undefined && 'root' in said && said.root !== Buffer.from(rootOf(at.peaks)).toString('hex'))
    return `the records up to it are not those that the signed head (${from}) names`;
  return undefined;
}

/** Heads in the order of their sizes. */
export class HeadsMet {
  /** Heads that fitted, and those of them from outside. */
  met = 0;
  outside = 0;
  /** Heads of a size at which the log is purged: their signature was checked, their tree can not be. */
  unproven = 0;
  /** Size of the largest that fitted. */
  signed = 0;
  readonly #heads: readonly GivenHead[];
  #next = 0;

  constructor(heads: readonly GivenHead[]) {
    this.#heads = heads.toSorted((a, b) => a.head.size - b.head.size);
  }

  /** The size that the next head names. */
  get size(): number | undefined {
    return this.#heads[this.#next]?.head.size;
  }

  get first(): GivenHead | undefined {
    return this.#heads[this.#next];
  }

  /** Holds every head of the next size against the log. */
  meet(at: LogAt): string | undefined {
    const { size } = this;
    for (let given = this.#heads[this.#next]; given !== undefined && given.head.size === size; given = this.#heads[this.#next]) {
      const wrong = headProblem(given, at);
      if (wrong !== undefined) return wrong;
      this.#next += 1;
      this.met += 1;
      if (given.outside) this.outside += 1;
      if (at.hash === '') this.unproven += 1;
      else this.signed = given.head.size;
    }
    return undefined;
  }
}
