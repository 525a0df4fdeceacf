// Keeping the audit log: what is held, and purging what is old (S73).
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';
import { withWhy } from './with-why.ts';

/** Looking through old segments for what is held takes its time. */
const pruneMs = 600_000;

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'hold.list', {});
    if (!listed.ok) return listed;
    const { holds } = listed.value;
    face.document(holds);
    face.table(
      ['NAME', 'HOLDS', 'BY', 'SINCE', 'WHY', 'HOLD'],
      holds.map((one) => [one.name, one.query === '' ? 'everything' : one.query, one.by, when(one.at), one.why, one.id]),
    );
    if (holds.length === 0) face.note('Nothing is held.');
    return fine(0);
  });
};

const place: Run = async (face, args) => {
  const own = { query: { type: 'string' }, everything: { type: 'boolean' }, why: { type: 'string' } } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { query, everything, why } = read.value.values;
  // Everything is said in so many words: a query that was forgotten would hold the whole log.
  if ((query === undefined) === (everything !== true)) return refuse('usage', '--query Q or --everything, one of the two');
  if (why === undefined || why.trim() === '') return refuse('usage', '--why is missing');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const name = read.value.words[0] ?? '';
    const placed = await ask(face, link, 'hold.place', { name, query: query ?? '', why });
    if (!placed.ok) return placed;
    face.document(placed.value);
    face.line(`${query ?? 'Everything'} is held as ${name}: no record that fits is purged or erased.`);
    return fine(0);
  });
};

export const holds = verbs({ ls: list, place, release: withWhy('hold.release', (hold, why) => ({ hold, why })) });

function wholeDays(given: string | undefined): Result<number | undefined> {
  if (given === undefined) return fine(undefined);
  return /^[1-9]\d{0,3}$/.test(given) ? fine(Number(given)) : refuse('usage', '--days is a whole number');
}

/** What became of old recordings. */
function told(
  face: Face,
  old: NonNullable<Gives<'audit.prune'>['recordings']>,
  { purged, look }: { readonly purged: number; readonly look: boolean },
): Result<number> {
  face.table(
    ['RECORDING', 'ENDED', 'BYTES', 'HELD BY'],
    old.map((one) => [one.recording, when(one.endedAt), one.bytes, one.heldBy ?? '']),
  );
  const free = old.filter(({ heldBy }) => heldBy === undefined).length;
  if (old.length === 0) face.note('No recording is old enough.');
  else if (look) face.line(`${free} of ${old.length} old recordings would be purged. Nothing is purged yet.`);
  else face.line(`${purged} of ${old.length} old recordings are purged, with their keys.`);
  return fine(0);
}

export const prune: Run = async (face, args) => {
  const own = {
    days: { type: 'string' },
    look: { type: 'boolean' },
    recordings: { type: 'boolean' },
    why: { type: 'string' },
  } as const;
  const read = readArgs(args, own, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { look = false, recordings = false, why } = read.value.values;
  const days = wholeDays(read.value.values.days);
  if (!days.ok) return days;
  if (!look && (why === undefined || why.trim() === '')) return refuse('usage', '--why is missing (or --look)');
  const may = look ? fine(undefined) : mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const body = { look, recordings, why: why ?? '', ...(days.value === undefined ? {} : { days: days.value }) };
    const done = await ask(face, link, 'audit.prune', body, pruneMs);
    if (!done.ok) return done;
    const { segments, purged } = done.value;
    face.document(done.value);
    if (recordings) return told(face, done.value.recordings ?? [], { purged, look });
    face.table(
      ['FROM', 'TO', look ? 'HELD BY' : ''],
      segments.map((one, i) => [one.first, one.last, one.heldBy ?? (look || i >= purged ? '' : 'purged')]),
    );
    const free = segments.filter(({ heldBy }) => heldBy === undefined).length;
    if (segments.length === 0) face.note('No segment is old enough.');
    else if (look) face.line(`${free} of ${segments.length} old segments would be purged. Nothing is purged yet.`);
    else face.line(`${purged} of ${segments.length} old segments are purged; their manifests stay, and the log says so.`);
    return fine(0);
  });
};
