// What was decided while a request is under way, so that whatever it changes carries the decision that let it (S79, FEATURES §4d): the enforcement
// point notes, the log asks when it seals, and dispatch forgets. In memory: what was allowed and changed nothing leaves no record.
import type { Chance } from '../ports.ts';
import type { DecisionRef } from '../protocol/events.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';

export interface Decided {
  note(request: string, decision: { readonly action: string; readonly policies: readonly string[] }): void;
  /** Undefined for what nobody asked for, and for what was not decided. */
  of(request: string | undefined): DecisionRef | undefined;
  forget(request: string): void;
}

/** Of one request several things may be decided: one id for all, every action, every policy that decided, each once. */
export function openDecided(chance: Chance): Decided {
  const underWay = new Map<string, DecisionRef>();
  return {
    note(request, { action, policies }) {
      const had = underWay.get(request) ?? { id: mintId('dec', chance.bytes(idRandomBytes)), actions: [], policies: [] };
      underWay.set(request, {
        id: had.id,
        actions: [...new Set([...had.actions, action])],
        policies: [...new Set([...had.policies, ...policies])],
      });
    },
    of: (request) => (request === undefined ? undefined : underWay.get(request)),
    forget: (request) => void underWay.delete(request),
  };
}
