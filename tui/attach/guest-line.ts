// The row below a session one only looks at: who drives, what one is, whether it takes keys, what is recorded, who else is here, the keys. The most
// important first; nothing is cut, less is said (E47: no meaning by colour alone). Pure.
import type { ParticipantId } from '../../gateway/protocol/ids.ts';
import type { JoinableRole, SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import { type Company, driverOf, nameOf, othersOf } from './company.ts';
import { guestHints } from './guest-keys.ts';
import { fitRow, joined, type Saying, type Strip, type Words } from './strip.ts';

export type GuestView = {
  readonly session: SessionRow;
  readonly company: Company;
  readonly me: ParticipantId;
  readonly role: JoinableRole;
  /** Of the session. */
  readonly size: TerminalSize;
  /** Of one's own part of it. */
  readonly window: TerminalSize;
  readonly corner: { readonly left: number; readonly top: number };
  /** One asks for the keyboard, or is on the way to it. */
  readonly wants: 'nothing' | 'asked' | 'coming';
  /** The line to the gateway stands. */
  readonly online: boolean;
};

const plays = {
  observer: ['watching', 'watching', 'watching'],
  peer: ['you are a peer on', 'peer on', 'peer'],
  moderator: ['you moderate', 'moderating', 'moderator'],
} as const satisfies Record<JoinableRole, readonly [string, string, string]>;

const lights = {
  on: '● REC',
  behind: '◐ REC late',
  failed: '✗ NOT RECORDED',
  closed: '○ recording closed',
} as const satisfies Record<SessionRow['rec'], string>;

export function guestRow(view: GuestView, cols: number): Strip {
  const { session, company, me, role } = view;
  const driver = driverOf(company);
  const [long, middle, short] = plays[role];
  const others = othersOf(company, me);
  const names = joined(
    others.map((one) => [nameOf(one)]),
    '',
  );
  const hints = guestHints(role);
  const sayings: Saying[] = [
    {
      rank: 0,
      ways: driver === undefined ? ['nobody drives'] : [[nameOf(driver), { text: 'drives' }], [nameOf(driver)]],
    },
    ...(view.online
      ? []
      : [
          {
            rank: 1,
            ways: [[{ text: 'link lost, trying again', look: 'bold' }], [{ text: 'link lost', look: 'bold' }]],
          } as const,
        ]),
    ...frozenSaying(session, view.online),
    { rank: 3, ways: [`${long} ${session.serverName}`, `${middle} ${session.serverName}`, short] },
    ...wantsSaying(view.wants),
    { rank: session.rec === 'on' ? 6 : 2, ways: [lights[session.rec]] },
    ...(others.length === 0 ? [] : [{ rank: 8, ways: [[{ text: 'with' }, ...names], `+${others.length}`] satisfies Words[] }]),
    ...sizeSaying(view),
    { rank: 7, ways: hints.own, side: 'right' },
    { rank: 1, ways: hints.common, side: 'right' },
  ];
  return fitRow(sayings, cols);
}

function frozenSaying(session: SessionRow, online: boolean): readonly Saying[] {
  if (!online) return [];
  if (session.state === 'frozen' || session.freezes.length > 0) return [{ rank: 2, ways: [[{ text: 'FROZEN', look: 'bold' }]] }];
  if (session.state === 'pending')
    return [{ rank: 2, ways: [[{ text: 'waiting to begin', look: 'bold' }], [{ text: 'waiting', look: 'bold' }]] }];
  if (session.awayAt !== undefined) return [{ rank: 2, ways: [[{ text: 'server away', look: 'bold' }]] }];
  return [];
}

function wantsSaying(wants: GuestView['wants']): readonly Saying[] {
  switch (wants) {
    case 'nothing':
      return [];
    case 'asked':
      return [{ rank: 2, ways: ['you asked for the keyboard', 'you asked'] }];
    case 'coming':
      return [{ rank: 2, ways: ['taking the keyboard…', 'taking it…'] }];
    default:
      return wants satisfies never;
  }
}

/** The size matters where one does not see all of it. */
function sizeSaying({ size, window, corner }: GuestView): readonly Saying[] {
  const whole = size.cols <= window.cols && size.rows <= window.rows;
  const from = corner.left > 0 || corner.top > 0 ? ` from ${corner.left + 1},${corner.top + 1}` : '';
  const cells = `${size.cols}×${size.rows}`;
  return [{ rank: whole ? 9 : 8, ways: [`${cells}${from}`, cells] }];
}
