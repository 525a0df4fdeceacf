// Breaking the glass (S53): a way in past the identity provider, for the day it is down or nobody can sign in. Who asks is not signed in: what they may
// cost and learn is bounded here, what happens to them is in identity/break-glass.ts, what others do about it in break-glass.ts, and who is told of it
// in break-glass-watch.ts. The rights that follow are the person's own: nothing but the provider is gone round, neither locks nor a second factor for a
// shell; from an address outside the rules only those rules can be mended (policy/builtin/doors.cedar).
//
// Known limits: a handle lives in memory; after a restart of the gateway one begins again (a sealed code is spent). Wrong codes from outside are
// counted in memory too, by name and by peer, and slow down only those who come without a sealed code: no stranger can shut anybody's last way in.
import { createHmac } from 'node:crypto';
import { rows, type State } from '../audit/state.ts';
import { mostDelayMs, recentMs, refusedUntil } from '../identity/attempts.ts';
import { askIn, comeIn, type GlassRows, glassRefused } from '../identity/break-glass.ts';
import { provesKey } from '../identity/device-key.ts';
import { type Entrance, entranceState } from '../identity/entrance.ts';
import { type Attempts, noAttempts } from '../identity/person.ts';
import { sealedDigest } from '../identity/recovery.ts';
import { mintToken, tokenDigest, tokenRandomBytes } from '../identity/token.ts';
import { fine, refuse } from '../protocol/errors.ts';
import { type BreakGlassId, idRandomBytes, mintId, type PersonId } from '../protocol/ids.ts';
import { loginStatement } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import { checkOf } from './authenticator.ts';
import { besideLog } from './beside-log.ts';
import type { OpenCall, OpenHandler, Parts } from './call.ts';
import { callersOf } from './caller.ts';
import { selfOf } from './self.ts';
import { strangersOf } from './strangers.ts';

const handleBytes = 32;
/** Handles kept at once; the oldest give way. */
const mostKept = 256;
/** Places in which guesses are counted, each for the names that fall there. */
const guessPlaces = 8192;
/** Refusals recorded one by one in a minute, in all; the rest are counted (TRUST §0). */
const mostRecorded = 20;
const recordedMs = 60_000;

type Waiting = {
  readonly entrance: BreakGlassId;
  readonly person: PersonId;
  readonly deviceKey: string;
  readonly machine: string;
  /** It was redeemed: whoever comes again is a second one (T22). */
  spent: boolean;
  /** Sends away the connection that waits; a newer one with the same proof, after a cut line, takes its place. */
  letGo: (() => void) | undefined;
};

const rowsFor = (state: State, person: PersonId | undefined, deviceKey: string): GlassRows => ({
  person: person === undefined ? undefined : state.people[person],
  device: rows(state.devices).find((one) => one.person === person && one.key === deviceKey),
  groups: state.groups,
  locks: rows(state.locks),
  entrances: rows(state.entrances),
  sealed: state.sealed ?? [],
  logins: rows(state.logins),
});

interface GlassHandlers {
  readonly 'breakglass.start': OpenHandler<'breakglass.start'>;
  readonly 'breakglass.finish': OpenHandler<'breakglass.finish'>;
}

