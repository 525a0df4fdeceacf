// Signing in, coming back, signing out. The gateway talks to the provider (D1); a client sees a code, an address and a handle, and gets
// its token once, on the connection that proves the device key the sign-in was begun with (T22).
import { settingsOf as settingsInForce } from '../audit/fold-access.ts';
import { rows } from '../audit/state.ts';
import { provesKey } from '../identity/device-key.ts';
import { digestOf, sameDigest } from '../identity/digest.ts';
import { endLogins } from '../identity/ending.ts';
import { personActor, within } from '../identity/happening.ts';
import { isFamiliar } from '../identity/place.ts';
import { signIn, signInRefused } from '../identity/sign-in.ts';
import { looksLikeToken, mintToken, tokenDigest, tokenRandomBytes } from '../identity/token.ts';
import type { Claims, DeviceSignIn } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { idRandomBytes, mintId, type PersonId } from '../protocol/ids.ts';
import { type Gives, loginStatement, operatorStatement } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import { besideLog } from './beside-log.ts';
import { tellReviews } from './break-glass-watch.ts';
import type { Handler, OpenCall, OpenHandler, Parts } from './call.ts';
import { callOn } from './called-on.ts';
import { callersOf } from './caller.ts';
import { mostParked, openParkingPlace, type Parked } from './parked.ts';
import { selfOf } from './self.ts';
import { strangersOf } from './strangers.ts';

const handleBytes = 32;
/** Connections one sign-in may have at once: panes, tails and scripts of one person. Each holds what its subscriptions told (R8). */
export const mostConnections = 64;
/** Time for the answer to `login.end` to be written before the connection closes, ms. */
const farewellMs = 100;

interface LoginHandlers {
  readonly 'login.start': OpenHandler<'login.start'>;
  readonly 'login.finish': OpenHandler<'login.finish'>;
  readonly 'login.cancel': OpenHandler<'login.cancel'>;
  readonly 'login.resume': OpenHandler<'login.resume'>;
  readonly 'self.show': Handler<'self.show'>;
  readonly 'login.end': Handler<'login.end'>;
}

