// What a handler gets and gives. Handlers decide nothing by themselves: they ask `enforce`, commit a transition, and answer.
import type { AuditIndex } from '../audit/candidates.ts';
import type { Log } from '../audit/commit.ts';
import type { Kept } from '../audit/kept.ts';
import type { Trail } from '../audit/trail.ts';
import type { TrailBoard } from '../audit/trail-board.ts';
import type { Caller } from '../policy/decision.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import type { CastStore, Chance, Clock, IdentityProvider, Signer, Vault } from '../ports.ts';
import type { Result } from '../protocol/errors.ts';
import type { Gives, RequestType, Takes } from '../protocol/operator.ts';
import type { AlertRow } from '../protocol/trail-nouns.ts';
import type { Connection } from '../relay/connection.ts';
import type { Hub } from '../relay/hub.ts';
import type { Sinks } from './sinking.ts';

/** Everything a handler may use. */
export type Parts = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  /** Finds records of the log without reading all of it; without one, all of it is read. */
  readonly index?: AuditIndex;
  readonly vault: Vault;
  readonly signer: Signer;
  readonly provider: IdentityProvider;
  readonly casts: CastStore;
  readonly enforcer: Enforcer;
  readonly hub: Hub;
  readonly settings: Settings;
  /** What the log proves about itself. */
  readonly trail: Trail;
  /** How it is kept outside, as of now. */
  readonly board: TrailBoard;
  /** How it is kept on disk. */
  readonly kept: Kept;
  /** Who is told of what happens; absent where nothing leaves the gateway. */
  readonly signals?: { readonly sinks: Sinks; readonly rules: readonly AlertRow[] };
};

/** What an operator of the gateway may set; defaults in config.ts. */
export type Settings = {
  readonly name: string;
  /** How often the provider is asked again about people with live logins, ms (D1). */
  readonly refreshMs: number;
  /** Longest sign-in, ms (T7: 12 h). */
  readonly loginMs: number;
  /** Idle sign-in, ms (T7: 30 min). */
  readonly loginIdleMs: number;
  /** A detached or gateway-less session lives this long, by tier, ms (TRUST §0). */
  readonly sessionMs: { readonly normal: number; readonly important: number; readonly critical: number };
  readonly awayMs: { readonly normal: number; readonly important: number; readonly critical: number };
  /** No new session below this many free bytes (R4). */
  readonly diskFloorBytes: number;
  /** Live sessions end below this. */
  readonly diskHardFloorBytes: number;
  /** What becomes of them there. */
  readonly diskFull: 'end-sessions' | 'until-it-fails';
  readonly sessionsPerPerson: number;
  readonly sessionsPerPersonOnTier: { readonly normal: number; readonly important: number; readonly critical: number };
  /** Without a key or a byte of output, by tier, ms. */
  readonly idleMs: { readonly normal: number; readonly important: number; readonly critical: number };
  /** Segments of the log whose newest record is older, in days, may be purged. */
  readonly keepDays: number;
  /** The same for recordings, since their session ended. */
  readonly keepRecordingDays: number;
  readonly presenceMs: number;
  readonly extendMs: number;
  /** Address agents and people use, e.g. https://gw.example:7443 */
  readonly publicUrl: string;
  /** PEM of the gateway's CA; undefined on plain loopback. */
  readonly caPem: string | undefined;
};

/** A request of somebody who is not signed in (only login.*). */
export type OpenCall = { readonly parts: Parts; readonly connection: Connection; readonly request: string };
/** A request of somebody who is. */
export type Call = OpenCall & { readonly caller: Caller };

export type OpenHandler<T extends RequestType> = (call: OpenCall, body: Takes<T>) => Promise<Result<Gives<T>>>;
export type Handler<T extends RequestType> = (call: Call, body: Takes<T>) => Promise<Result<Gives<T>>>;
