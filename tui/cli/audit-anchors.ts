// Who keeps the heads of the log outside the gateway (S75): each anchor, how it stands, and what it does not prove.
import type { AnchorRow } from '../../gateway/protocol/trail-nouns.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { howLong, type Paint } from './face.ts';
import { readArgs } from './globals.ts';

const paints = { ok: 'good', waiting: 'dim', late: 'warn', stale: 'bad', conflict: 'bad' } as const satisfies Record<
  AnchorRow['state'],
  Paint
>;

/** Exit 7 where an anchor holds another log than this one. */
export const anchors: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const told = await ask(face, link, 'audit.trail', {});
    if (!told.ok) return told;
    const { anchors: rows, head } = told.value.status;
    face.document(rows);
    face.table(
      ['ANCHOR', 'KIND', 'STATE', 'TAKEN', 'RECORDS', 'BEHIND', 'CAUSE'],
      rows.map((row) => [
        row.name,
        row.kind,
        { text: row.state, paint: paints[row.state] },
        row.at === undefined ? 'never' : `${howLong(Math.max(0, Date.now() - row.at))} ago`,
        row.size,
        row.behind,
        row.cause,
      ]),
    );
    if (head !== undefined && rows.length > 0) face.note(`The newest head is of ${head.size} records.`);
    if (rows.length === 0)
      face.note(
        'No anchor: of this log only agents and dashboards remember anything outside. They are set in config.json of the gateway.',
      );
    for (const { name, note } of rows) if (note !== undefined) face.note(`${name}: ${note}.`);
    return { ok: true, value: rows.some(({ state }) => state === 'conflict') ? 7 : 0 };
  });
};
