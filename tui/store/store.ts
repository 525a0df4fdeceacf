// Holds the model, and lets effects be done. What an effect does in the world is in effects.ts.
import type { Action, Effect } from '../model/action.ts';
import type { Model } from '../model/model.ts';
import { update } from '../model/update.ts';

export type Store = {
  readonly model: () => Model;
  readonly dispatch: (action: Action) => void;
  readonly subscribe: (listener: () => void) => () => void;
};

export function createStore(first: Model, perform: (effect: Effect, dispatch: (action: Action) => void) => void): Store {
  let model = first;
  const listeners = new Set<() => void>();
  const dispatch = (action: Action) => {
    const next = update(model, action);
    const changed = next.model !== model;
    model = next.model;
    for (const effect of next.effects) perform(effect, dispatch);
    if (changed) for (const listener of listeners) listener();
  };
  return {
    model: () => model,
    dispatch,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
