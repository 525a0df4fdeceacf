// Remembers judgements by their facts, so that a list of 10,000 servers is decided once for each distinct look of a server (D3). Facts are all a
// judgement rests on, so what is remembered cannot grow stale; it is only kept small.
import type { Action } from './actions.ts';
import { decide, type Judgement } from './decide.ts';
import { type Facts, factsKey } from './facts.ts';
import type { Policies } from './policies.ts';

const most = 20_000;

export type Judge = (action: Action, facts: Facts) => Judgement;

export function openJudge(policies: Policies): Judge {
  const known = new Map<string, Judgement>();
  return (action, facts) => {
    const key = factsKey(action, facts);
    const had = known.get(key);
    if (had !== undefined) return had;
    if (known.size >= most) known.clear();
    const made = decide(action, facts, policies);
    known.set(key, made);
    return made;
  };
}
