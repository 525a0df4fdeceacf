// Where a run of numbered output belongs (law 5): pure. Positions count bytes of a session's output from 0.

export type Arrival =
  /** The bytes that are new: the run without what is already here. */
  | { readonly verdict: 'new'; readonly bytes: Uint8Array }
  /** All of it is already here: sent again after a cut. */
  | { readonly verdict: 'known' }
  /** Bytes before it are missing: no honest agent sends this. */
  | { readonly verdict: 'gap' };

/** @param have position of the first byte not yet here */
export function place(have: number, seq: number, bytes: Uint8Array): Arrival {
  if (seq > have) return { verdict: 'gap' };
  const fresh = bytes.subarray(Math.min(have - seq, bytes.length));
  return fresh.length === 0 ? { verdict: 'known' } : { verdict: 'new', bytes: fresh };
}
