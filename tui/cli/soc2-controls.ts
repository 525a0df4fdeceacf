// What an auditor of SOC 2 asks of an audit log, as queries of ours: which control, what it is looked at by, which events answer. And the periods they
// speak in. Pure.
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';

export type Control = {
  /** Trust services criteria (AICPA 2017, revised 2022) it is evidence for. */
  readonly criteria: readonly string[];
  readonly file: string;
  readonly asks: string;
  readonly query: string;
};

export const controls: readonly Control[] = [
  {
    criteria: ['CC6.1', 'CC7.2'],
    file: 'sign-ins',
    asks: 'Who signed in, from where, with which device, and how it ended; what was refused.',
    query: 'type:login.*,device.*,identity.*,stranger.refused',
  },
  {
    criteria: ['CC6.1'],
    file: 'factors',
    asks: 'Second factors: enrolled, proven, refused, reset.',
    query: 'type:factor.*',
  },
  {
    criteria: ['CC6.1', 'CC7.2'],
    file: 'break-glass',
    asks: 'Emergency access past the identity provider, and its reviews.',
    query: 'type:breakglass.*',
  },
  {
    criteria: ['CC6.2'],
    file: 'people',
    asks: 'People added, bound to the identity provider, suspended, removed; their roles.',
    query: 'type:person.*',
  },
  {
    criteria: ['CC6.2', 'CC6.3'],
    file: 'groups',
    asks: 'Groups, their members, and the access they give: what was before and after.',
    query: 'type:group.*',
  },
  {
    criteria: ['CC6.3'],
    file: 'grants',
    asks: 'Access for a time: asked for, approved or denied by whom, given, extended, ended.',
    query: 'type:request.*,grant.*',
  },
  {
    criteria: ['CC6.2', 'CC6.3'],
    file: 'reviews',
    asks: 'Access reviews: started, what was kept or revoked by whom, closed.',
    query: 'type:campaign.*',
  },
  {
    criteria: ['CC6.3', 'CC7.2'],
    file: 'denials',
    asks: 'What was denied or took a second factor, and the policies that said so.',
    query: 'outcome:denied',
  },
  {
    criteria: ['CC6.1', 'CC6.3'],
    file: 'sessions',
    asks: 'Sessions on servers: who, where, which rights, how they ended.',
    query: 'type:session.started,session.opened,session.joined,session.ended',
  },
  {
    criteria: ['CC6.1', 'CC7.1'],
    file: 'servers',
    asks: 'Servers enrolled, relabelled, removed; enrolments that were refused.',
    query: 'type:server.enrolled,server.labels-set,server.removed,enrolment.*,agent.refused',
  },
  {
    criteria: ['CC6.1', 'CC7.1'],
    file: 'configuration',
    asks: 'Policies, settings, locks and address rules: what was changed by whom.',
    query: 'type:policy.*,settings.*,lock.*,address.*,workspace.*',
  },
  {
    criteria: ['CC7.2'],
    file: 'alarms',
    asks: 'Everything of the severity alert.',
    query: 'severity:alert',
  },
  {
    criteria: ['CC7.2'],
    file: 'audit-trail',
    asks: 'The audit log itself: who read and exported it, holds, purges, anchors, witnesses.',
    query:
      'type:audit.read,audit.exported,hold.*,segment.*,person.erased,anchor.*,witness.*,sink.*,gateway.*,recording.exported,recording.read',
  },
];

/** Days, both included, `YYYY-MM-DD` in UTC. */
export type Period = { readonly from: string; readonly to: string };

const day = (year: number, month: number, date: number): string =>
  new Date(Date.UTC(year, month, date)).toISOString().slice(0, 10);
const isDay = (text: string): boolean => {
  const at = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
};

/** `Q3` (the last one that has begun), `2026-Q3`, or `2026-07-01..2026-09-30`. Error: `usage`. */
export function periodOf(given: string, now: number): Result<Period> {
  const quarter = /^(?:(\d{4})-?)?q([1-4])$/i.exec(given);
  if (quarter !== null) {
    const month = (Number(quarter[2]) - 1) * 3;
    const thisYear = new Date(now).getUTCFullYear();
    const year = quarter[1] === undefined ? (Date.UTC(thisYear, month, 1) > now ? thisYear - 1 : thisYear) : Number(quarter[1]);
    return fine({ from: day(year, month, 1), to: day(year, month + 3, 0) });
  }
  const [from = '', to = '', more] = given.split('..');
  if (isDay(from) && isDay(to) && more === undefined && from <= to) return fine({ from, to });
  return refuse('usage', '--period is Q3, 2026-Q3 or 2026-07-01..2026-09-30');
}

/** The query of a control within a period. */
export const within = ({ from, to }: Period, query: string): string =>
  `since:${from} until:${to}${query === '' ? '' : ` ${query}`}`;
