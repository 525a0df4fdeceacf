// How a server reads: as a row and in the pane beside the list.

import type { ServerRow, SessionRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { fact, facts, heading } from './pane.ts';
import { blank, type Line, span, strong } from './span.ts';
import type { Column } from './table.ts';
import { age, bytes, load } from './times.ts';
import { dot, foreign, looks, needs, serverStates, sessionStates, tiers } from './words.ts';

export type Now = { readonly now: number };

/** Values alone: keys stand in the pane, and the values tell servers apart. */
const labelText = (row: ServerRow): string =>
  Object.entries(row.labels)
    .filter(([key]) => key !== 'tier')
    .map(([, value]) => value)
    .join(' ');

const memory = (row: ServerRow): string => {
  const { metrics, facts: host } = row;
  return metrics === undefined || host === undefined || host.memoryBytes === 0
    ? ''
    : `${Math.round((100 * metrics.memoryUsedBytes) / host.memoryBytes)}%`;
};

/** Busier than its processors is worth a look. */
const loadHue = (row: ServerRow) => {
  const perCpu = (row.metrics?.load100 ?? 0) / 100 / Math.max(1, row.facts?.cpus ?? 1);
  return perCpu >= 2 ? 'bad' : perCpu >= 1 ? 'warn' : 'plain';
};

const gone = (row: ServerRow) => (row.state === 'online' ? 'plain' : 'dim');

export const serverColumns: readonly Column<ServerRow, Now>[] = [
  { title: '', min: 1, keep: 100, cell: (row) => dot(serverStates[row.state]) },
  { title: 'NAME', min: 16, share: 3, most: 32, keep: 99, cell: (row) => [foreign(row.name, gone(row))] },
  { title: 'LEVEL', min: 9, keep: 60, cell: (row) => [span(row.level, row.level === 'full' ? 'plain' : 'dim')] },
  { title: 'TIER', min: 9, keep: 70, cell: (row) => [span(row.tier === 'normal' ? '' : row.tier, tiers[row.tier].hue)] },
  { title: 'NEEDS', min: 6, keep: 80, cell: (row) => looks(needs[row.needs]) },
  { title: 'LABELS', min: 16, share: 2, most: 40, keep: 40, cell: (row) => [foreign(labelText(row), 'dim')] },
  { title: 'OS', min: 12, share: 1, most: 24, keep: 20, cell: (row) => [foreign(row.facts?.os ?? '', 'dim')] },
  {
    title: 'LOAD',
    min: 5,
    right: true,
    keep: 35,
    cell: (row) => [span(row.metrics === undefined ? '' : load(row.metrics.load100), loadHue(row))],
  },
  { title: 'MEM', min: 4, right: true, keep: 30, cell: (row) => [span(memory(row))] },
  {
    title: 'SES',
    min: 3,
    right: true,
    keep: 55,
    cell: (row) => [span(row.liveSessions === 0 ? '' : String(row.liveSessions))],
  },
  {
    title: 'SEEN',
    min: 4,
    right: true,
    keep: 65,
    cell: (row, { now }) => [
      span(
        row.state === 'online'
          ? 'now'
          : row.state === 'never-seen' || row.lastSeenAt === undefined
            ? '–'
            : age(row.lastSeenAt, now),
        'dim',
      ),
    ],
  },
];

/** The pane: what one wants to know before opening a shell there. */
export function serverPane(row: ServerRow, sessions: readonly SessionRow[], now: number, width: number): readonly Line[] {
  const { facts: host, metrics } = row;
  const state = serverStates[row.state];
  const seen = row.state === 'online' || row.lastSeenAt === undefined ? '' : `, ${age(row.lastSeenAt, now)} ago`;
  const uptime = metrics === undefined ? undefined : `${age(0, metrics.uptimeSeconds * 1000)}`;
  return [
    [strong(safeText(row.name), 'accent')],
    [
      span(`${state.glyph} ${state.word}${seen}`, state.hue),
      span(`   ${tiers[row.tier].glyph} ${row.tier}`, tiers[row.tier].hue),
    ],
    blank,
    ...heading('Access', width),
    ...fact('level', row.level, width),
    ...fact('needs', needsWords[row.needs], width),
    ...fact('users', row.users.map(safeText).join(', '), width),
    ...fact('groups', row.groups.map(safeText).join(', '), width),
    ...facts(
      'Labels',
      Object.entries(row.labels).map(([key, value]) => [safeText(key), safeText(value)]),
      width,
    ),
    ...(host === undefined
      ? []
      : facts(
          'Host',
          [
            ['host', safeText(host.hostname)],
            ['os', safeText(host.os)],
            ['kernel', safeText(host.kernel)],
            ['cpus', `${host.cpus} × ${safeText(host.arch)}`],
            ['memory', bytes(host.memoryBytes)],
            ['agent', safeText(host.agentVersion)],
          ],
          width,
        )),
    ...(metrics === undefined
      ? []
      : facts(
          'Now',
          [
            ['load', load(metrics.load100)],
            ['memory', `${bytes(metrics.memoryUsedBytes)} ${memory(row)}`],
            ['disk', `${metrics.diskUsedPercent}%`],
            ['up', uptime ?? ''],
          ],
          width,
        )),
    ...(sessions.length === 0
      ? []
      : [
          blank,
          ...heading(`Sessions ${sessions.length}`, width),
          ...sessions.map(
            (session): Line => [
              ...dot(sessionStates[session.state]),
              span(' '),
              foreign(session.personName),
              span(` ${age(session.startedAt, now)} `, 'dim'),
              foreign(session.title, 'dim'),
            ],
          ),
        ]),
  ];
}

const needsWords: Readonly<Record<ServerRow['needs'], string>> = {
  nothing: 'nothing more',
  factor: 'a fresh code (step-up)',
  approval: 'somebody’s approval',
  level: 'a higher level',
};
