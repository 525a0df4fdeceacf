// fold(state, event): what an event does to the state (law 2). Exhaustive by type. The given state is changed in place and returned:
// staged and settled state are two folds of the same log, each owned by the log alone. Rows are replaced, never changed.

import type { Enrolment } from '../access/server.ts';
import { noAttempts, type Person } from '../identity/person.ts';
import { placeOf } from '../identity/place.ts';
import type { EventType } from '../protocol/events.ts';
import type { PersonId, SessionId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Session } from '../session/session.ts';
import { foldAccess } from './fold-access.ts';
import { foldTrail, isTrail } from './fold-trail.ts';
import type { FoldedEvent } from './folded.ts';
import type { State, Table } from './state.ts';
import { change, changePerson, put } from './table.ts';

/** Ended logins, used enrolments and removed rows leave the state; sessions and recordings stay to be listed. */
export function fold(state: State, event: FoldedEvent): State {
  const before = state.accessVersion;
  apply(state, event);
  if (changesAccess(event.type)) state.accessVersion = before + 1;
  state.seq = event.seq;
  state.hash = event.hash;
  return state;
}

const changesAccess = (type: EventType): boolean =>
  /^(person|group|lock|server\.(enrolled|labels-set|removed)|enrolment\.created|login\.(succeeded|ended)|device|factor\.(enrolled|proven|reset)|policy|settings|workspace|grant|request|address|breakglass)/.test(
    type,
  );

/** When the first of a table's enrolments expires, or earlier: so that ten thousand are not all looked at for each new one. */
const earliest = new WeakMap<Table<Enrolment>, Instant>();
/** A new enrolment; those that expired before `stale` leave. */
function enrolled(table: Table<Enrolment>, row: Enrolment, stale: Instant): void {
  put(table, row);
  // The new row counts too: one that came expired leaves at once, whether the table was folded here or read from a checkpoint.
  const known = Math.min(earliest.get(table) ?? Number.NEGATIVE_INFINITY, row.expiresAt);
  if (known >= stale) return void earliest.set(table, known);
  let first = Number.POSITIVE_INFINITY;
  for (const other of Object.values(table))
    if (other.expiresAt < stale) delete table[other.id];
    else first = Math.min(first, other.expiresAt);
  earliest.set(table, first);
}

/** A factor was proven from there: the newest places are known (T23). */
const provenFrom = ({ addresses = [] }: Person, place: string | undefined): Pick<Person, 'addresses'> =>
  place === undefined ? {} : { addresses: [place, ...addresses.filter((one) => one !== place)].slice(0, 16) };

const erased = (id: string): string => `erased-${id.slice(-6)}`;
const recentMs = 300_000;

function endLoginsOf(state: State, person: PersonId): void {
  for (const login of Object.values(state.logins)) if (login.person === person) delete state.logins[login.id];
}

const changeSession = (state: State, id: SessionId, next: (session: Session) => Session): void =>
  change(state.sessions, id, next);
type Living = Exclude<Session, { readonly state: 'ended' }>;
const changeLiving = (state: State, id: SessionId, next: (session: Living) => Session): void =>
  changeSession(state, id, (row) => (row.state === 'ended' ? row : next(row)));

