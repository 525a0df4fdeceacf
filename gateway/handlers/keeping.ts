// audit.prune: the oldest segments of the log go when somebody with a fresh factor says so, never by themselves (S73). Each leaves its manifest and
// a tombstone in the log, which is durable before the file goes; what a killed gateway left is finished at the next start.
//
// The log is cut from its beginning only: what is newer than a segment that is held stays as well.
import { type Holding, holdingOf, holdsAll, sameHolds } from '../audit/holds.ts';
import { manifestDigest } from '../audit/manifest.ts';
import { turnTaker } from '../audit/slices.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Manifest } from '../protocol/trail-nouns.ts';
import { changing, workspace } from './administration.ts';
import type { Call, Handler, Parts } from './call.ts';
import { pruneRecordings } from './keeping-recordings.ts';

const dayMs = 86_400_000;

/** Errors: bad-request (younger than what must be kept), changed-meanwhile, verification (a manifest that is not that of its segment). */
export const pruneAudit: Handler<'audit.prune'> = async (call, { days: asked, look = false, recordings = false, why }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, look ? 'audit.read' : 'audit.prune', workspace, request);
  if (!allowed.ok) return allowed;
  if (recordings) return pruneRecordings(call, { days: asked, look, why });
  const { keepDays } = parts.settings;
  const days = asked ?? keepDays;
  if (days < keepDays)
    return refuse('bad-request', `the log is kept for ${keepDays} days: trail.keepDays in config.json of the gateway`);
  const found = await oldSegments(parts, days);
  if (!found.ok) return found;
  const old = found.value;
  const state = parts.log.settled;
  const looked = new Set(Object.keys(state.holds));
  const holding = holdingOf(state);
  let heldBy = holdsAll(state)?.name;
  const segments: { first: number; last: number; heldBy?: string }[] = [];
  let purged = 0;
  for (const segment of old) {
    const { first, last } = segment;
    if (heldBy === undefined && looked.size > 0) heldBy = await holdOn(parts, segment, holding);
    segments.push({ first, last, ...(heldBy === undefined ? {} : { heldBy }) });
    if (look || heldBy !== undefined) continue;
    const wrong = await parts.kept.problem(segment);
    if (wrong !== undefined) return refuse('verification', wrong);
    const buried = await bury(call, segment, { days, why, looked });
    if (!buried.ok) return purged === 0 ? buried : fine({ segments, purged });
    await parts.kept.purge(last);
    purged += 1;
  }
  return fine({ segments, purged });
};

/** Closed segments at the beginning of the log whose records are all older, and all in a sealed checkpoint. Error: verification (a manifest that cannot be read, or made). */
async function oldSegments({ log, kept, clock }: Parts, days: number): Promise<Result<readonly Manifest[]>> {
  const before = clock.now() - days * dayMs;
  const sealed = log.sealedSeq ?? -1;
  let all: readonly Manifest[];
  try {
    all = await kept.segments();
  } catch (error) {
    return refuse('verification', `a manifest: ${error instanceof Error ? error.message : String(error)}`);
  }
  const end = all.findIndex(({ from, to, last }) => Math.max(from, to) >= before || last > sealed);
  return fine(end === -1 ? all : all.slice(0, end));
}

/** The hold that keeps a segment: one that any of its records fits. */
async function holdOn({ log, clock }: Parts, { first, last }: Manifest, holding: Holding): Promise<string | undefined> {
  const turns = turnTaker(() => clock.mono());
  for await (const settled of log.read(first - 1)) {
    if (settled.record.seq > last) return undefined;
    const held = holding(settled);
    if (held !== undefined) return held;
    const turn = turns();
    if (turn !== undefined) await turn;
  }
  return undefined;
}

/** The tombstone of a segment. */
const bury = (
  call: Call,
  segment: Manifest,
  { days, why, looked }: { readonly days: number; readonly why: string; readonly looked: ReadonlySet<string> },
): Promise<Result<undefined>> =>
  changing(call, (by) => (state) => {
    const { first, last, root } = segment;
    if (!sameHolds(state, looked) || (state.purged ?? -1) + 1 !== first)
      return { events: [], answer: refuse('changed-meanwhile', 'a hold or a purge came between') };
    const data = { first, last, root, manifest: manifestDigest(segment), days, by: call.caller.person.id, why };
    return { events: [{ ...by, type: 'segment.purged', outcome: 'ok', data, personal: {} }], answer: fine(undefined) };
  });
