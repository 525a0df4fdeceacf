// The second factor: set it up, prove it, renew its recovery codes. Seeds live in the vault, durable before the event that names their
// digest (D2); a person's own requests that change the seed run one after another, so that vault and log never part.

import { rows, type State } from '../audit/state.ts';
import { digestOf } from '../identity/digest.ts';
import {
  beginEnrolment,
  confirmEnrolment,
  type FactorRows,
  proveFactor as prove,
  renewRecoveryCodes,
} from '../identity/factor.ts';
import { mintRecoveryCodes, recoveryDigest, recoveryRandomBytes } from '../identity/recovery.ts';
import { newSeed, seedUri } from '../outside/totp.ts';
import { type Action, actions } from '../policy/actions.ts';
import { targetId } from '../policy/decision.ts';
import { alwaysMs } from '../policy/facts.ts';
import { fine, refuse } from '../protocol/errors.ts';
import { checkOf, checkWith, enrollingSeed } from './authenticator.ts';
import { besideLog } from './beside-log.ts';
import type { Call, Handler, Parts } from './call.ts';
import { targetFor } from './resolve.ts';

/** A proof for one's own account (new recovery codes), ms. */
const ownMs = 300_000;

type FactorType = 'factor.enroll' | 'factor.confirm' | 'factor.prove' | 'factor.codes';
type FactorHandlers = { readonly [T in FactorType]: Handler<T> };

function factorHandlers(parts: Parts): FactorHandlers {
  const { clock, chance, log, vault, settings } = parts;
  const turns = new Map<string, Promise<unknown>>();

  /** After whatever this person has under way. */
  async function inTurn<T>(person: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(person) ?? Promise.resolve();
    const mine = before.then(work, work);
    turns.set(person, mine);
    try {
      return await mine;
    } finally {
      if (turns.get(person) === mine) turns.delete(person);
    }
  }

  const rowsOf = (state: State, { caller }: Call): FactorRows => ({
    person: state.people[caller.person.id],
    login: state.logins[caller.login.id],
    device: state.devices[caller.device.id],
  });
  const askOf = ({ connection, request }: Call) => ({ address: connection.address, request });
  function newCodes() {
    const recoveryCodes = [...mintRecoveryCodes(chance.bytes(recoveryRandomBytes))];
    return { recoveryCodes, recoveryDigests: recoveryCodes.map((code) => recoveryDigest(code) ?? '') };
  }
  return {
    'factor.enroll': (call) =>
      inTurn(call.caller.person.id, async () => {
        const { person } = call.caller;
        const seed = newSeed();
        const begin = (state: State, now: number) =>
          beginEnrolment(rowsOf(state, call), { ...askOf(call), secretDigest: digestOf(seed) }, now);
        // Who may not begin must not overwrite the seed of a sign-in that has begun.
        const mayBegin = begin(log.settled, clock.now()).answer;
        if (!mayBegin.ok) return mayBegin;
        await vault.put(`enrolling:${person.id}`, Buffer.from(seed, 'utf8'));
        const begun = await log.commit(begin);
        return begun.ok ? fine({ secret: seed, uri: seedUri(seed, settings.name, person.name) }) : begun;
      }),

    'factor.confirm': (call, { code }) =>
      inTurn(call.caller.person.id, async () => {
        const { id } = call.caller.person;
        if (log.settled.people[id]?.factor !== undefined) return refuse('factor-already');
        const seed = enrollingSeed(vault, id);
        if (seed === undefined) return refuse('bad-request', 'no second factor is being set up by this sign-in');
        const { recoveryCodes, recoveryDigests } = newCodes();
        await vault.put(`factor:${id}`, Buffer.from(seed, 'utf8'));
        const confirmed = await log.commit((state, now) =>
          confirmEnrolment(
            rowsOf(state, call),
            { ...askOf(call), secretDigest: digestOf(seed), check: checkWith(seed, code), recoveryDigests },
            now,
          ),
        );
        if (!confirmed.ok) return confirmed;
        await vault.remove([`enrolling:${id}`]);
        return fine({ recoveryCodes });
      }),

    'factor.prove': async (call, { code, action, target: reference }) => {
      if (!isAction(action)) return refuse('bad-request', `no such action: ${action}`);
      const forMs = proofMs(action);
      if (forMs === undefined) return refuse('bad-request', `${action} never asks for a second factor`);
      const target = await targetFor(call, action, reference);
      if (!target.ok) return target;
      const { id } = call.caller.person;
      return log.commit(
        (state, now): ReturnType<typeof prove> =>
          prove(
            rowsOf(state, call),
            rows(state.logins),
            {
              ...askOf(call),
              check: checkOf(vault, state.people[id], code),
              recoveryDigest: recoveryDigest(code),
              action,
              target: targetId(target.value),
              forMs,
            },
            now,
          ),
      );
    },

    'factor.codes': async (call) => {
      const { recoveryCodes, recoveryDigests } = newCodes();
      const renewed = await log.commit((state, now) =>
        renewRecoveryCodes(rowsOf(state, call), { ...askOf(call), recoveryDigests }, now),
      );
      return renewed.ok ? fine({ recoveryCodes }) : renewed;
    },
  };
}

const isAction = (name: string): name is Action => Object.hasOwn(actions, name);

/** How long a proof for an action serves, ms (T18); undefined where none is ever asked for. */
function proofMs(action: Action): number | undefined {
  const { freshness, windowMs } = actions[action];
  switch (freshness) {
    case 'window':
      return windowMs;
    case 'always':
      return alwaysMs;
    case 'none':
      return action === 'self.manage' ? ownMs : undefined;
    default:
      return freshness satisfies never;
  }
}

/** The factors of the people of a log. */
const factorsOf = besideLog(factorHandlers);

/** Whoever is suspended, locked or outside gets nowhere with a code either: asked before one is looked at (T15). */
const unlessShut =
  <T extends FactorType>(type: T): Handler<T> =>
  async (call, body) => {
    const allowed = await call.parts.enforcer.enforce(call.caller, 'self.manage', { kind: 'self' }, call.request);
    return allowed.ok ? factorsOf(call.parts)[type](call, body) : allowed;
  };

export const enrollFactor = unlessShut('factor.enroll');
export const confirmFactor = unlessShut('factor.confirm');
export const proveFactor = unlessShut('factor.prove');
export const codesFactor = unlessShut('factor.codes');
