// Remembers what policies answered, by facts, so that a list of 10,000 servers is decided once for each distinct look of a server (D3), and what
// everybody of a role is answered alike is asked once. Facts are all an answer rests on, so what is remembered cannot grow stale; it is only kept
// small. Facts that no policy speaks of are left out of the key.
import type { Action } from './actions.ts';
import { type Attempt, type Attempting, attempted, decide, type Judgement } from './decide.ts';
import { type Facts, factsKey } from './facts.ts';
import type { Policies } from './policies.ts';
import { heard } from './spoken.ts';

const most = 20_000;

export type Judge = (action: Action, facts: Facts) => Judgement;

export function openJudge(policies: Policies): Judge {
  const known = new Map<string, Judgement>();
  const answered = new Map<string, Attempt>();
  const attempt: Attempting = (action, facts) => {
    const key = factsKey(action, heard(facts, policies.on(action).spoken));
    return remembered(answered, key, () => attempted(action, facts, policies));
  };
  return (action, facts) =>
    remembered(known, factsKey(action, heard(facts, policies.spoken)), () => decide(action, facts, policies, attempt));
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const had = known.get(key);
  if (had !== undefined) return had;
  if (known.size >= most) known.clear();
  const made = make();
  known.set(key, made);
  return made;
}
