// What became of a session, folded from its own audit records and from nothing else (E43): the same records give the same summary, whoever asks, whenever.
// Pure. Commands and files are not in it: the log keeps no lines typed (TRUST §0); the recording has them.
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { facts } from './pane.ts';
import type { Line } from './span.ts';
import { fullMoment, grouped, bytes as sizeOf } from './times.ts';

type Visit = {
  readonly name: string;
  readonly role: string;
  readonly at: number;
  /** Absent: until the end. */
  readonly until?: number;
  readonly cause?: string;
};
type Freeze = {
  readonly at: number;
  readonly cause: string;
  readonly by?: string;
  readonly why?: string;
  readonly until?: number;
};
type Mark = { readonly at: number; readonly label: string; readonly by: string };
type HandOver = { readonly at: number; readonly to: string; readonly by: string; readonly how: string };
type Invitation = { readonly at: number; readonly person: string; readonly role: string; readonly by: string };

export type SessionSummary = {
  readonly session: string;
  readonly openedBy: string;
  readonly on: string;
  /** Account on the server; absent: that of the agent. */
  readonly as?: string;
  readonly from?: string;
  readonly level?: string;
  readonly startedAt: number;
  /** Absent: it lives, or its end is not among the records. */
  readonly endedAt?: number;
  readonly bytes?: number;
  readonly lostBytes?: number;
  readonly reason?: string;
  readonly exit?: number | string;
  readonly endedBy?: string;
  readonly why?: string;
  /** Everybody but who opened it. */
  readonly others: readonly Visit[];
  readonly handOvers: readonly HandOver[];
  readonly freezes: readonly Freeze[];
  readonly marks: readonly Mark[];
  readonly invitations: readonly Invitation[];
  readonly extended: number;
  readonly messages: number;
  /** Lines that policies advised against, and what became of them. */
  readonly advised: { readonly wentOn: number; readonly dropped: number };
  readonly clipboardAllowed: number;
  /** Proofs of a second factor in it. */
  readonly stepUps: number;
  readonly recordingRead: readonly string[];
  readonly records: number;
};

const text = (row: AuditRow, key: string): string | undefined => {
  const value = row.data[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
};
const number = (row: AuditRow, key: string): number | undefined => {
  const value = row.data[key];
  return typeof value === 'number' ? value : undefined;
};
/** Only what is there. */
const some = <K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T });

/** The summary of the session whose records these are, in order; undefined where its beginning is not among them. */
export function summaryOf(rows: readonly AuditRow[]): SessionSummary | undefined {
  const begun = rows.find(({ type }) => type === 'session.started');
  if (begun === undefined) return undefined;
  const ended = rows.find(({ type }) => type === 'session.ended');
  const names = namesIn(rows);
  const who = (row: AuditRow, key: string): string | undefined => {
    const id = text(row, key);
    return id === undefined ? undefined : (names.get(id) ?? id);
  };
  const of = (type: string): readonly AuditRow[] => rows.filter((row) => row.type === type);
  const opener = begun.actor.id;
  const visits = of('session.joined').map((row): Visit & { readonly opener: boolean } => {
    const left = of('session.left').find(
      (other) => other.seq > row.seq && text(other, 'participant') === text(row, 'participant'),
    );
    return {
      name: who(row, 'person') ?? row.actor.name,
      role: text(row, 'role') ?? '',
      at: row.at,
      ...some('until', left?.at),
      ...some('cause', left === undefined ? undefined : text(left, 'cause')),
      opener: opener !== undefined && text(row, 'person') === opener,
    };
  });
  const answers = of('command.advised').map((row) => text(row, 'answer'));
  return {
    session: begun.session ?? text(begun, 'session') ?? '',
    openedBy: begun.actor.name,
    on: begun.target?.name ?? text(begun, 'server') ?? '',
    ...some('as', text(begun, 'user')),
    ...some('from', begun.address),
    ...some('level', text(begun, 'level')),
    startedAt: begun.at,
    ...some('endedAt', ended?.at),
    ...(ended === undefined
      ? {}
      : {
          ...some('bytes', number(ended, 'bytes')),
          ...some('lostBytes', number(ended, 'lostBytes') || undefined),
          ...some('reason', text(ended, 'reason')),
          ...some('exit', number(ended, 'code') ?? text(ended, 'signal')),
          ...some('endedBy', who(ended, 'by')),
          ...some('why', text(ended, 'why')),
        }),
    others: visits.filter((visit) => !visit.opener).map(({ opener: _opener, ...visit }) => visit),
    handOvers: of('session.handed').map((row) => ({
      at: row.at,
      to: who(row, 'to') ?? '',
      by: who(row, 'by') ?? row.actor.name,
      how: text(row, 'how') ?? '',
    })),
    freezes: of('session.frozen').map((row) => {
      const cause = text(row, 'cause') ?? '';
      const freed = of('session.unfrozen').find(
        (other) => other.seq > row.seq && [undefined, cause].includes(text(other, 'cause')),
      );
      return { at: row.at, cause, ...some('by', who(row, 'by')), ...some('why', text(row, 'why')), ...some('until', freed?.at) };
    }),
    marks: of('session.marked').map((row) => ({
      at: row.at,
      label: text(row, 'label') ?? '',
      by: who(row, 'by') ?? row.actor.name,
    })),
    invitations: of('session.shared').map((row) => ({
      at: row.at,
      person: who(row, 'person') ?? '',
      role: text(row, 'role') ?? '',
      by: who(row, 'by') ?? row.actor.name,
    })),
    extended: of('session.extended').length,
    messages: of('session.messaged').length,
    advised: {
      wentOn: answers.filter((answer) => answer === 'went-on').length,
      dropped: answers.filter((answer) => answer === 'dropped').length,
    },
    clipboardAllowed: of('clipboard.allowed').filter((row) => row.data['allow'] === true).length,
    stepUps: of('session.presence-proven').length + of('factor.proven').length,
    recordingRead: [
      ...new Set(
        rows.filter(({ type }) => type === 'recording.exported' || type === 'recording.read').map((row) => row.actor.name),
      ),
    ],
    records: rows.length,
  };
}

