// Hyperlinks (OSC 8) by number, for one terminal. The library's own table keeps a marker and three listeners for every link ever opened.

/** Links on one terminal; when that many are in use, a new one is not remembered and its text is plain. */
const MAX_LINKS = 4096;
const MAX_LINK = 2083;
/** When all are in use, looking again which are is too dear to be done for each link refused. */
const REFUSALS = 1000;

export class LinkTable {
  readonly #texts = new Map<number, string>();
  readonly #ids = new Map<string, number>();
  #next = 1;
  #refused = 0;

  /** The payload of OSC 8 (`params;uri`), or empty. */
  text(id: number): string {
    return this.#texts.get(id) ?? '';
  }

  /** A number for this payload, 0 where there is no room for it. `inUse` is asked only when the table is full. */
  idOf(text: string, inUse: () => ReadonlySet<number>): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (text.length > MAX_LINK || /[^\x21-\x7e]/.test(text)) return 0;
    if (this.#ids.size >= MAX_LINKS && this.#refused++ % REFUSALS === 0) this.#keepOnly(inUse());
    if (this.#ids.size >= MAX_LINKS) return 0;
    this.#refused = 0;
    const id = this.#next++;
    this.#ids.set(text, id);
    this.#texts.set(id, text);
    return id;
  }

  clear(): void {
    this.#ids.clear();
    this.#texts.clear();
  }

  #keepOnly(used: ReadonlySet<number>): void {
    for (const [text, id] of this.#ids)
      if (!used.has(id)) {
        this.#ids.delete(text);
        this.#texts.delete(id);
      }
  }
}