function apply(state: State, event: FoldedEvent): void {
  switch (event.type) {
    case 'workspace.initialised': {
      const { chain, gatewayKey, caDigest, issuer, clientId, name } = event.data;
      state.workspace = { chain, gatewayKey, caDigest, issuer, clientId, name };
      return;
    }
    case 'gateway.started':
    case 'gateway.stopped':
    case 'state.sealed':
    case 'audit.recovered':
    case 'stranger.refused':
    case 'audit.read':
    case 'clock.stepped':
    case 'login.started':
    case 'login.refused':
    case 'enrolment.refused':
    case 'server.connected':
    case 'server.disconnected':
    case 'agent.refused':
    case 'recording.exported':
    case 'recording.read':
    case 'access.denied':
    case 'access.challenged':
    case 'clipboard.allowed':
    case 'command.advised':
      return;

    case 'login.succeeded': {
      const { login, person, device, tokenDigest, expiresAt, idleMs, refreshDigest } = event.data;
      put(state.logins, {
        id: login,
        person,
        device,
        tokenDigest,
        startedAt: event.at,
        expiresAt,
        idleMs,
        proofs: [],
        refresh: refreshDigest === undefined ? undefined : { digest: refreshDigest, pending: false },
        address: event.personal?.address ?? '',
      });
      changePerson(state, person, (row) => ({ ...row, lastLoginAt: event.at }));
      return;
    }
    case 'login.ended':
      delete state.logins[event.data.login];
      return;
    case 'device.registered': {
      const { device, person, key } = event.data;
      put(state.devices, {
        id: device,
        person,
        key,
        machine: event.personal?.machine ?? '',
        registeredAt: event.at,
        trustedAt: undefined,
      });
      return;
    }
    case 'device.trusted':
      change(state.devices, event.data.device, (row) => ({ ...row, trustedAt: row.trustedAt ?? event.at }));
      return;
    case 'identity.refresh-started':
      change(state.logins, event.data.login, (row) =>
        row.refresh === undefined ? row : { ...row, refresh: { ...row.refresh, pending: true } },
      );
      return;
    case 'identity.refreshed': {
      const { login, refreshDigest } = event.data;
      change(state.logins, login, (row) => {
        const next: { -readonly [K in keyof typeof row]: (typeof row)[K] } = { ...row };
        delete next.stale;
        if (refreshDigest !== undefined) next.refresh = { digest: refreshDigest, pending: false };
        else if (row.refresh !== undefined) next.refresh = { ...row.refresh, pending: false };
        return next;
      });
      return;
    }
    case 'identity.refresh-failed': {
      const { login, cause } = event.data;
      if (cause === 'provider-down')
        change(state.logins, login, (row) =>
          row.refresh === undefined ? row : { ...row, refresh: { ...row.refresh, pending: false } },
        );
      else if (cause === 'disabled') change(state.logins, login, (row) => ({ ...row, refresh: undefined }));
      else
        change(state.logins, login, (row) => ({
          ...row,
          refresh: undefined,
          stale: { cause, since: row.stale?.since ?? event.at },
        }));
      return;
    }

    case 'factor.enrolment-started': {
      const { person, login, secretDigest } = event.data;
      changePerson(state, person, (row) => ({ ...row, enrolling: { login, secretDigest, at: event.at } }));
      return;
    }
    case 'factor.enrolled': {
      const { person, login, step, recoveryDigests } = event.data;
      const place = placeOf(state.logins[login]?.address ?? '');
      changePerson(state, person, (row) => ({
        ...row,
        ...provenFrom(row, place),
        factor: { secretDigest: row.enrolling?.secretDigest ?? '', enrolledAt: event.at, lastStep: step, recoveryDigests },
        enrolling: undefined,
        attempts: noAttempts,
      }));
      return;
    }
    case 'factor.proven': {
      const { person, login, method, step, recoveryDigest, action, target, until, servers, codesRevoked } = event.data;
      const place = placeOf(state.logins[login]?.address ?? '');
      changePerson(state, person, (row) => ({
        ...row,
        factor: row.factor && {
          ...row.factor,
          lastStep: Math.max(row.factor.lastStep, step ?? 0),
          recoveryDigests:
            codesRevoked === undefined ? row.factor.recoveryDigests.filter((digest) => digest !== recoveryDigest) : [],
        },
        attempts: noAttempts,
        ...provenFrom(row, place),
      }));
      change(state.logins, login, (row) => ({
        ...row,
        proofs: [
          ...row.proofs.filter(
            (proof) =>
              proof.until > event.at &&
              (servers !== undefined || !(proof.action === action && proof.target === target && proof.servers === undefined)),
          ),
          { action, target, method, at: event.at, until, ...(servers === undefined ? {} : { servers }) },
        ],
      }));
      return;
    }
    case 'factor.refused': {
      const { person, cause, until } = event.data;
      if (cause === 'throttled') return;
      // A used code is refused, but reusing one is no guess: it never locks (FEATURES 4e).
      const counted = cause !== 'used';
      changePerson(state, person, (row) => ({
        ...row,
        attempts: {
          recent: counted ? [...row.attempts.recent.filter((at) => at > event.at - recentMs), event.at] : row.attempts.recent,
          consecutive: row.attempts.consecutive + (counted ? 1 : 0),
          refusedUntil: Math.max(row.attempts.refusedUntil, until ?? 0),
        },
      }));
      return;
    }
    case 'factor.codes-made': {
      const { person, recoveryDigests } = event.data;
      changePerson(state, person, (row) => ({ ...row, factor: row.factor && { ...row.factor, recoveryDigests } }));
      return;
    }

    case 'person.added': {
      const { person, role, expiresAt } = event.data;
      put(state.people, {
        id: person,
        name: event.personal?.name ?? erased(person),
        role,
        status: 'invited',
        claim: event.personal?.claim ?? { kind: 'sub', value: '' },
        email: undefined,
        bound: undefined,
        factor: undefined,
        enrolling: undefined,
        attempts: noAttempts,
        lastLoginAt: undefined,
        ...(expiresAt === undefined ? {} : { inviteUntil: expiresAt }),
      });
      return;
    }
    case 'person.bound': {
      const { person, issuer, subjectDigest } = event.data;
      changePerson(state, person, (row) => {
        const { inviteUntil: _, ...rest } = row;
        return {
          ...rest,
          status: row.status === 'invited' ? 'active' : row.status,
          bound: { issuer, subjectDigest },
          email: event.personal?.email ?? row.email,
        };
      });
      return;
    }
    case 'person.role-set':
      changePerson(state, event.data.person, (row) => ({ ...row, role: event.data.after }));
      return;
    case 'person.suspended':
      changePerson(state, event.data.person, (row) => ({ ...row, status: 'suspended' }));
      endLoginsOf(state, event.data.person);
      return;
    case 'person.restored':
      // The way out of a factor locked by wrong codes (T13): an administrator suspends and restores.
      changePerson(state, event.data.person, (row) => ({
        ...row,
        status: row.bound === undefined ? 'invited' : 'active',
        attempts: noAttempts,
      }));
      return;
    case 'person.removed': {
      const { person } = event.data;
      endLoginsOf(state, person);
      for (const device of Object.values(state.devices)) if (device.person === person) delete state.devices[device.id];
      for (const group of Object.values(state.groups))
        if (group.members.includes(person))
          put(state.groups, { ...group, members: group.members.filter((member) => member !== person) });
      for (const grant of Object.values(state.grants)) if (grant.person === person) delete state.grants[grant.id];
      for (const request of Object.values(state.requests)) if (request.person === person) delete state.requests[request.id];
      const name = event.personal?.name ?? state.people[person]?.name;
      if (name !== undefined) state.departed = { ...state.departed, [person]: name };
      delete state.people[person];
      return;
    }
    case 'group.added':
      put(state.groups, { id: event.data.group, name: event.data.name, members: [], access: [] });
      return;
    case 'group.members-set':
      change(state.groups, event.data.group, (row) => ({ ...row, members: event.data.after }));
      return;
    case 'group.access-set':
      change(state.groups, event.data.group, (row) => ({ ...row, access: event.data.after }));
      return;
    case 'group.removed':
      remember(state, event.data.group, state.groups[event.data.group]?.name);
      delete state.groups[event.data.group];
      return;

    case 'enrolment.created': {
      const { enrolment, server, name, labels, tokenDigest, expiresAt } = event.data;
      enrolled(state.enrolments, { id: enrolment, server, tokenDigest, expiresAt, usedAt: undefined }, event.at - 86_400_000);
      // Adding again by the same name renews the enrolment of the same server.
      if (state.servers[server] === undefined)
        put(state.servers, { id: server, name, labels, addedAt: event.at, key: undefined, facts: undefined });
      return;
    }
    case 'server.enrolled': {
      const { server, enrolment, key, facts } = event.data;
      change(state.enrolments, enrolment, (row) => ({ ...row, usedAt: event.at }));
      change(state.servers, server, (row) => ({ ...row, key, facts }));
      return;
    }
    case 'server.labels-set':
      change(state.servers, event.data.server, (row) => ({ ...row, labels: event.data.after }));
      return;
    case 'server.removed':
      remember(state, event.data.server, state.servers[event.data.server]?.name);
      for (const enrolment of Object.values(state.enrolments))
        if (enrolment.server === event.data.server) delete state.enrolments[enrolment.id];
      delete state.servers[event.data.server];
      return;

    case 'session.started': {
      const { session, server, person, login, user, level, tier, size, recording, moderators } = event.data;
      // What is opened behind broken glass ends with it (S53).
      const until = state.entrances[state.logins[login]?.breakGlass ?? '']?.until;
      put(state.sessions, {
        state: 'opening',
        id: session,
        server,
        person,
        login,
        user,
        level,
        tier,
        size,
        recording,
        startedAt: event.at,
        participants: [],
        nextOrdinal: 1,
        ...(moderators === undefined ? {} : { moderators }),
        ...(until === undefined ? {} : { until }),
      });
      return;
    }
    case 'session.opened': {
      const { session, boot, pid } = event.data;
      changeSession(state, session, (row) => (row.state === 'ended' ? row : { ...row, state: 'running', boot, pid }));
      return;
    }
    case 'session.joined': {
      const { session, participant, ordinal, person, login, role } = event.data;
      changeSession(state, session, (row) => ({
        ...row,
        // State holds no number that JSON cannot carry whole, whatever an event says.
        // Who sits down to drive has the keyboard from then on.
        ...(role === 'driver' && row.state !== 'ended' && row.keyboard !== undefined ? { keyboard: person } : {}),
        nextOrdinal: Math.max(row.nextOrdinal, Math.min(ordinal + 1, Number.MAX_SAFE_INTEGER)),
        participants: [
          // Who left long ago is in the log alone.
          ...row.participants.filter((p) => p.id !== participant).slice(-256),
          {
            id: participant,
            ordinal,
            person,
            login,
            role,
            joinedAt: event.at,
            left: undefined,
            ...(event.personal?.address === undefined ? {} : { address: event.personal.address }),
          },
        ],
      }));
      return;
    }
    case 'session.left': {
      const { session, participant, cause } = event.data;
      changeSession(state, session, (row) => ({
        ...row,
        participants: row.participants.map((p) => (p.id === participant ? { ...p, left: { at: event.at, cause } } : p)),
      }));
      return;
    }
    case 'session.frozen': {
      const { session, cause, by, why } = event.data;
      changeLiving(state, session, (row) => ({
        ...row,
        freezes: [...(row.freezes ?? []).filter((one) => one.cause !== cause), { cause, by, why, at: event.at }],
      }));
      return;
    }
    case 'session.unfrozen': {
      const { session, cause } = event.data;
      changeLiving(state, session, (row) => ({
        ...row,
        freezes: (row.freezes ?? []).filter((one) => cause !== undefined && one.cause !== cause),
      }));
      return;
    }
    case 'session.handed':
      changeLiving(state, event.data.session, (row) => ({ ...row, keyboard: event.data.to }));
      return;
    case 'session.extended':
      changeLiving(state, event.data.session, (row) => ({ ...row, until: event.data.until }));
      return;
    case 'session.shared': {
      const { session, invite, person, role, by, codeDigest, expiresAt } = event.data;
      changeLiving(state, session, (row) => ({
        ...row,
        invites: [
          ...(row.invites ?? []).filter((one) => one.id !== invite && one.person !== person),
          { id: invite, person, role, by, codeDigest, expiresAt },
        ],
      }));
      return;
    }
    case 'session.unshared': {
      const { session, invite } = event.data;
      changeLiving(state, session, (row) => ({ ...row, invites: (row.invites ?? []).filter((one) => one.id !== invite) }));
      return;
    }
    case 'session.asked':
    case 'session.messaged':
    case 'session.marked':
    case 'session.presence-proven':
      return;
    case 'lock.added': {
      const { lock, kind, target, why, by, until } = event.data;
      put(state.locks, { id: lock, kind, target, why, by, at: event.at, ...(until === undefined ? {} : { until }) });
      return;
    }
    case 'lock.removed':
      delete state.locks[event.data.lock];
      return;
    case 'session.kill-ordered': {
      const { session, by, why } = event.data;
      changeSession(state, session, (row) => (row.state === 'ended' ? row : { ...row, condemned: { by, why } }));
      return;
    }
    case 'session.ended': {
      const { session, reason, code, signal, by, why, bytes, lostBytes } = event.data;
      changeSession(state, session, (row) => {
        if (row.state === 'ended') return row;
        const { id, server, person, login, user, level, tier, size, recording, startedAt, nextOrdinal } = row;
        const boot = row.state === 'running' ? row.boot : undefined;
        const ending = { at: event.at, reason, code, signal, by, why, bytes, lostBytes };
        return {
          state: 'ended',
          id,
          server,
          person,
          login,
          user,
          level,
          tier,
          size,
          recording,
          startedAt,
          nextOrdinal,
          participants: [],
          boot,
          ending,
        };
      });
      return;
    }
    case 'recording.started': {
      const { recording, session, keyDigest } = event.data;
      put(state.recordings, { id: recording, session, keyDigest, closed: undefined });
      return;
    }
    case 'recording.closed': {
      const { recording, bytes, chunks, root, durationMs, incomplete } = event.data;
      change(state.recordings, recording, (row) => ({ ...row, closed: { bytes, chunks, root, durationMs, incomplete } }));
      return;
    }
    default:
      if (isTrail(event)) foldTrail(state, event);
      else foldAccess(state, event);
  }
}

/** A hold that names it goes on to mean it. */
function remember(state: State, id: string, name: string | undefined): void {
  if (name !== undefined && Object.keys(state.holds).length > 0) state.gone = { ...state.gone, [id]: name };
}
