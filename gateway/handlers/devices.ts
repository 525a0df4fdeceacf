// login.list, login.revoke, device.list, device.revoke: sign-ins and devices, seen and taken away one by one (S27, T8). One's own as managing oneself,
// those of somebody else as managing people. What lives under a sign-in ends with it; the relay hears of it from the log.
import { rows, type State } from '../audit/state.ts';
import { endLogins } from '../identity/ending.ts';
import { personActor } from '../identity/happening.ts';
import type { Device, Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import { isFamiliar } from '../identity/place.ts';
import type { DeviceRow, LoginRow } from '../protocol/access-nouns.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { LoginId, PersonId } from '../protocol/ids.ts';
import { stillThere } from './administration.ts';
import type { Call, Handler } from './call.ts';
import { callersOf } from './caller.ts';
import { personFor } from './resolve.ts';

/** Time for the answer to be written before a connection that ended itself closes, ms. */
const farewellMs = 100;

/** Whether the caller may manage what is somebody's: their own, or as somebody who manages people. */
async function mayManage({ parts, caller, request }: Call, owner: Person | undefined): Promise<Result<object>> {
  if (owner === undefined) return parts.enforcer.unknown(caller, 'person.manage', request);
  return owner.id === caller.person.id
    ? parts.enforcer.enforce(caller, 'self.manage', { kind: 'self' }, request)
    : parts.enforcer.enforce(caller, 'person.manage', { kind: 'person', person: owner }, request);
}
/** Whose are listed. */
async function ownerOf(call: Call, reference: string | undefined): Promise<Result<Person>> {
  const { person } = call.caller;
  if (reference === undefined || reference === person.name || reference === person.id) {
    const allowed = await mayManage(call, person);
    return allowed.ok ? fine(person) : allowed;
  }
  const found = await personFor(call, 'person.manage', reference);
  return found.ok ? fine(found.value.person) : found;
}

const liveOf = (state: State, login: LoginId): number =>
  rows(state.sessions).filter(
    (one) =>
      one.state !== 'ended' &&
      (one.login === login || one.participants.some((seat) => seat.login === login && seat.left === undefined)),
  ).length;

export const listLogin: Handler<'login.list'> = async (call, { person: reference }) => {
  const owner = await ownerOf(call, reference);
  if (!owner.ok) return owner;
  const { parts, caller } = call;
  const state = parts.log.settled;
  const callers = callersOf(parts);
  const logins = rows(state.logins)
    .filter(({ person }) => person === owner.value.id)
    .map((login): LoginRow => {
      const device = state.devices[login.device];
      return {
        id: login.id,
        person: owner.value.id,
        personName: owner.value.name,
        device: login.device,
        machine: device?.machine ?? '',
        address: login.address,
        startedAt: login.startedAt,
        expiresAt: login.expiresAt,
        mine: owner.value.id === caller.person.id,
        current: login.id === caller.login.id,
        connections: callers.connectionsOf(login.id).length,
        liveSessions: liveOf(state, login.id),
        breakGlass: login.breakGlass !== undefined,
        known: device?.trustedAt !== undefined && isFamiliar(owner.value, login),
      };
    });
  return fine({ logins: logins.toSorted((a, b) => b.startedAt - a.startedAt) });
};

export const listDevice: Handler<'device.list'> = async (call, { person: reference }) => {
  const owner = await ownerOf(call, reference);
  if (!owner.ok) return owner;
  const { parts, caller } = call;
  const state = parts.log.settled;
  const devices = rows(state.devices)
    .filter(({ person }) => person === owner.value.id)
    .map(
      (device): DeviceRow => ({
        id: device.id,
        person: owner.value.id,
        personName: owner.value.name,
        machine: device.machine,
        registeredAt: device.registeredAt,
        ...(device.trustedAt === undefined ? {} : { trustedAt: device.trustedAt }),
        mine: owner.value.id === caller.person.id,
        current: device.id === caller.device.id,
        logins: rows(state.logins).filter((login) => login.device === device.id).length,
        locked: rows(state.locks).some(({ kind, target }) => kind === 'device' && target === device.id),
      }),
    );
  return fine({ devices: devices.toSorted((a, b) => b.registeredAt - a.registeredAt) });
};

/** Ends sign-ins, and forgets the device they are of where it is named; by somebody who is still there when their turn comes. */
async function revoke(call: Call, owner: PersonId, of: { readonly login?: Login; readonly device?: Device }, why: string) {
  const { parts, caller, connection, request } = call;
  const { login: one, device } = of;
  const own = one?.id === caller.login.id || device?.id === caller.device.id;
  // Who takes away the sign-in they come by hears the answer first.
  const stay = own ? callersOf(parts).leave(connection) : undefined;
  const actor = personActor(caller.login, caller.device);
  const done = await parts.log.commit((state): { events: ReturnType<typeof endLogins>; answer: Result<{ logins: number }> } => {
    const still = stillThere(state, caller);
    if (!still.ok) return { events: [], answer: still };
    const over = rows(state.logins).filter((row) => row.id === one?.id || (device !== undefined && row.device === device.id));
    const forgotten = device === undefined || state.devices[device.id] === undefined ? [] : [device.id];
    if (over.length + forgotten.length === 0) return { events: [], answer: refuse('not-found') };
    return {
      events: [
        ...endLogins(over, 'revoked', actor, request, why),
        ...forgotten.map((id) => ({
          type: 'device.revoked' as const,
          actor,
          outcome: 'ok' as const,
          target: id,
          request,
          data: { device: id, person: owner, by: caller.person.id, why },
          personal: {},
        })),
      ],
      answer: fine({ logins: over.length }),
    };
  });
  if (own && done.ok) parts.clock.after(farewellMs, () => connection.end(refuse('login-revoked', why).problem));
  else stay?.();
  return done;
}

export const revokeLogin: Handler<'login.revoke'> = async (call, { login: id, why }) => {
  const { settled } = call.parts.log;
  const login = settled.logins[id];
  const allowed = await mayManage(call, login && settled.people[login.person]);
  if (!allowed.ok || login === undefined) return allowed.ok ? refuse('not-found') : allowed;
  const sessions = liveOf(settled, id);
  const done = await revoke(call, login.person, { login }, why);
  return done.ok ? fine({ sessions }) : done;
};

export const revokeDevice: Handler<'device.revoke'> = async (call, { device: id, why }) => {
  const { settled } = call.parts.log;
  const device = settled.devices[id];
  const allowed = await mayManage(call, device && settled.people[device.person]);
  if (!allowed.ok || device === undefined) return allowed.ok ? refuse('not-found') : allowed;
  return revoke(call, device.person, { device }, why);
};
