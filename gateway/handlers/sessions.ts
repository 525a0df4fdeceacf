// session.*: the list a person sees, and opening, coming back to, watching, sizing, leaving and stopping live sessions. Each way in is decided by
// itself, a re-attach and a watch as much as an opening (T2), and in the log before anything runs (law 1).

import { type Server, tierOf } from '../access/server.ts';
import { inSlices } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { idRandomBytes, mintId, type SessionId } from '../protocol/ids.ts';
import { recordingKeyBytes, recordingKeyDigest, recordingKeyName } from '../relay/open-hub.ts';
import { ended } from '../session/ending.ts';
import { started } from '../session/start.ts';
import type { Call, Handler, Parts } from './call.ts';
import { fitting, takeOver } from './joining.ts';
import { serverFor, sessionFor } from './resolve.ts';
import { sessionRow, sessionRowFor } from './rows.ts';

export const listSessions: Handler<'session.list'> = async ({ parts, caller }, { ended = false }) => {
  const wanted = rows(parts.log.settled.sessions).filter((session) => ended || session.state !== 'ended');
  const sessions = await inSlices(
    wanted,
    (session) => sessionRowFor(parts, caller, session),
    () => parts.clock.mono(),
  );
  return fine({ sessions: sessions.toSorted((a, b) => b.startedAt - a.startedAt) });
};

export const showSession: Handler<'session.show'> = async (call, { session }) => {
  const found = await sessionFor(call, 'session.see', session);
  return found.ok ? fine({ session: sessionRow(call.parts, call.caller, found.value.session) }) : found;
};

export const openSession: Handler<'session.open'> = async (call, { server: reference, user: wanted, size, profile }) => {
  const found = await serverFor(call, 'shell.open', reference);
  if (!found.ok) return found;
  const { server, decision } = found.value;
  const user = wanted ?? decision.users[0];
  if (user !== undefined && !decision.users.includes(user))
    return refuse('os-user', `${user} is not among those allowed to you there`);
  const { parts, caller, connection, request } = call;
  const room = await roomFor(call);
  if (!room.ok) return room;
  // Told before anything is in the log: a server that is away is nothing that happened.
  if (!parts.hub.presence(server.id).online) return refuse('offline', server.name);

  const { chance, vault, log, settings, enforcer } = parts;
  const key = chance.bytes(recordingKeyBytes);
  const recording = mintId('rec', chance.bytes(idRandomBytes));
  await vault.put(recordingKeyName(recording), key);
  const session = mintId('ses', chance.bytes(idRandomBytes));
  const participant = mintId('par', chance.bytes(idRandomBytes));
  const tier = tierOf(server.labels);
  const moderators = moderatorsFor(call, server);
  let said = false;
  const beginning = log.commit((state) => {
    const live = rows(state.sessions).filter((row) => row.state !== 'ended' && row.person === caller.person.id);
    if (live.length >= settings.sessionsPerPerson)
      return { events: [], answer: refuse('limit', `${settings.sessionsPerPerson} live sessions`) };
    const onTier = settings.sessionsPerPersonOnTier[tier];
    if (live.filter((row) => row.tier === tier).length >= onTier)
      return { events: [], answer: refuse('limit', `${onTier} live sessions on ${tier} servers`) };
    // Between the decision and here the person, the sign-in or the server may have gone: then nothing begins.
    if (state.people[caller.person.id]?.status !== 'active' || state.logins[caller.login.id] === undefined)
      return { events: [], answer: refuse('login-revoked') };
    if (state.servers[server.id] === undefined) return { events: [], answer: refuse('not-found') };
    const events = started({
      actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
      address: connection.address,
      request,
      session,
      server: server.id,
      person: caller.person.id,
      login: caller.login.id,
      user,
      level: decision.level,
      tier,
      size,
      recording,
      keyDigest: recordingKeyDigest(key),
      participant,
      policies: decision.policies,
      policyDigest: enforcer.policyDigest,
      moderators,
    });
    said = true;
    return { events, answer: fine(undefined) };
  });
  const begun = await beginning.catch((error: unknown) => {
    if (said) endWhenSettled(log, session);
    throw error;
  });
  const row = log.settled.sessions[session];
  if (!begun.ok || row === undefined) {
    await vault.remove([recordingKeyName(recording)]);
    return begun.ok ? refuse('session-ended') : begun;
  }
  const seat = await parts.hub.open(row, caller, connection, profile);
  return seat.ok ? fine({ session: rowNow(call, session), ...seat.value }) : seat;
};

/** How many must be present beside the one who opens a shell there (E2): asked of policy, none where it lets a person be alone. */
function moderatorsFor({ parts, caller }: Call, server: Server): number {
  const alone = parts.enforcer.decide(caller, 'shell.alone', { kind: 'server', server });
  return alone.verdict === 'allow' ? 0 : parts.enforcer.moderators(alone.policies);
}

