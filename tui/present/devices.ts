// How devices and sign-ins read.
import type { DeviceRow, LoginRow } from '../../gateway/protocol/access-nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { facts } from './pane.ts';
import type { Now } from './servers.ts';
import { type Line, span, strong } from './span.ts';
import type { Column } from './table.ts';
import { age, fullMoment } from './times.ts';
import { foreign } from './words.ts';

const here = (row: { readonly current: boolean }): Line => (row.current ? [span('▸ this one', 'accent')] : []);

export const deviceColumns: readonly Column<DeviceRow, Now>[] = [
  { title: 'MACHINE', min: 18, share: 3, most: 40, keep: 100, cell: (row) => [foreign(row.machine)] },
  { title: 'WHO', min: 9, share: 1, most: 16, keep: 90, cell: (row) => [foreign(row.personName, row.mine ? 'accent' : 'plain')] },
  {
    title: 'TRUSTED',
    min: 9,
    keep: 95,
    cell: (row) => [row.trustedAt === undefined ? span('▲ new', 'warn') : span('✓ known', 'good')],
  },
  { title: 'SINCE', min: 5, right: true, keep: 80, cell: (row, { now }) => [span(age(row.registeredAt, now), 'dim')] },
  { title: 'SIGN-INS', min: 8, right: true, keep: 85, cell: (row) => [span(String(row.logins))] },
  {
    title: '',
    min: 10,
    share: 1,
    keep: 97,
    cell: (row) => [...here(row), ...(row.locked ? [span(row.current ? ' ' : ''), span('◼ locked', 'bad')] : [])],
  },
];

export function devicePane(row: DeviceRow, now: number, width: number): readonly Line[] {
  return [
    [strong(safeText(row.machine), 'accent')],
    [...here(row), ...(row.locked ? [span('◼ locked', 'bad')] : [])],
    ...facts(
      'Device',
      [
        ['of', safeText(row.personName)],
        ['since', `${fullMoment(row.registeredAt)} (${age(row.registeredAt, now)})`],
        ['known', row.trustedAt === undefined ? 'no code was proven from it yet' : `since ${fullMoment(row.trustedAt)}`],
        ['sign-ins', String(row.logins)],
        ['id', row.id],
      ],
      width,
    ),
  ];
}

export const loginColumns: readonly Column<LoginRow, Now>[] = [
  { title: 'WHO', min: 9, share: 1, most: 16, keep: 90, cell: (row) => [foreign(row.personName, row.mine ? 'accent' : 'plain')] },
  { title: 'MACHINE', min: 14, share: 2, most: 32, keep: 100, cell: (row) => [foreign(row.machine)] },
  {
    title: 'FROM',
    min: 15,
    share: 1,
    most: 39,
    keep: 99,
    cell: (row) => [foreign(row.address, row.known === false ? 'warn' : 'plain')],
  },
  { title: 'SINCE', min: 5, right: true, keep: 80, cell: (row, { now }) => [span(age(row.startedAt, now), 'dim')] },
  { title: 'LEFT', min: 4, right: true, keep: 70, cell: (row, { now }) => [span(age(now, row.expiresAt), 'dim')] },
  {
    title: 'SES',
    min: 3,
    right: true,
    keep: 75,
    cell: (row) => [span(row.liveSessions === 0 ? '' : String(row.liveSessions))],
  },
  {
    title: '',
    min: 13,
    share: 1,
    keep: 97,
    cell: (row) => [...here(row), ...marks(row)],
  },
];

const marks = (row: LoginRow): Line => [
  ...(row.breakGlass ? [span(row.current ? ' ' : ''), strong('◆ BREAK-GLASS', 'bad')] : []),
  ...(row.known === false && !row.breakGlass ? [span(row.current ? ' ' : ''), span('▲ new', 'warn')] : []),
];

export function loginPane(row: LoginRow, now: number, width: number): readonly Line[] {
  return [
    [strong(safeText(row.personName), 'accent'), span(' on '), strong(safeText(row.machine))],
    [...here(row), ...marks(row)],
    ...facts(
      'Sign-in',
      [
        ['from', safeText(row.address)],
        ['known', row.known === false ? 'no code was proven from there yet' : ''],
        ['since', `${fullMoment(row.startedAt)} (${age(row.startedAt, now)})`],
        ['until', `${fullMoment(row.expiresAt)} (in ${age(now, row.expiresAt)})`],
        ['lines', String(row.connections)],
        ['live', row.liveSessions === 0 ? 'no session' : `${row.liveSessions} sessions`],
        ['device', safeText(row.device)],
        ['id', row.id],
      ],
      width,
    ),
  ];
}
