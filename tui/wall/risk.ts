// How dangerous, or how wrong, what goes on in a session is: one table decides the colour of its tile and the signs and words beside it, so
// that nothing is said by colour alone (M6, E47). Pure.
import { cutToCells, safeLabel } from '../../gateway/protocol/cell-width.ts';
import type { EndingReason, SessionRow } from '../../gateway/protocol/nouns.ts';

/** Worst first. alert: act now · step-up: one may not look yet · production, sudo: what a mistake would cost. */
export const risks = ['alert', 'step-up', 'production', 'sudo'] as const;
export type Risk = (typeof risks)[number];

/** One narrow character each, that stands where there is no room for the word. */
export const riskSigns = { alert: '!', 'step-up': '?', production: '▲', sudo: '#' } as const satisfies Record<Risk, string>;

export type Finding = {
  readonly risk: Risk;
  /** One word or two, for the border. Safe to show. */
  readonly word: string;
  /** All of it, where there is room. Safe to show. */
  readonly detail: string;
};

/** An end this near is worth an alert. */
export const endingSoonMs = 5 * 60_000;

type Rule = { readonly risk: Risk; readonly finds: (row: SessionRow, now: number) => readonly (readonly [string, string])[] };

const endingWords = {
  exited: 'the shell ended',
  killed: 'killed',
  revoked: 'sign-in revoked',
  'access-changed': 'access changed',
  'agent-lost': 'agent lost',
  'agent-refused': 'agent refused',
  expired: 'longest life',
  idle: 'nobody typed',
  locked: 'locked',
  'gateway-gone': 'gateway away',
  'recording-failed': 'not recorded',
  'server-removed': 'server removed',
  'unknown-after-restore': 'unknown here',
} as const satisfies Record<EndingReason, string>;

/** The table. Of one risk the first finding is the one for which there is room. */
const table: readonly Rule[] = [
  {
    risk: 'alert',
    finds: (row) => (row.rec === 'failed' ? [['not recorded', 'the recording failed: nothing goes on until it is mended']] : []),
  },
  { risk: 'alert', finds: (row) => row.freezes.map(frozen) },
  {
    risk: 'alert',
    finds: ({ state, freezes }) => (state === 'frozen' && freezes.length === 0 ? [['frozen', 'frozen: it takes no input']] : []),
  },
  {
    risk: 'alert',
    finds: ({ moderation }) => {
      if (moderation === undefined || moderation.present >= moderation.needs) return [];
      const who = moderation.eligible.length === 0 ? 'nobody can' : `${moderation.eligible.slice(0, 4).join(', ')} can`;
      return [['no moderator', `${moderation.present} of ${moderation.needs} moderators are there: ${safeLabel(who, 80)}`]];
    },
  },
  {
    risk: 'alert',
    finds: ({ ends }, now) => {
      if (ends === undefined || ends.at - now > endingSoonMs) return [];
      const minutes = Math.max(0, Math.ceil((ends.at - now) / 60_000));
      return [[`ends in ${minutes} min`, `ends in ${minutes} min: ${endingWords[ends.reason]}`]];
    },
  },
  { risk: 'alert', finds: (row) => (row.awayAt === undefined ? [] : [['server away', 'the server is away; the session waits']]) },
  {
    risk: 'alert',
    finds: (row) => (row.rec === 'behind' ? [['rec behind', 'the recording is behind: not yet safe on disk']] : []),
  },
  { risk: 'step-up', finds: (row) => (row.needs === 'factor' ? [['needs a code', 'needs a code: enter opens it']] : []) },
  { risk: 'step-up', finds: (row) => (row.needs === 'approval' ? [['needs approval', 'somebody must approve first']] : []) },
  { risk: 'step-up', finds: (row) => (row.needs === 'level' ? [['not for you', 'your access does not reach this far']] : []) },
  { risk: 'production', finds: ({ tier }) => (tier === 'normal' ? [] : [[tier, `a ${tier} server`]]) },
  { risk: 'sudo', finds: ({ osUser }) => (osUser === 'root' ? [['root', 'as root']] : []) },
  { risk: 'sudo', finds: ({ level, osUser }) => (level === 'full' && osUser !== 'root' ? [['sudo', 'may use sudo']] : []) },
];

function frozen({ cause, by, why }: SessionRow['freezes'][number]): readonly [string, string] {
  switch (cause) {
    case 'held': {
      const who = by === undefined ? '' : ` by ${safeLabel(by, 32)}`;
      return [`frozen${cutToCells(who, 12)}`, `frozen${who}${why === undefined || why === '' ? '' : `: ${safeLabel(why, 200)}`}`];
    }
    case 'recording':
      return ['frozen', 'frozen: it cannot be recorded'];
    case 'moderation':
      return ['frozen', 'frozen: somebody who must be there is not'];
    default:
      return cause satisfies never;
  }
}

/** All there is to say of a session, worst first. @param now ms since 1970 */
export function findingsOf(row: SessionRow, now: number): readonly Finding[] {
  return table
    .flatMap(({ risk, finds }) => finds(row, now).map(([word, detail]) => ({ risk, word, detail })))
    .toSorted((a, b) => risks.indexOf(a.risk) - risks.indexOf(b.risk));
}

/** The one that decides the colour; undefined = nothing to fear. */
export const worstOf = (findings: readonly Finding[]): Risk | undefined => findings[0]?.risk;