/** What the records call people: who did something, or had something done to them. */
function namesIn(rows: readonly AuditRow[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { actor, target } of rows) {
    if (actor.id !== undefined) names.set(actor.id, actor.name);
    if (target !== undefined && target.name !== target.id) names.set(target.id, target.name);
  }
  return names;
}

const two = (n: number): string => String(n).padStart(2, '0');
/** `4 s`, `3:07 min`, `2:05:00 h`. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)} min`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)} h`;
}

const many = (count: number, one: string, more = `${one}s`): string =>
  count === 0 ? '' : `${count} ${count === 1 ? one : more}`;

/** The summary as rows of a table: a word and what there is to say, nothing where there is nothing. */
export function summaryFacts(summary: SessionSummary): readonly (readonly [string, string])[] {
  const { endedAt, startedAt } = summary;
  /** Hours and minutes stand alone on the day it began. */
  const at = (ms: number): string => {
    const full = fullMoment(ms);
    const day = fullMoment(startedAt).replace(/ [\d:]+$/, '');
    return full.startsWith(`${day} `) ? full.slice(day.length + 1) : full;
  };
  const by = (name: string | undefined): string => (name === undefined ? '' : ` by ${name}`);
  const because = (why: string | undefined): string => (why === undefined ? '' : `: ${why}`);
  const inIt = ({ role, cause, until, at: from }: Visit): string =>
    `${role === '' ? 'in it' : role} ${at(from)}–${until === undefined ? 'end' : at(until)}${cause === undefined || cause === 'left' ? '' : ` (${cause})`}`;
  return [
    ['opened', `${fullMoment(startedAt)} by ${summary.openedBy}${summary.from === undefined ? '' : ` from ${summary.from}`}`],
    [
      'on',
      `${summary.on}${summary.as === undefined ? '' : ` as ${summary.as}`}${summary.level === undefined ? '' : `, level ${summary.level}`}`,
    ],
    [
      'ended',
      endedAt === undefined
        ? 'not yet, as far as these records go'
        : `${at(endedAt)} after ${lasting(endedAt - startedAt)}, ${summary.reason ?? ''}${by(summary.endedBy)}${because(summary.why)}`,
    ],
    ['exit', summary.exit === undefined ? '' : String(summary.exit)],
    ['output', summary.bytes === undefined ? '' : `${sizeOf(summary.bytes)} (${grouped(summary.bytes)} bytes)`],
    ['lost', summary.lostBytes === undefined ? '' : `${grouped(summary.lostBytes)} bytes never reached the recording`],
    ...summary.others.map((one): readonly [string, string] => [one.name, inIt(one)]),
    ...summary.handOvers.map((one): readonly [string, string] => [
      'keyboard',
      `${at(one.at)} ${one.how === 'taken' ? `taken by ${one.to}` : `${one.by} gave it to ${one.to}`}`,
    ]),
    ...summary.freezes.map((one): readonly [string, string] => [
      'frozen',
      `${at(one.at)}–${one.until === undefined ? 'end' : at(one.until)} ${one.cause}${by(one.by)}${because(one.why)}`,
    ]),
    ...summary.marks.map((one): readonly [string, string] => ['mark', `${at(one.at)} ${one.label} (${one.by})`]),
    ...summary.invitations.map((one): readonly [string, string] => [
      'invited',
      `${at(one.at)} ${one.person}${one.role === '' ? '' : ` as ${one.role}`} by ${one.by}`,
    ]),
    ['put off', many(summary.extended, 'time')],
    ['messages', many(summary.messages, 'message')],
    [
      'advised',
      summary.advised.wentOn + summary.advised.dropped === 0
        ? ''
        : `against ${many(summary.advised.wentOn + summary.advised.dropped, 'line')}: ${summary.advised.wentOn} went on, ${summary.advised.dropped} dropped`,
    ],
    ['clipboard', summary.clipboardAllowed === 0 ? '' : `allowed ${many(summary.clipboardAllowed, 'time')}`],
    ['step-ups', summary.stepUps === 0 ? '' : String(summary.stepUps)],
    ['seen by', summary.recordingRead.join(', ')],
    ['records', grouped(summary.records)],
  ];
}

/** The summary in a card. */
export const summaryLines = (summary: SessionSummary, width: number): readonly Line[] =>
  facts(
    'The session',
    summaryFacts(summary).map(([key, value]) => [safeText(key), safeText(value)] as const),
    width,
  );
