// What stands outside the gateway and keeps its heads (S75, TRUST §5): what is asked of it, and what follows from what it holds. The adapters are
// outside/anchor-*.ts; handlers/anchoring.ts drives them. Pure.
import type { Result } from '../protocol/errors.ts';
import type { AnchorRow, Head } from '../protocol/trail-nouns.ts';
import type { Trail } from './trail.ts';
import { consistencyHolds } from './tree.ts';

/** The newest head that an anchor holds of this chain. `unknown`: it is not for us to read. Without `root`: only how large it is can be seen. */
export type Held =
  | { readonly held: 'unknown' }
  | { readonly held: 'nothing' }
  | { readonly held: 'head'; readonly size: number; readonly root: string | undefined };

export interface Anchor {
  readonly name: string;
  readonly kind: AnchorRow['kind'];
  /** Reading back costs next to nothing: it is done before every delivery. */
  readonly readsEasily: boolean;
  /** What it does not prove, as far as can be told (law 12); undefined = nothing is known against it. */
  readonly note: string | undefined;
  /**
   * Takes heads, in order; durable there when it resolves. It may be given again what it has. Errors: unreachable, with the cause; verification: it
   * holds a head that these do not continue.
   */
  take(heads: readonly Head[]): Promise<Result<void>>;
  /** Errors: unreachable; verification: what it holds cannot be of this log. */
  newest(): Promise<Result<Held>>;
  close(): Promise<void>;
}

/** What it acknowledged last, as this gateway remembers. `at`: wall clock, ms. */
export type Taken = { readonly size: number; readonly root: string; readonly at: number };

/**
 * Whether what an anchor holds is of this log, up to `own`, its newest head: neither more than the log, nor another beginning of it, nor less than the
 * anchor acknowledged (A35).
 */
export async function agrees(
  held: Held,
  taken: Taken | undefined,
  own: Head,
  trail: Pick<Trail, 'consistency'>,
): Promise<boolean> {
  const begins = async (size: number, root: string): Promise<boolean> =>
    size <= own.size && consistencyHolds({ size, root }, own, await trail.consistency(size, own.size));
  // What it took is remembered here too: that much can be told of an anchor that is not read back.
  if (taken !== undefined && !(await begins(taken.size, taken.root))) return false;
  if (held.held === 'unknown') return true;
  if (held.held === 'nothing') return taken === undefined;
  const { size, root } = held;
  if (size > own.size || size < (taken?.size ?? 0)) return false;
  return root === undefined || begins(size, root);
}
