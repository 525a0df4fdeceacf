// The keeping of the log on disk (audit/kept.ts): one piece of it after another, none of it in the way of a commit.
import type { Kept } from '../audit/kept.ts';
import type { Journal } from '../ports.ts';
import type { Manifest } from '../protocol/trail-nouns.ts';
import { causeOf } from './disk.ts';
import { applyErasure, readPlan, removePlan, tornWith, writePlan } from './erasing.ts';
import { type ManifestOptions, manifestProblem, manifestsOf } from './manifests.ts';

export type KeptOptions = ManifestOptions & {
  readonly journal: Journal;
  /** state.json; the generation before it stands beside it. */
  readonly state: string;
  readonly log: {
    /** Lets go of what it holds in memory of events; reads them from the journal from now on. */
    forget(): void;
    /** Writes a checkpoint of the state as it is now; durable, and without what was erased. */
    writeCheckpoint(): Promise<void>;
  };
  /** Segments were written anew or removed: what was made from them is no longer right. */
  readonly onRewritten?: () => void;
  readonly onTrouble: (cause: string) => void;
};

export interface OpenedKept extends Kept {
  /** A segment was closed: its manifest is made when nothing else is under way. */
  closed(): void;
  /** Resolves when nothing is under way. */
  close(): Promise<void>;
}

/**
 * Finishes what a killed process began (an erasure, files of purged segments) and makes the manifests that are missing. `purged`: the newest record that
 * the log says was purged. Rejects when the disk fails.
 */
export async function openKept(options: KeptOptions, purged: number | undefined): Promise<OpenedKept> {
  const kept = new FolderKept(options);
  if (purged !== undefined) await kept.purge(purged);
  const first = await options.journal.first();
  if (first > (purged ?? -1) + 1)
    options.onTrouble(
      `records ${(purged ?? -1) + 1} to ${first - 1} are gone, and no record says that they were purged: sallyport-gateway verify`,
    );
  const plan = await readPlan(options.disk, options.folder);
  if (plan !== undefined) await kept.erase(plan);
  kept.closed();
  return kept;
}

class FolderKept implements OpenedKept {
  readonly #options: KeptOptions;
  #under: Promise<unknown> = Promise.resolve();
  #closing = false;
  #asked = false;

  constructor(options: KeptOptions) {
    this.#options = options;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#under.then(work);
    this.#under = done.catch(() => undefined);
    return done;
  }

  closed(): void {
    if (this.#closing || this.#asked) return;
    this.#asked = true;
    this.#inTurn(() => {
      this.#asked = false;
      return this.#closing ? Promise.resolve([]) : manifestsOf(this.#options);
    }).catch((error: unknown) => this.#options.onTrouble(`a manifest was not made: ${causeOf(error)}`));
  }

  segments = (): ReturnType<Kept['segments']> => this.#inTurn(() => manifestsOf(this.#options));
  problem = (manifest: Manifest): Promise<string | undefined> => this.#inTurn(() => manifestProblem(this.#options, manifest));
  rotate = (): Promise<number> => this.#options.journal.rotate();
  tornWith = (words: readonly string[]): Promise<readonly string[]> => tornWith(this.#options.disk, this.#options.folder, words);

  purge(upTo: number): Promise<void> {
    return this.#inTurn(async () => {
      const { journal, log } = this.#options;
      // The saved state must not begin before what is there.
      if ((await journal.first()) <= upTo) await log.writeCheckpoint();
      await journal.purge(upTo);
      this.#options.onRewritten?.();
    });
  }

  plan: Kept['plan'] = (erasure) =>
    this.#inTurn(() => writePlan(this.#options.disk, this.#options.chance, this.#options.folder, erasure));
  callOff = (): Promise<void> => this.#inTurn(() => removePlan(this.#options.disk, this.#options.folder));

  erase: Kept['erase'] = (erasure) =>
    this.#inTurn(async () => {
      const { disk, folder, log, state } = this.#options;
      await applyErasure(disk, folder, erasure);
      log.forget();
      await log.writeCheckpoint();
      const beside = state.slice(0, state.lastIndexOf('/'));
      if ((await disk.list(beside)).includes(`${state.slice(beside.length + 1)}.previous`)) {
        await disk.remove(`${state}.previous`);
        await disk.syncFolder(beside);
      }
      this.#options.onRewritten?.();
      // Last: until here a start does all of it again.
      await removePlan(disk, folder);
    });

  async close(): Promise<void> {
    this.#closing = true;
    await this.#under;
  }
}
