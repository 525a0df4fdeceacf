// One line of the checklist (S32): the facts it may rest on, and how a verdict is said.
import type { Verification } from './audit/verify.ts';
import type { Config } from './config.ts';
import type { ProviderDescription } from './outside/oidc.ts';
import type { Result } from './protocol/errors.ts';
import type { Instant, Role, Tier } from './protocol/nouns.ts';

export type CheckVerdict = 'pass' | 'fail' | 'unknown';
export type CheckLine = {
  /** Stable, for scripts. */
  readonly id: string;
  readonly verdict: CheckVerdict;
  /** One sentence; may hold names and paths that people chose: shown through safeText. */
  readonly sentence: string;
  /** What mends it, mostly a command; only where it does not pass. */
  readonly fix?: string;
};

export type CheckedPerson = {
  readonly name: string;
  readonly role: Role;
  readonly status: 'invited' | 'active' | 'suspended';
  readonly hasFactor: boolean;
  /** When they were added; undefined = the log does not say (any more). */
  readonly addedAt: Instant | undefined;
};

/** Who may do what on servers of a tier without anybody else (S50). Names, sorted. */
export type Duty = {
  readonly tier: Tier;
  /** May ask for access there, and give it to another by one approval: two of them can serve each other. */
  readonly alone: readonly string[];
  /** May approve a request of their own. */
  readonly own: readonly string[];
};

/** What the checklist rests on. Instants in ms since 1970; paths below the data folder, without it. */
export type CheckFacts = {
  readonly now: Instant;
  /** The data folder, as it is to be written in commands. */
  readonly data: string;
  readonly config: Config;
  readonly files: {
    readonly count: number;
    /** Readable or writable by others than their owner; public certificates are not among them. */
    readonly loose: readonly string[];
    /** Owned by somebody else than the folder is. */
    readonly foreign: readonly string[];
    readonly missingKeys: readonly string[];
    /** Symbolic links and other things that are neither file nor folder. */
    readonly strange: readonly string[];
    /** What could not be looked at. */
    readonly unreadable: readonly string[];
  };
  /** `blocked`: something stands where the lock is, and no gateway could take it. */
  readonly lock: 'held' | 'free' | 'blocked';
  readonly log: Pick<Verification, 'verdict' | 'seq' | 'reason' | 'records'>;
  readonly savedState: 'there' | 'missing';
  /** Of the newest record; undefined when it cannot be read. */
  readonly lastRecordAt: Instant | undefined;
  /** When they end. `server` undefined = none was made yet. */
  readonly certificates: Result<{ readonly authority: Instant; readonly server: Instant | undefined }>;
  readonly provider: Result<ProviderDescription>;
  /** Bytes, the less of the data folder and of the recordings. */
  readonly disk: { readonly free: number; readonly total: number } | undefined;
  /** Of the state the log gives; undefined when the log cannot be believed. */
  readonly people: readonly CheckedPerson[] | undefined;
  readonly factorRequired: boolean | undefined;
  /** By tier; undefined when the log cannot be believed, or its policies do not fit this program. */
  readonly duties: readonly Duty[] | undefined;
  /** As the config names them, and as the gateway remembers what they took; nobody is asked. */
  readonly anchors: { readonly rows: readonly CheckedAnchor[] };
};

export type CheckedAnchor = {
  readonly name: string;
  /** Why whoever holds this host could rewrite what it holds; undefined = nothing is known against it. */
  readonly against: string | undefined;
  readonly takenAt: Instant | undefined;
  /** When the oldest head that it lacks was signed. */
  readonly waitsSince: Instant | undefined;
};

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const mebibyte = 1024 * 1024;

export const pass = (id: string, sentence: string): CheckLine => ({ id, verdict: 'pass', sentence });
export const fail = (id: string, sentence: string, fix: string): CheckLine => ({ id, verdict: 'fail', sentence, fix });
export const unknown = (id: string, sentence: string, fix: string): CheckLine => ({ id, verdict: 'unknown', sentence, fix });

/** A few of many. */
export function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** A length of time in whole days, hours, minutes or seconds, rounded down. `ms`: milliseconds. */
export function span(ms: number): string {
  if (ms >= 2 * day) return `${Math.floor(ms / day)} days`;
  if (ms >= 2 * hour) return `${Math.floor(ms / hour)} hours`;
  return ms >= 2 * minute ? `${Math.floor(ms / minute)} minutes` : `${Math.floor(ms / 1000)} seconds`;
}

export const dayOf = (at: Instant): string => new Date(at).toISOString().slice(0, 10);
