// What the keeping of the log asks of the disk: closed segments, their manifests, purging them, and taking personal parts out of them. Types only;
// outside/kept.ts does it.
import type { PersonId } from '../protocol/ids.ts';
import type { Manifest } from '../protocol/trail-nouns.ts';

/** What is to be erased: the personal parts of these records, and these files beside the log. Names nobody but by id. */
export type Erasure = {
  readonly person: PersonId;
  /** The newest record when it was planned: `person.erased` follows. */
  readonly after: number;
  readonly seqs: readonly number[];
  readonly files: readonly string[];
};

export interface Kept {
  /** Manifests of the closed segments that are there, oldest first; made where one is missing. Rejects when a manifest cannot be read. */
  segments(): Promise<readonly Manifest[]>;
  /** Why a manifest is not that of its segment, signed by this gateway; undefined when it is. Rejects when the segment cannot be read. */
  problem(manifest: Manifest): Promise<string | undefined>;
  /** After their tombstones: the files of all segments that end at or before this record go. Durable when it resolves. */
  purge(upTo: number): Promise<void>;
  /** Closes the open segment; gives the seq that the next one begins with. */
  rotate(): Promise<number>;
  /** Files beside the log that hold one of these words: what was torn off its end. */
  tornWith(words: readonly string[]): Promise<readonly string[]>;
  /** Before `person.erased` is committed: durable, so that a start finishes what this process does not. */
  plan(erasure: Erasure): Promise<void>;
  /** It was not committed after all. */
  callOff(): Promise<void>;
  /** After `person.erased`: out of the segments, the saved state and what is held in memory. Durable when it resolves. */
  erase(erasure: Erasure): Promise<void>;
}
