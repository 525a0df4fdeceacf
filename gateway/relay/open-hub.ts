// The hub: everything live in one gateway process, put together. Opens, seats, ends; hears of every settled change and asks again who may stay.
// Decides nothing itself: whoever is let in was decided about before (handlers), whoever is put out, by the enforcer (re-check.ts).
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { AuditUnavailable, type Log } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import type { Caller } from '../policy/decision.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import type { CastStore, CastWriter, Chance, Clock, Vault } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import {
  idRandomBytes,
  type LoginId,
  mintId,
  type PersonId,
  type RecordingId,
  type ServerId,
  type SessionId,
} from '../protocol/ids.ts';
import type { JoinableRole } from '../protocol/nouns.ts';
import type { Push } from '../protocol/operator.ts';
import { paint } from '../screen/paint.ts';
import { blankScreen } from '../screen/screen.ts';
import type { Happening } from '../session/affected.ts';
import { encodeKeyframe } from '../session/cast.ts';
import { ended, unfrozen } from '../session/ending.ts';
import type { Session } from '../session/session.ts';
import { opened } from '../session/start.ts';
import type { AgentLeg } from './agent-leg.ts';
import { type Agents, openAgents } from './agents.ts';
import { openChanges } from './changes.ts';
import type { Connection } from './connection.ts';
import { heldText } from './freezes.ts';
import { type History, openHistory } from './history.ts';
import type { Hub } from './hub.ts';
import { join } from './joining.ts';
import type { Ended, Live } from './live.ts';
import { openLive, titlePrefix } from './open-live.ts';
import { openPicture, type Picture } from './picture.ts';
import { answeringProfile, termOf } from './profile.ts';
import { recover } from './recover.ts';
import { openRights } from './rights.ts';
import type { Seat } from './seat.ts';
import { seatRequests } from './seat-requests.ts';
import { openStaleness } from './staleness.ts';
import { openTurns } from './turns.ts';

/** The part of the gateway's settings that matters here; spans in ms. */
export type HubSettings = {
  readonly sessionMs: { readonly normal: number; readonly important: number; readonly critical: number };
  readonly awayMs: { readonly normal: number; readonly important: number; readonly critical: number };
  readonly idleMs: { readonly normal: number; readonly important: number; readonly critical: number };
  /** How long a moderator counts as present without a key. */
  readonly presenceMs: number;
  readonly diskHardFloorBytes: number;
  readonly diskFull: 'end-sessions' | 'until-it-fails';
};

export type HubParts = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly vault: Vault;
  readonly casts: CastStore;
  readonly enforcer: Pick<Enforcer, 'decide' | 'policyDigest' | 'advises' | 'advice'>;
  readonly settings: HubSettings;
  /** Somebody typed on this connection: their sign-in is not idle (T7). At most once in {@link typedEveryMs}. */
  readonly onTyped?: (connection: Connection) => void;
  /** Somebody is wanted in a session. */
  readonly onCalled?: (people: readonly PersonId[], push: Extract<Push, { type: 'session.called' }>) => void;
};

/** The hub, and the door for agents that wire/agent-socket.ts brings. */
export type OpenHub = Hub &
  Pick<Agents, 'leg' | 'admit' | 'gone'> & {
    /** Metrics of a server came. */
    metricsOf(server: ServerId): void;
  };

/** Where the key of a recording is in the vault. */
export const recordingKeyName = (recording: RecordingId): string => `recording:${recording}`;
export const recordingKeyBytes = 32;
/** SHA-256 hex of a recording's key, as the log names it. */
export const recordingKeyDigest = (key: Uint8Array): string => createHash('sha256').update(key).digest('hex');

/** People in one session at once, each with a view of their own. */
export const mostSeats = 128;
/** How often free space is looked at while sessions live. */
export const diskLookMs = 5_000;
const typedEveryMs = 5_000;
const messageText = v.object({ text: v.string() });

