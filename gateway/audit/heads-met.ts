// Signed heads, held against the log as it goes by: each names a size, and at that size the last hash, the root of the tree and the epoch are
// what it says, or they are not. Pure.
//
// An anchor takes a head a minute, half a million a year; so a file of them is read in pieces, and each is packed into some 160 bytes.
import * as v from 'valibot';
import { type StoredHead, storedHead } from '../protocol/trail-nouns.ts';
import { headIsSigned } from './head.ts';
import type { LogLine } from './log-files.ts';
import { type Peaks, rootOf } from './tree.ts';

/** A head, and where it comes from: the name of a file, as people know it. `outside` = not from beside the log. */
export type GivenHead = { readonly head: StoredHead; readonly from: string; readonly outside: boolean };

function headIn(json: string): StoredHead | undefined {
  try {
    const parsed = v.safeParse(storedHead, JSON.parse(json));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** The heads of one file, in the order of their sizes. */
export class HeadFile {
  readonly from: string;
  readonly outside: boolean;
  #sizes: number[] = [];
  #packed: string[] = [];
  #inOrder = true;
  #chain = '';

  constructor(from: string, outside: boolean, heads: Iterable<StoredHead> = []) {
    this.from = from;
    this.outside = outside;
    for (const head of heads) this.add(head);
  }

  get count(): number {
    return this.#sizes.length;
  }

  add(head: StoredHead): void {
    if (this.count === 0) this.#chain = head.chain;
    this.#inOrder &&= head.size >= (this.#sizes.at(-1) ?? 0);
    this.#sizes.push(head.size);
    this.#packed.push(pack(head, this.#chain));
  }

  /** Size of the n-th. */
  size(n: number): number | undefined {
    if (!this.#inOrder) this.#sort();
    return this.#sizes[n];
  }

  head(n: number): StoredHead {
    if (!this.#inOrder) this.#sort();
    return unpack(this.#packed[n] ?? '', this.#chain);
  }

  #sort(): void {
    const sizes = this.#sizes;
    const packed = this.#packed;
    const order = sizes.map((_, n) => n).sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
    this.#sizes = order.map((n) => sizes[n] ?? 0);
    this.#packed = order.map((n) => packed[n] ?? '');
    this.#inOrder = true;
  }
}

/** Root, hash and signature as they are, then the numbers; an old head, or one of another chain than the first of its file, as it came. */
function pack(head: StoredHead, chain: string): string {
  if (!('root' in head) || head.chain !== chain) return JSON.stringify(head);
  const { root, hash, signature, size, epoch, ts } = head;
  const numbers = Buffer.from(`${size},${epoch},${ts}`);
  const bytes = [Buffer.from(root, 'hex'), Buffer.from(hash, 'hex'), Buffer.from(signature, 'base64url'), numbers];
  // Made in one piece: a text put together from others keeps them all.
  return Buffer.concat([Buffer.from(':'), ...bytes]).toString('latin1');
}
function unpack(packed: string, chain: string): StoredHead {
  if (!packed.startsWith(':')) return v.parse(storedHead, JSON.parse(packed));
  const bytes = Buffer.from(packed, 'latin1');
  const [size = 0, epoch = 0, ts = 0] = packed.slice(129).split(',').map(Number);
  return {
    chain,
    size,
    root: bytes.toString('hex', 1, 33),
    hash: bytes.toString('hex', 33, 65),
    epoch,
    ts,
    signature: bytes.toString('base64url', 65, 129),
  };
}

/** Longest file that is taken for one head, laid out by a person over several lines. */
const mostLaidOut = 4096;

/** The heads in a file: one a line, or one alone. Gives the number of the first line that is none. */
export async function readHeads(
  batches: AsyncIterable<readonly LogLine[]>,
  from: string,
  outside: boolean,
): Promise<HeadFile | number> {
  const file = new HeadFile(from, outside);
  let line = 0;
  let laidOut: string | undefined;
  for await (const lines of batches)
    for (const { bytes: given } of lines) {
      line += 1;
      const said = typeof given === 'string' ? given : Buffer.from(given).toString();
      if (laidOut !== undefined) {
        laidOut += said;
        if (laidOut.length > mostLaidOut) return 1;
        continue;
      }
      if (said.trim() === '') continue;
      const head = headIn(said);
      if (head !== undefined) file.add(head);
      else if (line === 1) laidOut = said;
      else return line;
    }
  const only = laidOut === undefined ? undefined : headIn(laidOut);
  if (only !== undefined) file.add(only);
  return laidOut !== undefined && only === undefined ? 1 : file;
}

/** The same, of a small file that is at hand. */
export async function headsIn(content: string, from: string, outside: boolean): Promise<HeadFile | number> {
  return readHeads(batchesOf(content), from, outside);
}
async function* batchesOf(content: string): AsyncGenerator<readonly LogLine[]> {
  yield content.split('\n').map((line) => ({ bytes: line, complete: true }));
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

/** All heads that are given, in the order of their sizes. */
export class HeadsMet {
  /** Heads that fitted, and those of them from outside. */
  met = 0;
  outside = 0;
  /** Heads of a size at which the log is purged: their signature was checked, their tree can not be. */
  unproven = 0;
  /** Size of the largest that fitted. */
  signed = 0;
  /** The size that the next head names. */
  size: number | undefined;
  readonly #files: { readonly file: HeadFile; next: number }[];

  constructor(files: readonly HeadFile[]) {
    this.#files = files.map((file) => ({ file, next: 0 }));
    this.#seek();
  }

  #seek(): void {
    this.size = undefined;
    for (const { file, next } of this.#files) {
      const size = file.size(next);
      if (size !== undefined && (this.size === undefined || size < this.size)) this.size = size;
    }
  }

  /** The next head. */
  get first(): GivenHead | undefined {
    const at = this.#files.find(({ file, next }) => this.size !== undefined && file.size(next) === this.size);
    return at === undefined ? undefined : { head: at.file.head(at.next), from: at.file.from, outside: at.file.outside };
  }

  /** Holds every head of the next size against the log. */
  meet(at: LogAt): string | undefined {
    const { size } = this;
    for (const each of this.#files)
      for (; size !== undefined && each.file.size(each.next) === size; each.next += 1) {
        const { from, outside } = each.file;
        const wrong = headProblem({ head: each.file.head(each.next), from, outside }, at);
        if (wrong !== undefined) return wrong;
        this.met += 1;
        if (outside) this.outside += 1;
        if (at.hash === '') this.unproven += 1;
        else this.signed = size;
      }
    this.#seek();
    return undefined;
  }
}
