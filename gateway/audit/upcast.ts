// How an event of an older shape is read (D2): an event in the log is never edited; each change of shape leaves a step here from the version
// before it to its own. A type or version from a newer gateway is refused, never skipped: a fold that skips is another state.
import { type Result, refuse } from '../protocol/errors.ts';

type Data = Readonly<Record<string, unknown>>;
export type Parts = { readonly data: Data; readonly personal: Data | undefined };
/** By type: step n takes an event from version n to n+1. */
export type Upcasters = { readonly [type: string]: { readonly [version: number]: (parts: Parts) => Parts } };

/** No shape has changed yet. */
export const upcasters: Upcasters = {};

/** Brings an event from version `from` to `to`. Error: `verification`, naming the type. */
export function upcast(steps: Upcasters, type: string, from: number, to: number, parts: Parts): Result<Parts> {
  if (from > to) return refuse('verification', `${type} has version ${from}, this gateway knows ${to}: update the gateway`);
  let now = parts;
  for (let version = from; version < to; version += 1) {
    const step = steps[type]?.[version];
    if (step === undefined) return refuse('verification', `${type} version ${version} cannot be read any more`);
    now = step(now);
  }
  return { ok: true, value: now };
}