/** The log refused because its disk was slow, and may come to hold the beginning all the same (A41): then it is over at once, and counts against nobody. */
function endWhenSettled(log: Parts['log'], session: SessionId): void {
  const facts = { reason: 'recording-failed', why: 'the audit log took too long', bytes: 0, lostBytes: 0, survivors: 0 } as const;
  const over = (): boolean => {
    if (log.settled.sessions[session] === undefined) return false;
    // A log that cannot be written ends the process.
    log
      .commit((state) => ({ events: ended(state.sessions[session], facts, undefined), answer: undefined }))
      .catch(() => undefined);
    return true;
  };
  if (over()) return;
  const stop = log.onSettled(() => {
    if (over()) stop();
  });
}

/** R4: no new session below the floor of free space. */
async function roomFor({ parts }: Call): Promise<Result<undefined>> {
  const free = await parts.casts.freeBytes().catch(() => undefined);
  if (free === undefined) return refuse('disk-low', 'the disk does not say how full it is');
  return free < parts.settings.diskFloorBytes ? refuse('disk-low', `${Math.floor(free / 1_048_576)} MiB free`) : fine(undefined);
}

/** The row as it is after what was just done. */
function rowNow({ parts, caller }: Call, session: string) {
  const row = parts.log.settled.sessions[session];
  if (row === undefined) throw new Error('sessions are never removed');
  return sessionRow(parts, caller, row);
}

export const attachSession: Handler<'session.attach'> = async (
  call,
  { session: reference, size, profile, have, resume, takeOver: taking = false },
) => {
  if (taking) {
    const taken = await takeOver(call, reference);
    if (!taken.ok) return taken;
  }
  const found = await sessionFor(call, 'session.attach', reference);
  if (!found.ok) return found;
  const { session, decision } = found.value;
  if (session.state === 'ended') return refuse('session-ended');
  const fit = session.person === call.caller.person.id ? fine(undefined) : fitting(session, decision);
  if (!fit.ok) return fit;
  const seat = await call.parts.hub.attach(session, call.caller, call.connection, {
    size,
    profile,
    have,
    resume,
    policies: decision.policies,
    request: call.request,
  });
  return seat.ok ? fine({ session: rowNow(call, session.id), ...seat.value }) : seat;
};

export const resizeSession: Handler<'session.resize'> = async (
  { parts, connection },
  { channel, size, panX = 0, panY = 0, framesPerSecond },
) => {
  const done = parts.hub.resize(connection, channel, size, { x: panX, y: panY, framesPerSecond });
  return done.ok ? fine({}) : done;
};

export const detachSession: Handler<'session.detach'> = async ({ parts, connection }, { channel }) => {
  const done = await parts.hub.detach(connection, channel);
  return done.ok ? fine({}) : done;
};

export const killSession: Handler<'session.kill'> = async (call, { session: reference, why }) => {
  const found = await sessionFor(call, 'session.kill', reference);
  if (!found.ok) return found;
  const { session } = found.value;
  const ordered = await orderKill(call, session.id, why);
  if (!ordered.ok) return ordered;
  await call.parts.hub.kill(session.id, 'killed', call.caller.person.id, why);
  return fine({});
};

/** In the log before anything is killed (law 1), by somebody who is still there when its turn comes. */
const orderKill = ({ parts, caller, request }: Call, session: SessionId, why: string): Promise<Result<undefined>> =>
  parts.log.commit((state): { events: readonly NewEvent[]; answer: Result<undefined> } => {
    if (state.people[caller.person.id]?.status !== 'active' || state.logins[caller.login.id] === undefined)
      return { events: [], answer: refuse('login-revoked') };
    const row = state.sessions[session];
    if (row === undefined || row.state === 'ended') return { events: [], answer: refuse('session-ended') };
    return {
      events: [
        {
          type: 'session.kill-ordered',
          actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
          outcome: 'ok',
          target: row.server,
          session,
          request,
          data: { session, by: caller.person.id, why },
          personal: {},
        },
      ],
      answer: fine(undefined),
    };
  });

/** A key that goes before the driver's own paste (LOWBAND §5). */
export const interruptSession: Handler<'session.interrupt'> = ({ parts, connection }, { channel, key }) =>
  parts.hub.interrupt(connection, channel, key);

/** What the driver makes of advice (S43). */
export const advisedSession: Handler<'session.advised'> = ({ parts, connection }, { channel, answer }) =>
  parts.hub.advised(connection, channel, answer);

/** How much of one's input has come, so that one need not send more than the line carries. */
export const arrivedSession: Handler<'session.arrived'> = ({ parts, connection }, { channel }) =>
  Promise.resolve(parts.hub.arrived(connection, channel));

export const clipboardSession: Handler<'session.clipboard'> = async ({ parts, connection, request }, { channel, allow }) => {
  const done = await parts.hub.clipboard(connection, channel, allow, request);
  return done.ok ? fine({}) : done;
};