export async function openHub(parts: HubParts): Promise<OpenHub> {
  const { clock, chance, log, vault, casts, enforcer, settings } = parts;
  const lives = new Map<SessionId, Live>();
  const histories = new Map<SessionId, History>();
  const turns = openTurns(clock);
  const typedAt = new WeakMap<Connection, number>();
  /** Ends that were asked for before the session was here. */
  const doomed = new Map<SessionId, Ended>();
  const changes = openChanges(clock);
  const staleness = openStaleness(clock, rows(log.settled.logins), (login) => {
    for (const live of lives.values()) live.tellStanding(login);
  });
  let closing = false;
  const rights = openRights(log, enforcer, lives, clock);

  const keyOf = (recording: RecordingId): Uint8Array | undefined => vault.get(recordingKeyName(recording));
  const serverName = (session: Session): string => log.settled.servers[session.server]?.name ?? 'removed';
  const agents = openAgents({
    log,
    clock,
    live: (session) => lives.get(session),
    liveOn: (server) => [...lives.values()].filter((live) => live.session.server === server),
    changed: changes.server,
  });
  /** A log that cannot be written ends the process (D2); until it has, nothing here waits for it for ever. */
  const tell = (session: SessionId) => async (transition: (row: Session | undefined) => readonly NewEvent[]) => {
    try {
      await log.commit((state) => ({ events: transition(state.sessions[session]), answer: undefined }));
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
    }
  };

  /** Sessions whose shell waits for a moderator, and how it goes on. */
  const pending = new Map<SessionId, () => void>();
  function call(
    session: Session,
    people: readonly PersonId[],
    role: JoinableRole,
    why: 'moderation' | 'invitation',
    by: PersonId,
  ) {
    parts.onCalled?.(people, {
      type: 'session.called',
      session: session.id,
      serverName: serverName(session),
      by: log.settled.people[by]?.name ?? 'somebody',
      role,
      why,
    });
  }

  function hold(session: Session, writer: CastWriter, picture: Picture, awayForMs = 0): Live {
    const key = keyOf(session.recording);
    const history = key && openHistory({ casts, recording: session.recording, key, turns, clock, picture });
    if (history !== undefined) histories.set(session.id, history);
    const live = openLive({
      session,
      keyframed: (position) => history?.keyframed(position),
      writer,
      picture,
      serverName: serverName(session),
      boot: session.state === 'running' ? session.boot : undefined,
      awayForMs,
      clock,
      limits: {
        sessionMs: settings.sessionMs[session.tier],
        awayMs: settings.awayMs[session.tier],
        idleMs: settings.idleMs[session.tier],
        presenceMs: settings.presenceMs,
      },
      tell: tell(session.id),
      eligible: () => rights.eligible(session.id).map((person) => log.settled.people[person]?.name ?? 'somebody'),
      moderated: (enough) => {
        if (enough) pending.get(session.id)?.();
        else call(session, rights.eligible(session.id), 'moderator', 'moderation', session.person);
      },
      advises: () => enforcer.advises,
      advice({ person: who, login: by, connection }, line) {
        const state = log.settled;
        const row = state.sessions[session.id];
        const person = state.people[who];
        const login = state.logins[by];
        const device = login && state.devices[login.device];
        if (row === undefined || person === undefined || login === undefined || device === undefined) return undefined;
        const caller = { person, login, device, address: connection.address };
        return enforcer.advice(caller, { kind: 'session', session: row, server: state.servers[row.server] }, line);
      },
      nameOf: (person) => log.settled.people[person]?.name ?? 'somebody',
      signedIn: (login) => log.settled.logins[login] !== undefined,
      standingOf: staleness.of,
      glassUntil: (login) => log.settled.entrances[log.settled.logins[login]?.breakGlass ?? '']?.until,
      changed: () => {
        changes.session(session.id);
        changes.server(session.server);
      },
      typed(connection) {
        if (clock.mono() - (typedAt.get(connection) ?? Number.NEGATIVE_INFINITY) < typedEveryMs) return;
        typedAt.set(connection, clock.mono());
        parts.onTyped?.(connection);
      },
      over: () => {
        lives.delete(session.id);
        histories.delete(session.id);
        history?.close();
        pending.get(session.id)?.();
      },
    });
    lives.set(session.id, live);
    return live;
  }

  const seatAt = (connection: Connection, channel: number): { readonly live: Live; readonly seat: Seat } | undefined => {
    for (const live of lives.values())
      for (const seat of live.seats()) if (seat.connection === connection && seat.channel === channel) return { live, seat };
    return undefined;
  };

  /** A login that ended between the log's yes and the seat was heard of when nobody sat there yet. */
  const goneOf = (login: LoginId): ReadonlySet<LoginId> => new Set(log.settled.logins[login] === undefined ? [login] : []);
  const stopListening = log.onSettled((group) => {
    const happenings: readonly Happening[] = group.map(({ event }) => event);
    rights.hear(happenings);
    for (const happening of happenings) {
      staleness.hear(happening);
      if (happening.type === 'server.removed') agents.drop(happening.data.server);
      // Whoever ordered it may have been refused because the disk was slow (A41): what stands in the log is carried out all the same.
      if (happening.type === 'session.kill-ordered') {
        const { session, by, why } = happening.data;
        void kill(session, { reason: 'killed', by, why });
      }
      carryOut(happening);
    }
  });
  const nameOf = (person: PersonId | undefined): string =>
    (person === undefined ? undefined : log.settled.people[person]?.name) ?? 'somebody';
  /** What stands in the log about a live session is made so here, and nowhere before (law 1). */
  function carryOut({ type, data, personal }: Happening & { readonly personal?: unknown }): void {
    const live = 'session' in data && data.session !== undefined ? lives.get(data.session) : undefined;
    if (live === undefined) return;
    switch (type) {
      case 'session.frozen':
        if (data.cause === 'held') live.freeze('held', heldText(nameOf(data.by), data.why ?? ''));
        return;
      case 'session.unfrozen':
        if (data.cause === 'held') live.unfreeze('held', `${nameOf(data.by)} let the session go on.`);
        return;
      case 'session.handed':
        return live.handed(data.to);
      case 'session.left': {
        const seat = data.cause === 'put-out' ? live.seats().find((one) => one.participant === data.participant) : undefined;
        if (seat !== undefined) void live.unseat(seat, 'put-out', true);
        return;
      }
      case 'session.messaged': {
        const text = v.safeParse(messageText, personal);
        return live.say(`${nameOf(data.by)}: ${text.success ? text.output.text : ''}`);
      }
      case 'session.extended':
        return live.extend(data.until);
      case 'session.shared':
        return call(live.session, [data.person], data.role, 'invitation', data.by);
      default:
    }
  }

  // Below the hard floor live sessions end while there is still room to say so (R4).
  let stopDiskLook = (): void => {};
  const diskLook = (): void => {
    stopDiskLook = clock.after(diskLookMs, async () => {
      // A disk that does not say ends nothing: what it cannot take, its recorders notice.
      const unknown = Number.POSITIVE_INFINITY;
      const free =
        lives.size === 0 || settings.diskFull === 'until-it-fails' ? unknown : await casts.freeBytes().catch(() => unknown);
      if (free < settings.diskHardFloorBytes)
        for (const live of lives.values()) void live.end({ reason: 'recording-failed', why: 'no room left on the gateway' });
      if (!closing) diskLook();
    });
  };

  async function open(
    session: Session,
    caller: Caller,
    connection: Connection,
    profile: Parameters<Hub['open']>[3],
  ): ReturnType<Hub['open']> {
    const row = session.participants.find((p) => p.role === 'driver' && p.login === caller.login.id);
    const key = keyOf(session.recording);
    if (row === undefined || key === undefined)
      throw new Error('a session is opened by who started it, with its key in the vault');
    const writer = await casts.create(session.recording, key);
    if (!writer.ok) return failed(session, 'recording-failed', refuse('recording-failed', writer.problem.detail));
    // The recording begins, on disk, before anything can run (A1, A2).
    const { cols, rows } = session.size;
    const blank = blankScreen(cols, rows);
    writer.value.append({ kind: 'keyframe', seq: 0, at: clock.now(), bytes: encodeKeyframe(session.size, paint(blank, blank)) });
    const begun = await writer.value.sync();
    if (!begun.ok) {
      await writer.value.leave?.().catch(() => undefined);
      return failed(session, 'recording-failed', refuse('recording-failed', begun.problem.detail));
    }
    const live = hold(
      session,
      writer.value,
      openPicture(session.size, titlePrefix(serverName(session)), answeringProfile(profile)),
    );
    // What changed since the decision was heard of by nobody, because nobody was here yet.
    const signedIn = log.settled.logins[caller.login.id] !== undefined;
    rights.check([session.id], new Set(), signedIn ? new Set() : new Set([caller.login.id]));
    const doom = doomed.get(session.id);
    doomed.delete(session.id);
    if (doom !== undefined) void live.end(doom);
    if (live.ending) {
      await live.end({ reason: 'revoked' });
      return refuse('session-ended');
    }
    const joiner = { participant: row.id, ordinal: row.ordinal, person: row.person, login: row.login, connection };
    const seated = () => live.seatDriver(joiner, { size: session.size, profile, have: undefined });
    if (!live.moderated) {
      // Nothing runs until somebody is there; whoever opened it sees for whom it waits (E2).
      const seat = seated();
      pending.set(session.id, () => {
        pending.delete(session.id);
        if (!live.ending) void run(session, live, profile);
      });
      return fine({ channel: seat.channel, participant: seat.participant, credit: seat.view.credit });
    }
    const ran = await run(session, live, profile, seated);
    return ran.ok && ran.value !== undefined
      ? fine({ channel: ran.value.channel, participant: ran.value.participant, credit: ran.value.view.credit })
      : ran.ok
        ? refuse('session-ended')
        : ran;
  }
  /** Has the agent open the shell. `seat`: takes the driver's seat once it is there. Whatever goes wrong ends the session. */
  async function run(
    session: Session,
    live: Live,
    profile: Parameters<Hub['open']>[3],
    seat?: () => Seat,
  ): Promise<Result<Seat | undefined>> {
    const leg = agents.leg(session.server);
    if (leg === undefined) {
      await live.end({ reason: 'agent-lost', why: 'the server was not connected' });
      return refuse('offline');
    }
    const asked = order(leg, { ...session, size: live.facts().size }, live, termOf(profile));
    live.ordered(asked.line);
    const pid = await asked.opened;
    if (live.ending) {
      await live.end({ reason: 'killed' });
      return refuse('session-ended');
    }
    if (!pid.ok) {
      const { code, detail } = pid.problem;
      const lost = code === 'offline';
      await live.end({ reason: lost ? 'agent-lost' : 'agent-refused', why: (detail ?? code).slice(0, 500) });
      return pid;
    }
    await tell(session.id)((staged) => opened(staged, leg.boot, pid.value));
    if (live.ending) return refuse('session-ended');
    const taken = seat?.();
    live.begin(leg.boot);
    return fine(taken);
  }
  function order(leg: AgentLeg, session: Session, live: Live, term: string) {
    const { id, user, level, size, tier } = session;
    return leg.open(
      {
        session: id,
        ...(user === undefined ? {} : { user }),
        level,
        size,
        term,
        lang: 'C.UTF-8',
        hangUpAfterMs: settings.awayMs[tier],
        policy: enforcer.policyDigest,
      },
      live.events,
    );
  }
  async function kill(session: SessionId, how: Ended): Promise<void> {
    const live = lives.get(session);
    if (live !== undefined) await live.end(how);
    else if (log.settled.sessions[session]?.state === 'opening') doomed.set(session, how);
  }
  async function failed(session: Session, reason: 'recording-failed', problem: Result<never>): Promise<Result<never>> {
    await tell(session.id)((row) => ended(row, { reason, bytes: 0, lostBytes: 0, survivors: 0 }, undefined));
    return problem;
  }

  for (const { session, writer, picture, lastAt } of await recover({
    log,
    casts,
    keyOf,
    titlePrefixOf: (session) => titlePrefix(serverName(session)),
  })) {
    hold(session, writer, picture, Math.max(0, clock.now() - lastAt));
    // It can be recorded again: its file was just found whole.
    await tell(session.id)((row) => unfrozen(row, 'recording'));
  }
  // Rights may have changed in the same instant as the stop: everybody is asked about once.
  rights.check([...lives.keys()], new Set(), new Set());
  diskLook();

  return {
    presence: agents.presence,
    leg: agents.leg,
    admit: agents.admit,
    gone: agents.gone,
    metricsOf: changes.server,
    live: (session) => lives.get(session)?.facts(),
    history: (session) => histories.get(session),
    onChange: changes.listen,
    open,

    async attach(session, caller, connection, how) {
      const live = lives.get(session.id);
      if (live === undefined || live.ending) return refuse('session-ended');
      return live.inTurn(async () => {
        const { resume } = how;
        const before =
          resume === undefined ? undefined : log.settled.sessions[session.id]?.participants.find((p) => p.id === resume);
        // Who resumes goes on with their own numbering, where it is known how far it got; everybody else begins anew.
        const known =
          before !== undefined &&
          before.person === caller.person.id &&
          before.role === 'driver' &&
          live.inputOffset(before.ordinal) !== undefined;
        const participant = known ? before.id : mintId('par', chance.bytes(idRandomBytes));
        const sitting = live.driver;
        const done = await join(log, tell(session.id), {
          session: session.id,
          caller,
          address: connection.address,
          participant,
          role: 'driver',
          policies: how.policies,
          request: how.request,
          instead: sitting?.participant,
        });
        if (done === undefined || live.ending) return refuse('session-ended');
        if (live.driver !== undefined) await live.unseat(live.driver, 'taken-over', live.driver === sitting);
        const seat = live.seatDriver(
          { participant, ordinal: done.ordinal, person: caller.person.id, login: caller.login.id, connection },
          how,
        );
        rights.check([session.id], goneOf(caller.login.id), new Set());
        return fine({
          channel: seat.channel,
          participant,
          credit: seat.view.credit,
          inputOffset: live.inputOffset(done.ordinal) ?? 0,
        });
      });
    },

    async join(session, caller, connection, how) {
      const live = lives.get(session.id);
      if (live === undefined || live.ending) return refuse('session-ended');
      if (live.seats().length >= mostSeats) return refuse('limit', `${mostSeats} people are in that session`);
      const participant = mintId('par', chance.bytes(idRandomBytes));
      const { role, policies, request } = how;
      const address = connection.address;
      const done = await join(log, tell(session.id), {
        session: session.id,
        caller,
        address,
        participant,
        role,
        policies,
        request,
      });
      if (done === undefined || live.ending) return refuse('session-ended');
      const seat = live.seatGuest(
        { participant, ordinal: done.ordinal, person: caller.person.id, login: caller.login.id, connection },
        role,
        how,
      );
      rights.check([session.id], goneOf(caller.login.id), new Set());
      return fine({ channel: seat.channel, participant, credit: seat.view.credit });
    },

    ...seatRequests({ log, clock, at: seatAt, nameOf }),

    kill: (session, reason, by, why) => kill(session, { reason, by, why }),

    dropAgent: agents.drop,

    async close() {
      closing = true;
      stopListening();
      stopDiskLook();
      for (const history of histories.values()) history.close();
      staleness.close();
      changes.close();
      agents.close();
      await Promise.all([...lives.values()].map((live) => live.leave()));
    },
  };
}
