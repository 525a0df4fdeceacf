// How a session reads: as a row and in the pane beside the list.

import type { ParticipantRow, SessionRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { facts, heading } from './pane.ts';
import { blank, type Line, seatHue, span, strong, wrapWords } from './span.ts';
import type { Column } from './table.ts';
import { age, bytes, fullMoment } from './times.ts';
import { dot, endingWords, foreign, looks, recLights, roleLooks, sessionStates, tiers, whose } from './words.ts';

export type SessionView = {
  readonly now: number;
  /** Sessions one is wanted in, and as what. */
  readonly wanted: ReadonlyMap<string, string>;
};

/** An end by itself is worth a word in the list from here on, ms. */
const soonMs = 15 * 60_000;

const driverOf = (row: SessionRow): ParticipantRow | undefined => row.participants.find((one) => one.role === 'driver');
const person = ({ role, name, ordinal }: ParticipantRow): Line => [
  span(roleLooks[role].glyph, seatHue(ordinal)),
  foreign(name, seatHue(ordinal)),
];

/** Who drives, how many more there are, and who they are: their sign says as what. */
export function companyLine(row: SessionRow): Line {
  const driver = driverOf(row);
  const others = row.participants.filter((one) => one !== driver);
  // Whose it is stands beside it: their name only where somebody else drives.
  const own: Line = driver?.person === row.person ? [span(roleLooks.driver.glyph, seatHue(driver.ordinal))] : [];
  const head: Line = driver === undefined ? [span('–', 'dim')] : own.length > 0 ? own : person(driver);
  if (others.length === 0) return head;
  return [...head, span(` +${others.length}`, 'dim'), ...others.flatMap((one): Line => [span(' '), ...person(one)])];
}

/** Who could be there and is not yet, of those a moderated session waits for. */
function missing({ moderation }: SessionRow): string {
  if (moderation === undefined || moderation.present >= moderation.needs) return '';
  const who = moderation.eligible.map(safeText);
  const more = moderation.needs - moderation.present;
  if (who.length === 0) return `${more === 1 ? 'a moderator' : `${more} moderators`}; nobody may be one`;
  return more === 1 ? who.join(' or ') : `${more} of ${who.join(', ')}`;
}

/** What is out of the ordinary, most urgent first; nothing for a session that simply runs. */
export function noteOf(row: SessionRow, { now, wanted }: SessionView): Line {
  const want = wanted.get(row.id);
  const call: Line = want === undefined ? [] : [strong('◆ wants you ', 'accent')];
  return [...call, ...stateNote(row, now)];
}

function stateNote(row: SessionRow, now: number): Line {
  const lacks = missing(row);
  const held = row.freezes.find((freeze) => freeze.cause === 'held');
  if (row.freezes.some((freeze) => freeze.cause === 'recording')) return [span('cannot be recorded', 'bad')];
  if (lacks !== '') return [span(`needs ${lacks}`, 'warn')];
  if (held !== undefined)
    return [span(`by ${safeText(held.by ?? 'the gateway')}${held.why ? `: ${safeText(held.why)}` : ''}`, 'bad')];
  const { ends } = row;
  if (ends !== undefined && ends.at - now <= soonMs && row.state !== 'ended')
    return [span(`ends in ${age(now, ends.at)}: ${endingWords[ends.reason]}`, 'warn')];
  if (row.rec === 'failed') return [span('recording failed', 'bad')];
  if (row.awayAt !== undefined) return [span(`server away ${age(row.awayAt, now)}`, 'warn')];
  if (row.detachedAt !== undefined) return [span(`left ${age(row.detachedAt, now)} ago`, 'dim')];
  return [];
}

const notes = (row: SessionRow, view: SessionView): Line => {
  const note = noteOf(row, view);
  if (row.title === '') return note;
  return note.length === 0 ? [foreign(row.title, 'dim')] : [...note, span('  ', 'dim'), foreign(row.title, 'dim')];
};

export const sessionColumns: readonly Column<SessionRow, SessionView>[] = [
  { title: 'STATE', min: 10, keep: 100, cell: (row) => looks(sessionStates[row.state]) },
  { title: 'REC', min: 3, keep: 80, cell: (row) => [span(' '), ...dot(recLights[row.rec])] },
  {
    title: 'WHOSE',
    min: 9,
    share: 1,
    most: 16,
    keep: 99,
    cell: whose,
  },
  {
    title: 'SERVER',
    min: 11,
    share: 2,
    most: 24,
    keep: 98,
    cell: (row) => [foreign(row.serverName, row.tier === 'critical' ? 'bad' : 'plain')],
  },
  { title: 'LEVEL', min: 9, keep: 30, cell: (row) => [span(row.level, 'dim')] },
  { title: 'AGE', min: 4, right: true, keep: 55, cell: (row, { now }) => [span(age(row.startedAt, now))] },
  { title: 'SIZE', min: 7, right: true, keep: 25, cell: (row) => [span(`${row.size.cols}×${row.size.rows}`, 'dim')] },
  { title: 'BYTES', min: 5, right: true, keep: 20, cell: (row) => [span(bytes(row.bytes), 'dim')] },
  { title: 'IN IT', min: 12, share: 2, most: 28, keep: 60, cell: companyLine },
  { title: 'WHAT', min: 23, share: 4, keep: 65, cell: notes },
];

export function sessionPane(row: SessionRow, view: SessionView, width: number): readonly Line[] {
  const { now } = view;
  const state = sessionStates[row.state];
  const rec = recLights[row.rec];
  const { moderation, ends } = row;
  const lacks = missing(row);
  const want = view.wanted.get(row.id);
  return [
    [
      strong(safeText(row.personName), 'accent'),
      span(' on '),
      strong(safeText(row.serverName), tiers[row.tier].hue === 'bad' ? 'bad' : 'plain'),
    ],
    [span(`${state.glyph} ${state.word}`, state.hue), span('   '), span(`${rec.glyph} ${rec.word}`, rec.hue)],
    ...(want === undefined ? [] : [[strong(`◆ wants you: ${want}`, 'accent')]]),
    ...(row.title === '' ? [] : [blank, [foreign(row.title, 'dim')]]),
    ...(row.freezes.length === 0 && lacks === ''
      ? []
      : [
          blank,
          ...heading('Takes no keys', width),
          ...row.freezes.flatMap((freeze) => wrapped(freezeWords(freeze), width, 'bad')),
          ...(lacks === '' ? [] : wrapped(`needs ${lacks} to be in it`, width, 'warn')),
        ]),
    blank,
    ...heading(`In it ${row.participants.length}`, width),
    ...row.participants.map(
      (one): Line => [...person(one), span(` ${roleLooks[one.role].word}, ${age(one.joinedAt, now)}`, 'dim')],
    ),
    ...(moderation === undefined
      ? []
      : [
          [
            span(
              `moderators ${moderation.present} of ${moderation.needs}`,
              moderation.present < moderation.needs ? 'warn' : 'dim',
            ),
          ],
        ]),
    ...facts(
      'Session',
      [
        ['since', `${fullMoment(row.startedAt)} (${age(row.startedAt, now)})`],
        ['left', row.detachedAt === undefined ? '' : `${age(row.detachedAt, now)} ago, goes on`],
        ['away', row.awayAt === undefined ? '' : `its server, ${age(row.awayAt, now)}`],
        ['ends', ends === undefined ? '' : `in ${age(now, ends.at)}: ${endingWords[ends.reason]}`],
        ['user', safeText(row.osUser ?? '')],
        ['level', row.level],
        ['tier', row.tier],
        ['watch', watchWords[row.needs]],
        ['size', `${row.size.cols}×${row.size.rows}`],
        ['output', bytes(row.bytes)],
        ['record', recWords[row.rec]],
        ['id', row.id],
      ],
      width,
    ),
  ];
}

const wrapped = (text: string, width: number, hue: 'bad' | 'warn'): readonly Line[] =>
  wrapWords(text, width).map((part): Line => [span(part, hue)]);

function freezeWords({ cause, by, why }: SessionRow['freezes'][number]): string {
  switch (cause) {
    case 'held':
      return `frozen by ${safeText(by ?? 'the gateway')}${why ? `: ${safeText(why)}` : ''}`;
    case 'recording':
      return 'it cannot be recorded; output is held back, too';
    case 'moderation':
      return 'a moderator must be present';
    default:
      return cause satisfies never;
  }
}

const watchWords: Readonly<Record<SessionRow['needs'], string>> = {
  nothing: '',
  factor: 'takes a fresh code',
  approval: 'takes an approval',
  level: 'not yours to watch',
};

const recWords: Readonly<Record<SessionRow['rec'], string>> = {
  on: 'on, durable on disk',
  behind: 'written, not yet durable',
  failed: 'FAILED: the session is frozen',
  closed: 'closed',
};
