// The hub: everything live in one gateway process, put together. Opens, seats, ends; hears of every settled change and asks again who may stay.
// Decides nothing itself: whoever is let in was decided about before (handlers), whoever is put out, by the enforcer (re-check.ts).
import { createHash } from 'node:crypto';
import { AuditUnavailable, type Log } from '../audit/commit.ts';
import type { Caller } from '../policy/decision.ts';
import type { Enforcer } from '../policy/enforcer.ts';
import type { CastStore, CastWriter, Chance, Clock, Vault } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import {
  idRandomBytes,
  type LoginId,
  mintId,
  type ParticipantId,
  type RecordingId,
  type ServerId,
  type SessionId,
} from '../protocol/ids.ts';
import type { ParticipantRole } from '../protocol/nouns.ts';
import { paint } from '../screen/paint.ts';
import { blankScreen } from '../screen/screen.ts';
import { affected, type Happening } from '../session/affected.ts';
import { encodeKeyframe } from '../session/cast.ts';
import { ended, left, unfrozen } from '../session/ending.ts';
import type { Session } from '../session/session.ts';
import { joined, opened } from '../session/start.ts';
import type { AgentLeg } from './agent-leg.ts';
import { type Agents, openAgents } from './agents.ts';
import { openChanges } from './changes.ts';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import type { Ended, Live } from './live.ts';
import { openLive, titlePrefix } from './open-live.ts';
import { openPicture, type Picture } from './picture.ts';
import { answeringProfile, termOf } from './profile.ts';
import { type Member, standingIn } from './re-check.ts';
import { recover } from './recover.ts';
import type { Seat } from './seat.ts';
import { openStaleness } from './staleness.ts';

/** The part of the gateway's settings that matters here; spans in ms. */
export type HubSettings = {
  readonly sessionMs: { readonly normal: number; readonly important: number; readonly critical: number };
  readonly awayMs: { readonly normal: number; readonly important: number; readonly critical: number };
  readonly diskHardFloorBytes: number;
};

export type HubParts = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly vault: Vault;
  readonly casts: CastStore;
  readonly enforcer: Pick<Enforcer, 'decide' | 'policyDigest'>;
  readonly settings: HubSettings;
  /** Somebody typed on this connection: their sign-in is not idle (T7). At most once in {@link typedEveryMs}. */
  readonly onTyped?: (connection: Connection) => void;
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

