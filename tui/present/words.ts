// The closed sets of the contract as glyph, word and hue: one table each, so that no state is told by colour alone (E47).

import type { BreakGlassRow, GrantRow, RequestRow } from '../../gateway/protocol/access-nouns.ts';
import type {
  AuditRow,
  DecisionTold,
  EndingReason,
  ParticipantRole,
  PersonRow,
  ServerRow,
  SessionRow,
  Tier,
} from '../../gateway/protocol/nouns.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Hue, Line, Span } from './span.ts';
import { span } from './span.ts';

type Look = { readonly glyph: string; readonly word: string; readonly hue: Hue };

export const serverStates: Readonly<Record<ServerRow['state'], Look>> = {
  online: { glyph: '●', word: 'online', hue: 'good' },
  offline: { glyph: '○', word: 'offline', hue: 'bad' },
  'never-seen': { glyph: '◌', word: 'never seen', hue: 'dim' },
};

export const sessionStates: Readonly<Record<SessionRow['state'], Look>> = {
  pending: { glyph: '◔', word: 'pending', hue: 'warn' },
  opening: { glyph: '◌', word: 'opening', hue: 'dim' },
  running: { glyph: '●', word: 'running', hue: 'good' },
  detached: { glyph: '◐', word: 'detached', hue: 'accent' },
  frozen: { glyph: '◼', word: 'frozen', hue: 'bad' },
  ended: { glyph: '○', word: 'ended', hue: 'dim' },
};

/** Who is in a session, as what. The sign stands before the name wherever there is no room for the word. */
export const roleLooks: Readonly<Record<ParticipantRole, Look>> = {
  driver: { glyph: '▸', word: 'drives', hue: 'plain' },
  peer: { glyph: '▹', word: 'peer', hue: 'plain' },
  observer: { glyph: '◦', word: 'observes', hue: 'plain' },
  moderator: { glyph: '◆', word: 'moderates', hue: 'plain' },
};

/** Why a session ends by itself, after "ends in 4m: ". */
export const endingWords: Readonly<Record<EndingReason, string>> = {
  exited: 'its program is over',
  killed: 'it is stopped',
  revoked: 'its person may no longer',
  'access-changed': 'access has changed',
  'agent-lost': 'its agent is gone',
  'agent-refused': 'its agent refuses',
  expired: 'longest life',
  idle: 'idle',
  locked: 'a lock',
  'gateway-gone': 'server away',
  'recording-failed': 'it cannot be recorded',
  'server-removed': 'its server is removed',
  'unknown-after-restore': 'nobody knows it',
};

/** The REC light (M9). */
export const recLights: Readonly<Record<SessionRow['rec'], Look>> = {
  on: { glyph: '●', word: 'REC', hue: 'bad' },
  behind: { glyph: '◐', word: 'late', hue: 'warn' },
  failed: { glyph: '✗', word: 'FAIL', hue: 'bad' },
  closed: { glyph: '○', word: 'kept', hue: 'dim' },
};

/** What an attach would ask for now. The square is a step-up. */
export const needs: Readonly<Record<ServerRow['needs'], Look>> = {
  nothing: { glyph: ' ', word: '', hue: 'dim' },
  factor: { glyph: '▣', word: 'code', hue: 'accent' },
  approval: { glyph: '◇', word: 'ask', hue: 'warn' },
  level: { glyph: '–', word: 'view', hue: 'dim' },
};

export const tiers: Readonly<Record<Tier, Look>> = {
  normal: { glyph: ' ', word: 'normal', hue: 'dim' },
  important: { glyph: '▲', word: 'important', hue: 'warn' },
  critical: { glyph: '◆', word: 'critical', hue: 'bad' },
};

export const severities: Readonly<Record<AuditRow['severity'], Look>> = {
  info: { glyph: '·', word: 'info', hue: 'dim' },
  warning: { glyph: '▲', word: 'warning', hue: 'warn' },
  alert: { glyph: '◆', word: 'alert', hue: 'bad' },
};

export const requestStates: Readonly<Record<RequestRow['state'], Look>> = {
  pending: { glyph: '◔', word: 'pending', hue: 'warn' },
  approved: { glyph: '✓', word: 'approved', hue: 'good' },
  denied: { glyph: '✗', word: 'denied', hue: 'bad' },
  expired: { glyph: '○', word: 'expired', hue: 'dim' },
  withdrawn: { glyph: '–', word: 'withdrawn', hue: 'dim' },
};

export const grantStates: Readonly<Record<GrantRow['state'], Look>> = {
  open: { glyph: '●', word: 'open', hue: 'good' },
  shut: { glyph: '◐', word: 'shut', hue: 'warn' },
  ended: { glyph: '○', word: 'ended', hue: 'dim' },
};

export const personStates: Readonly<Record<PersonRow['status'], Look>> = {
  active: { glyph: '●', word: 'active', hue: 'good' },
  invited: { glyph: '◔', word: 'invited', hue: 'warn' },
  suspended: { glyph: '◼', word: 'suspended', hue: 'bad' },
};

export const entranceStates: Readonly<Record<BreakGlassRow['state'], Look>> = {
  waiting: { glyph: '◔', word: 'waiting', hue: 'warn' },
  open: { glyph: '◆', word: 'OPEN', hue: 'bad' },
  over: { glyph: '○', word: 'over', hue: 'dim' },
  refused: { glyph: '✗', word: 'refused', hue: 'dim' },
};

export const verdicts: Readonly<Record<DecisionTold['verdict'], Look>> = {
  allow: { glyph: '✓', word: 'allowed', hue: 'good' },
  challenge: { glyph: '▣', word: 'takes a fresh code', hue: 'accent' },
  ask: { glyph: '◇', word: 'takes an approval', hue: 'warn' },
  deny: { glyph: '✗', word: 'not allowed', hue: 'bad' },
};

/** Glyph and word as pieces. */
export const looks = ({ glyph, word, hue }: Look): readonly Span[] => [span(word === '' ? '' : `${glyph} ${word}`, hue)];
export const dot = ({ glyph, hue }: Look): readonly Span[] => [span(glyph, hue)];

/** Foreign text as a piece (X1). */
export const foreign = (text: string, hue: Hue = 'plain'): Span => span(safeText(text), hue);

/** Whose a row is; one's own stands out. */
export const whose = (row: { readonly personName: string; readonly mine: boolean }): Line => [
  foreign(row.personName, row.mine ? 'accent' : 'plain'),
  span(row.mine ? ' (you)' : '', 'dim'),
];