function glassHandlers(parts: Parts): GlassHandlers {
  const { clock, chance, log, vault, signer, settings } = parts;
  const strangers = strangersOf(parts);
  const callers = callersOf(parts);
  const waiting = new Map<string, Waiting>();
  /** By name, of people and of names that somebody made up alike: never forgotten to make room, so that nothing tells the two apart. */
  const guesses = new Map<number, Attempts>();
  /** Of those who hold a sealed code, apart: strangers have no way to slow them. */
  const sealedGuesses = new Map<number, Attempts>();
  const placeKey = chance.bytes(32);
  let recorded = { since: 0, count: 0 };

  /** Whether one more refusal gets a record of its own. */
  function mayRecord(): boolean {
    const now = clock.mono();
    if (now - recorded.since >= recordedMs) recorded = { since: now, count: 0 };
    recorded.count += 1;
    return recorded.count <= mostRecorded;
  }
  function keep<V>(table: Map<string, V>, key: string, value: V): void {
    table.delete(key);
    table.set(key, value);
    for (const oldest of table.keys()) {
      if (table.size <= mostKept) break;
      table.delete(oldest);
    }
  }
  /** As for everybody who is signed in (T13), but never for good: who guesses here is a stranger (T14). */
  function guessed(table: Map<number, Attempts>, place: number): void {
    const now = clock.now();
    const before = table.get(place) ?? noAttempts;
    const until = refusedUntil(before, now) ?? 0;
    table.set(place, {
      recent: [...before.recent.filter((at) => at > now - recentMs), now],
      consecutive: before.consecutive + 1,
      refusedUntil: Math.min(until, now + mostDelayMs),
    });
  }
  /** Where guesses at a name are counted: one of so many places, by a key of this process, so that nobody can choose whose place they share. */
  const placeOf = (name: string): number => createHmac('sha256', placeKey).update(name).digest().readUInt32BE(0) % guessPlaces;
  const entranceOf = (of: Waiting): Entrance | undefined => log.settled.entrances[of.entrance];

  /** Until somebody let them in, or nobody did in time; gone = the connection is; taken = another connection waits instead. */
  function decided(of: Waiting, connection: Connection): Promise<'decided' | 'gone' | 'taken'> {
    of.letGo?.();
    return new Promise((resolve) => {
      const done = (answer: 'decided' | 'gone' | 'taken'): void => {
        of.letGo = undefined;
        stop();
        gone();
        callOff();
        resolve(answer);
      };
      const look = (): void => {
        const entrance = entranceOf(of);
        if (entrance === undefined || entrance.how !== undefined || entranceState(entrance, clock.now()) !== 'waiting')
          done('decided');
      };
      const stop = log.onSettled(look);
      const gone = connection.onClose(() => done('gone'));
      const callOff = clock.after(Math.max(0, (entranceOf(of)?.expiresAt ?? 0) - clock.now()), look);
      of.letGo = () => done('taken');
      look();
    });
  }

  async function refusedRedeemer(call: OpenCall, of: Waiting, cause: string): Promise<void> {
    const { address } = call.connection;
    const events = [glassRefused({ cause, person: of.person, address, request: call.request })];
    await log.commit(() => ({ events, answer: undefined }));
  }

  return {
    async 'breakglass.start'({ connection, request }, { person: name, code, sealed, deviceKey, machine, why }) {
      const { address } = connection;
      if (why.trim() === '') return refuse('bad-request', 'why: some words');
      const begun = strangers.mayBegin(address, deviceKey);
      if (!begun.ok) return begun;
      // Who holds a sealed code is not slowed by what others guessed.
      const digest = sealed === undefined ? undefined : sealedDigest(sealed);
      const holds = digest !== undefined && log.settled.sealed?.includes(digest) === true;
      const place = placeOf(name);
      const id = rows(log.settled.people).find((one) => one.name === name)?.id;
      const table = holds ? sealedGuesses : guesses;
      const left = (table.get(place)?.refusedUntil ?? 0) - clock.now();
      if (left > 0) {
        strangers.wrong(address, 'break-glass');
        return refuse('code-throttled', undefined, { retryAfterMs: left });
      }
      const entrance = mintId('brk', chance.bytes(idRandomBytes));
      const record = mayRecord();
      const asked = await log.commit((state, now) => {
        const of = rowsFor(state, id, deviceKey);
        const check = checkOf(vault, of.person, code);
        const given = sealed === undefined ? undefined : { digest };
        return askIn(of, { entrance, check, sealed: given, deviceKey, machine, address, why, request, record }, now);
      });
      if (!asked.ok || id === undefined) {
        guessed(table, place);
        strangers.wrong(address, 'break-glass');
        return asked.ok ? refuse('breakglass-refused') : asked;
      }
      table.delete(place);
      const handle = Buffer.from(chance.bytes(handleBytes)).toString('base64url');
      keep(waiting, handle, { entrance, person: id, deviceKey, machine, spent: false, letGo: undefined });
      return fine({ handle, ...asked.value });
    },

    async 'breakglass.finish'(call, { handle, proof }) {
      const { connection, request } = call;
      const { address } = connection;
      const wait = strangers.blocked(address);
      if (wait !== undefined) return wait;
      const of = waiting.get(handle);
      if (of === undefined) {
        strangers.wrong(address, 'handle');
        return refuse('code-expired');
      }
      if (!provesKey(of.deviceKey, loginStatement(signer.publicKey, connection.nonce, handle), proof)) {
        strangers.wrong(address, 'device proof');
        await refusedRedeemer(call, of, 'device');
        return refuse('device');
      }
      const waited = of.spent ? 'decided' : await decided(of, connection);
      if (waited === 'gone') return refuse('unreachable', 'the connection closed');
      if (waited === 'taken') return refuse('breakglass-refused', 'another connection waits for this now');
      if (of.spent) {
        await refusedRedeemer(call, of, 'second redeemer');
        return refuse('breakglass-refused', 'it was redeemed already');
      }
      of.spent = true;
      const login = mintId('lgn', chance.bytes(idRandomBytes));
      const device = mintId('dev', chance.bytes(idRandomBytes));
      const token = mintToken(chance.bytes(tokenRandomBytes));
      // The login this device had is over: that must not close the connection that brings the new one.
      const stay = callers.leave(connection);
      try {
        const came = await log.commit((state, now) =>
          comeIn(
            rowsFor(state, of.person, of.deviceKey),
            state.entrances[of.entrance],
            {
              deviceKey: of.deviceKey,
              machine: of.machine,
              address,
              login,
              device,
              tokenDigest: tokenDigest(token),
              idleMs: settings.loginIdleMs,
              request,
            },
            now,
          ),
        );
        if (!came.ok) return came;
      } finally {
        stay();
      }
      callers.bring(connection, login);
      const caller = callers.of(connection);
      return caller.ok ? fine({ token, self: selfOf(log.settled, caller.value, settings.name, clock.now()) }) : caller;
    },
  };
}

/** Those who wait to come in beside a log. */
const glassOf = besideLog(glassHandlers);
export const startBreakGlass: OpenHandler<'breakglass.start'> = (call, body) =>
  glassOf(call.parts)['breakglass.start'](call, body);
export const finishBreakGlass: OpenHandler<'breakglass.finish'> = (call, body) =>
  glassOf(call.parts)['breakglass.finish'](call, body);