export async function openHub(parts: HubParts): Promise<OpenHub> {
  const { clock, chance, log, vault, casts, enforcer, settings } = parts;
  const lives = new Map<SessionId, Live>();
  const typedAt = new WeakMap<Connection, number>();
  /** Ends that were asked for before the session was here. */
  const doomed = new Map<SessionId, Ended>();
  const changes = openChanges(clock);
  const staleness = openStaleness(clock, (login) => {
    for (const live of lives.values()) live.tellStanding(login);
  });
  let closing = false;

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

  function hold(session: Session, writer: CastWriter, picture: Picture, awayForMs = 0): Live {
    const live = openLive({
      session,
      writer,
      picture,
      serverName: serverName(session),
      boot: session.state === 'running' ? session.boot : undefined,
      awayForMs,
      clock,
      limits: { sessionMs: settings.sessionMs[session.tier], awayMs: settings.awayMs[session.tier] },
      tell: tell(session.id),
      nameOf: (person) => log.settled.people[person]?.name ?? 'somebody',
      signedIn: (login) => log.settled.logins[login] !== undefined,
      standingOf: staleness.of,
      changed: () => {
        changes.session(session.id);
        changes.server(session.server);
      },
      typed(connection) {
        if (clock.mono() - (typedAt.get(connection) ?? Number.NEGATIVE_INFINITY) < typedEveryMs) return;
        typedAt.set(connection, clock.mono());
        parts.onTyped?.(connection);
      },
      over: () => lives.delete(session.id),
    });
    lives.set(session.id, live);
    return live;
  }

  const seatAt = (connection: Connection, channel: number): { readonly live: Live; readonly seat: Seat } | undefined => {
    for (const live of lives.values())
      for (const seat of live.seats()) if (seat.connection === connection && seat.channel === channel) return { live, seat };
    return undefined;
  };

  async function join(
    session: Session,
    caller: Caller,
    connection: Connection,
    how: { readonly participant: ParticipantId; readonly role: ParticipantRole; readonly policies: readonly string[] },
  ): Promise<{ readonly ordinal: number } | undefined> {
    // Refused because the disk was slow, it may come to stand in the log all the same (A41): then whoever sits nowhere leaves at once.
    let said = false;
    let refused = false;
    let stands = false;
    const leave = (): void => {
      if (!refused || !stands) return;
      stop();
      void tell(session.id)((row) => left(row, how.participant, 'disconnected'));
    };
    const stop = log.onSettled((group) => {
      stands ||= group.some(({ event }) => event.type === 'session.joined' && event.data.participant === how.participant);
      leave();
    });
    const joining = log.commit((state) => {
      // Between the decision and here the person or the sign-in may have gone: then nobody comes in (T1).
      const gone = state.people[caller.person.id]?.status !== 'active' || state.logins[caller.login.id] === undefined;
      if (gone) return { events: [], answer: undefined };
      const done = joined(state.sessions[session.id], {
        actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
        address: connection.address,
        request: undefined,
        person: caller.person.id,
        login: caller.login.id,
        ...how,
      });
      said = done !== undefined;
      return { events: done?.events ?? [], answer: done };
    });
    try {
      const done = await joining;
      stop();
      return done;
    } catch (error) {
      refused = true;
      if (said) leave();
      else stop();
      throw error;
    }
  }

  /** The seats, and the driver's place while nobody sits in it: each is somebody to ask about. */
  const membersOf = (live: Live, row: Session): (Member & { readonly seat: Seat | undefined })[] => {
    const seated = live.seats().map((seat) => ({
      person: seat.person,
      login: seat.login,
      role: seat.role,
      address: seat.connection.address,
      seat,
    }));
    if (seated.some((one) => one.role === 'driver')) return seated;
    const last = row.participants.findLast((p) => p.role === 'driver' && p.person === row.person);
    return [...seated, { person: row.person, login: last?.login ?? row.login, role: 'driver', address: '', seat: undefined }];
  };
  function reCheck(ids: Iterable<SessionId>, signedOut: ReadonlySet<LoginId>, revoked: ReadonlySet<LoginId>): void {
    for (const id of ids) {
      const live = lives.get(id);
      const row = log.settled.sessions[id];
      if (live === undefined || live.ending || row === undefined || row.state === 'ended') continue;
      for (const member of membersOf(live, row)) {
        if (live.ending) break;
        const standing = standingIn(log.settled, enforcer, row, member, revoked);
        if (standing === 'stays') {
          // Signed out and nothing worse: the person goes, the program stays.
          if (member.seat !== undefined && signedOut.has(member.login)) void live.unseat(member.seat, 'logged-out');
        } else if (standing === 'server-removed' || (member.role === 'driver' && member.person === row.person))
          void live.end({ reason: standing });
        else if (member.seat !== undefined) void live.unseat(member.seat, 'revoked');
      }
    }
  }
  /** A login that ended between the log's yes and the seat was heard of when nobody sat there yet. */
  const goneOf = (login: LoginId): ReadonlySet<LoginId> => new Set(log.settled.logins[login] === undefined ? [login] : []);
  const stopListening = log.onSettled((group) => {
    const happenings: readonly Happening[] = group.map(({ event }) => event);
    const rows = [...lives.keys()].flatMap((id) => log.settled.sessions[id] ?? []);
    const { sessions, signedOut, revoked } = affected(happenings, rows);
    reCheck(sessions, signedOut, revoked);
    for (const happening of happenings) {
      staleness.hear(happening);
      if (happening.type === 'server.removed') agents.drop(happening.data.server);
      // Whoever ordered it may have been refused because the disk was slow (A41): what stands in the log is carried out all the same.
      if (happening.type === 'session.kill-ordered') {
        const { session, by, why } = happening.data;
        void kill(session, { reason: 'killed', by, why });
      }
    }
  });

  // Below the hard floor live sessions end while there is still room to say so (R4).
  let stopDiskLook = (): void => {};
  const diskLook = (): void => {
    stopDiskLook = clock.after(diskLookMs, async () => {
      // A disk that does not say ends nothing: what it cannot take, its recorders notice.
      const unknown = Number.POSITIVE_INFINITY;
      const free = lives.size === 0 ? unknown : await casts.freeBytes().catch(() => unknown);
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
    const leg = agents.leg(session.server);
    const live = hold(
      session,
      writer.value,
      openPicture(session.size, titlePrefix(serverName(session)), answeringProfile(profile)),
    );
    // What changed since the decision was heard of by nobody, because nobody was here yet.
    const signedIn = log.settled.logins[caller.login.id] !== undefined;
    reCheck([session.id], new Set(), signedIn ? new Set() : new Set([caller.login.id]));
    const doom = doomed.get(session.id);
    doomed.delete(session.id);
    if (doom !== undefined) void live.end(doom);
    if (live.ending) {
      await live.end({ reason: 'revoked' });
      return refuse('session-ended');
    }
    if (leg === undefined) {
      await live.end({ reason: 'agent-lost', why: 'the server was not connected' });
      return refuse('offline');
    }
    const asked = order(leg, session, live, termOf(profile));
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
    const seat = live.seatDriver(
      { participant: row.id, ordinal: row.ordinal, person: row.person, login: row.login, connection },
      { size: session.size, profile, have: undefined },
    );
    live.begin(leg.boot);
    return fine({ channel: seat.channel, participant: seat.participant, credit: seat.view.credit });
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
    if (session.frozen !== undefined) await tell(session.id)(unfrozen);
  }
  // Rights may have changed in the same instant as the stop: everybody is asked about once.
  reCheck([...lives.keys()], new Set(), new Set());
  diskLook();

  return {
    presence: agents.presence,
    leg: agents.leg,
    admit: agents.admit,
    gone: agents.gone,
    metricsOf: changes.server,
    live: (session) => lives.get(session)?.facts(),
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
        if (live.driver !== undefined) void live.unseat(live.driver, 'taken-over');
        const done = await join(session, caller, connection, { participant, role: 'driver', policies: how.policies });
        if (done === undefined || live.ending) return refuse('session-ended');
        const seat = live.seatDriver(
          { participant, ordinal: done.ordinal, person: caller.person.id, login: caller.login.id, connection },
          how,
        );
        reCheck([session.id], goneOf(caller.login.id), new Set());
        return fine({
          channel: seat.channel,
          participant,
          credit: seat.view.credit,
          inputOffset: live.inputOffset(done.ordinal) ?? 0,
        });
      });
    },

    async watch(session, caller, connection, how) {
      const live = lives.get(session.id);
      if (live === undefined || live.ending) return refuse('session-ended');
      if (live.seats().length >= mostSeats) return refuse('limit', `${mostSeats} people are in that session`);
      const participant = mintId('par', chance.bytes(idRandomBytes));
      const done = await join(session, caller, connection, { participant, role: 'observer', policies: how.policies });
      if (done === undefined || live.ending) return refuse('session-ended');
      const seat = live.seatObserver(
        { participant, ordinal: done.ordinal, person: caller.person.id, login: caller.login.id, connection },
        how,
      );
      reCheck([session.id], goneOf(caller.login.id), new Set());
      return fine({ channel: seat.channel, participant, credit: seat.view.credit });
    },

    resize(connection, channel, size, pan) {
      const at = seatAt(connection, channel);
      if (at === undefined) return refuse('session-ended');
      at.live.resize(at.seat, size, pan);
      return fine({});
    },

    async detach(connection, channel) {
      const at = seatAt(connection, channel);
      if (at === undefined) return refuse('session-ended');
      await at.live.unseat(at.seat, 'detached');
      return fine({});
    },

    async clipboard(connection, channel, allow) {
      const at = seatAt(connection, channel);
      if (at === undefined) return refuse('session-ended');
      if (at.seat.role !== 'driver') return refuse('not-driver');
      const { live, seat } = at;
      await log.commit(() => ({
        events: [
          {
            type: 'clipboard.allowed',
            actor: { kind: 'person', id: seat.person, login: seat.login },
            outcome: allow ? 'ok' : 'denied',
            target: live.session.server,
            session: live.session.id,
            data: { session: live.session.id, participant: seat.participant, allow },
            personal: {},
          },
        ],
        answer: undefined,
      }));
      // Somebody else may drive by now: it is not their yes.
      if (live.driver !== seat) return refuse('session-ended');
      live.clipboard(allow);
      return fine({});
    },

    kill: (session, reason, by, why) => kill(session, { reason, by, why }),

    dropAgent: agents.drop,

    async close() {
      closing = true;
      stopListening();
      stopDiskLook();
      staleness.close();
      changes.close();
      agents.close();
      await Promise.all([...lives.values()].map((live) => live.leave()));
    },
  };
}