function loginHandlers(parts: Parts): LoginHandlers {
  const { clock, chance, log, vault, signer, provider, settings } = parts;
  const callers = callersOf(parts);
  const strangers = strangersOf(parts);
  const parking = openParkingPlace(clock, (parked) => {
    // Confirmed, but nobody came for it: what the provider gave is given back.
    void parked.answer?.then((answer) => {
      if (answer.ok && answer.value.refreshToken !== undefined) void provider.revoke(answer.value.refreshToken);
    });
  });
  /** Sign-ins that were redeemed, until their code would have expired: whoever comes for one again is recorded as that (T22). */
  const redeemed = new Map<string, Parked>();
  function remember(parked: Parked): void {
    redeemed.set(parked.handle, parked);
    clock.after(parked.signIn.expiresIn * 1000, () => redeemed.delete(parked.handle));
    for (const handle of redeemed.keys()) {
      if (redeemed.size <= mostParked) break;
      redeemed.delete(handle);
    }
  }
  /** The one who waits for a sign-in; a newer one with the same proof, after a cut link, takes its place. */
  const waiters = new WeakMap<Parked, () => void>();

  const recordRefusal = (parked: Parked, call: OpenCall, cause: string): Promise<void> =>
    log.commit(() => ({
      events: [signInRefused({ cause, deviceKey: parked.deviceKey, address: call.connection.address, request: call.request })],
      answer: undefined,
    }));

  /** The provider's answer, unless the connection goes away or somebody takes over first. */
  async function awaitAnswer(parked: Parked, connection: Connection): Promise<Awaited<ReturnType<DeviceSignIn['finish']>>> {
    waiters.get(parked)?.();
    parked.connection = connection;
    parked.answer ??= parked.signIn.finish(() =>
      parked.connection?.push({ type: 'login.progress', handle: parked.handle, state: 'slowed' }),
    );
    const { answer } = parked;
    connection.push({ type: 'login.progress', handle: parked.handle, state: 'waiting' });
    return new Promise((resolve, reject) => {
      const gone = connection.onClose(() => resolve(refuse('unreachable', 'the connection closed')));
      waiters.set(parked, () => resolve(refuse('login-denied', 'another connection waits for this sign-in now')));
      answer.then(resolve, reject).finally(gone);
    });
  }

  async function redeem(call: OpenCall, parked: Parked, claims: Claims, refreshToken: string | undefined) {
    const { connection, request } = call;
    const login = mintId('lgn', chance.bytes(idRandomBytes));
    const device = mintId('dev', chance.bytes(idRandomBytes));
    const token = mintToken(chance.bytes(tokenRandomBytes));
    const kept = `refresh:${login}`;
    if (refreshToken !== undefined) await vault.put(kept, Buffer.from(refreshToken, 'utf8'));
    const forget = async (): Promise<void> => {
      if (refreshToken === undefined) return;
      await vault.remove([kept]);
      void provider.revoke(refreshToken);
    };
    // A connection that signs in anew on the same device ends its own former login; that must not close it.
    const stay = callers.leave(connection);
    let signed: Awaited<ReturnType<typeof commit>>;
    const commit = () =>
      log.commit((state, now) =>
        signIn(
          { people: rows(state.people), devices: rows(state.devices), logins: rows(state.logins) },
          {
            claims,
            deviceKey: parked.deviceKey,
            machine: parked.machine,
            address: connection.address,
            login,
            device,
            tokenDigest: tokenDigest(token),
            refreshDigest: refreshToken === undefined ? undefined : digestOf(refreshToken),
            loginMs: settings.loginMs,
            idleMs: settings.loginIdleMs,
            deviceFlow: settingsInForce(state).deviceFlow,
            request,
          },
          now,
        ),
      );
    try {
      signed = await commit();
    } catch (error) {
      await forget();
      throw error;
    } finally {
      stay();
    }
    if (!signed.ok) {
      await forget();
      return signed;
    }
    callers.bring(connection, login);
    tellReviews(parts, connection);
    tellSignIn(signed.value.person, connection, parked.machine, signed.value.device === device);
    const self = selfNow(callers.of(connection));
    return self.ok ? fine({ token, self: self.value.self }) : self;
  }

  /** A new device, or an address from which no second factor was ever proven, is told to the person wherever else they are (T23). */
  function tellSignIn(of: PersonId, connection: Connection, machine: string, newDevice: boolean): void {
    const person = log.settled.people[of];
    const login = connection.login === undefined ? undefined : log.settled.logins[connection.login];
    if (person === undefined || login === undefined || (!newDevice && isFamiliar(person, login))) return;
    const what = newDevice ? 'a new device' : 'a new address';
    const text = `Somebody signed in as you on ${what}: ${machine}, from ${connection.address}. Not you? sallyport logins revoke ${login.id} --why WORDS`;
    for (const other of callers.connectionsOfPerson(of)) if (other !== connection) callOn(other, 'signed-in', login.id, text);
  }

  const selfNow = (caller: ReturnType<typeof callers.of>): Result<Gives<'self.show'>> =>
    caller.ok ? fine({ self: selfOf(log.settled, caller.value, settings.name, clock.now()) }) : caller;

  return {
    'login.start': async (call, { deviceKey, machine }) => {
      const { connection, request } = call;
      const { address } = connection;
      const begun = strangers.mayBegin(address, deviceKey, () => parking.take(address));
      if (!begun.ok) return begun;
      const abort = new AbortController();
      let filled = false;
      try {
        const started = await provider.startDevice(abort.signal);
        if (!started.ok) {
          strangers.refused(address, started.problem.code);
          return started;
        }
        await log.commit(() => ({
          events: [
            {
              type: 'login.started',
              actor: { kind: 'stranger' },
              outcome: 'ok',
              ...within(request),
              data: { deviceKey },
              personal: { address, machine },
            },
          ],
          answer: undefined,
        }));
        const parked: Parked = {
          handle: Buffer.from(chance.bytes(handleBytes)).toString('base64url'),
          deviceKey,
          machine,
          address,
          signIn: started.value,
          abort,
          connection,
          answer: undefined,
          spent: false,
        };
        parking.park(parked);
        filled = true;
        connection.onClose(() => {
          if (parked.connection === connection) parked.connection = undefined;
        });
        const { userCode, address: page, addressWithCode, expiresIn } = started.value;
        return fine({
          handle: parked.handle,
          userCode,
          address: page,
          ...(addressWithCode === undefined ? {} : { addressWithCode }),
          expiresAt: clock.now() + expiresIn * 1000,
          peer: address,
        });
      } finally {
        if (!filled) {
          parking.giveBack(address);
          abort.abort();
        }
      }
    },

    'login.finish': async (call, { handle, proof }) => {
      const { connection } = call;
      const wait = strangers.blocked(connection.address);
      if (wait !== undefined) return wait;
      const parked = parking.get(handle);
      if (parked === undefined) {
        strangers.wrong(connection.address, 'handle');
        const before = redeemed.get(handle);
        if (before === undefined) return refuse('code-expired');
        await recordRefusal(before, call, 'second redeemer');
        return refuse('login-denied', 'this sign-in was already redeemed');
      }
      if (!provesKey(parked.deviceKey, loginStatement(signer.publicKey, connection.nonce, handle), proof)) {
        strangers.wrong(connection.address, 'device proof');
        await recordRefusal(parked, call, 'device');
        return refuse('device');
      }
      const answer = await awaitAnswer(parked, connection);
      // Whoever gets here first with an answer of the provider redeems it; the rest were told to let go, or are too late.
      if (!answer.ok && (answer.problem.code === 'unreachable' || parked.connection !== connection)) {
        if (parked.connection === connection) parked.connection = undefined;
        return answer;
      }
      if (parked.spent || parked.connection !== connection) {
        await recordRefusal(parked, call, 'second redeemer');
        return refuse('login-denied', 'this sign-in was already redeemed');
      }
      parked.spent = true;
      parking.remove(parked);
      remember(parked);
      if (!answer.ok) {
        await recordRefusal(parked, call, answer.problem.code);
        return answer;
      }
      connection.push({ type: 'login.progress', handle, state: 'confirmed' });
      return redeem(call, parked, answer.value.claims, answer.value.refreshToken);
    },

    'login.cancel': async (_call, { handle }) => {
      const parked = parking.get(handle);
      if (parked !== undefined) parking.remove(parked);
      return fine({});
    },

    'login.resume': async ({ connection, request }, { token, proof }) => {
      const { address } = connection;
      // Whoever is wrong too often waits, but not the others behind the same address: a token and its key are nothing one can guess.
      const wait = strangers.blocked(address);
      const digest = tokenDigest(token);
      const login = looksLikeToken(token) ? callers.byTokenDigest(digest) : undefined;
      if (login === undefined || !sameDigest(login.tokenDigest, digest)) {
        if (wait !== undefined) return wait;
        strangers.wrong(address, 'token');
        return refuse('not-signed-in');
      }
      const device = log.settled.devices[login.device];
      if (device === undefined || !provesKey(device.key, operatorStatement(signer.publicKey, connection.nonce, digest), proof)) {
        if (wait !== undefined) return wait;
        strangers.wrong(address, 'device proof');
        // A token that is right without its key was copied: that is worth a record of its own.
        const deviceKey = device?.key;
        await log.commit(() => ({
          events: [signInRefused({ cause: 'device', deviceKey, address, person: login.person, request })],
          answer: undefined,
        }));
        return refuse('device');
      }
      const caller = callers.standing(login.id, address);
      if (!caller.ok) {
        strangers.refused(address, caller.problem.code);
        return caller;
      }
      const others = callers.connectionsOf(login.id).filter((other) => other !== connection);
      if (others.length >= mostConnections) return refuse('limit', `${mostConnections} connections of one sign-in`);
      callers.bring(connection, login.id);
      callers.touch(login.id);
      if (others.length === 0) tellReviews(parts, connection);
      return selfNow(caller);
    },

    'self.show': async ({ caller }) => selfNow(fine(caller)),

    'login.end': async ({ connection, caller, request }, { all }) => {
      const { login, device } = caller;
      callers.leave(connection);
      const ended = await log.commit((state) => {
        const mine = rows(state.logins).filter((row) => row.id === login.id || (all === true && row.person === login.person));
        return { events: endLogins(mine, 'logout', personActor(login, device), request), answer: mine.length };
      });
      clock.after(farewellMs, () => connection.end(refuse('not-signed-in', 'signed out').problem));
      return fine({ ended });
    },
  };
}

/** The sign-ins under way beside a log, and what may be asked about them. */
const loginsOf = besideLog(loginHandlers);

export const startLogin: OpenHandler<'login.start'> = (call, body) => loginsOf(call.parts)['login.start'](call, body);
export const finishLogin: OpenHandler<'login.finish'> = (call, body) => loginsOf(call.parts)['login.finish'](call, body);
export const cancelLogin: OpenHandler<'login.cancel'> = (call, body) => loginsOf(call.parts)['login.cancel'](call, body);
export const resumeLogin: OpenHandler<'login.resume'> = (call, body) => loginsOf(call.parts)['login.resume'](call, body);
export const showSelf: Handler<'self.show'> = (call, body) => loginsOf(call.parts)['self.show'](call, body);
export const endLogin: Handler<'login.end'> = (call, body) => loginsOf(call.parts)['login.end'](call, body);
