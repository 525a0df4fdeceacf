// A set of policies on trial: decided beside the real one and never instead of it. What it would have answered otherwise is counted, in memory, from
// when it was put on trial or the gateway started.
import type { Action } from './actions.ts';
import type { Decision, Target } from './decision.ts';
import type { Facts } from './facts.ts';
import type { PolicySet } from './in-force.ts';

const examplesKept = 20;

export type TrialExample = {
  readonly person: string;
  readonly action: Action;
  readonly target: string;
  readonly now: Decision['verdict'];
  readonly would: Decision['verdict'];
};

export type TrialTold = {
  /** Decisions made while it was on trial. */
  readonly asked: number;
  /** Allowed now, and not by it; and the other way round. */
  readonly wouldDeny: number;
  readonly wouldAllow: number;
  /** The newest of each kind, newest first. */
  readonly examples: readonly TrialExample[];
};

interface Trial {
  note(person: string, action: Action, target: Target, facts: Facts, now: Decision): void;
  told(): TrialTold | undefined;
}

/** `onTrial`: the set on trial now, if there is one; another set begins its counts at nothing. */
export function openTrial(onTrial: () => PolicySet | undefined): Trial {
  let of: PolicySet | undefined;
  let asked = 0;
  let wouldDeny = 0;
  let wouldAllow = 0;
  let examples: readonly TrialExample[] = [];

  function current(): PolicySet | undefined {
    const set = onTrial();
    if (set !== of) {
      of = set;
      asked = wouldDeny = wouldAllow = 0;
      examples = [];
    }
    return set;
  }

  return {
    note(person, action, target, facts, now) {
      const set = current();
      if (set === undefined) return;
      asked += 1;
      const { verdict: would } = set.judge(action, facts);
      if (would === now.verdict) return;
      if (now.verdict === 'allow') wouldDeny += 1;
      else if (would === 'allow') wouldAllow += 1;
      else return;
      const example = { person, action, target: targetWords(target), now: now.verdict, would };
      const alike = (one: TrialExample): boolean =>
        one.person === example.person && one.action === action && one.target === example.target && one.would === would;
      examples = [example, ...examples.filter((one) => !alike(one))].slice(0, examplesKept);
    },
    told: () => (current() === undefined ? undefined : { asked, wouldDeny, wouldAllow, examples }),
  };
}

/** What a target is called, for people. */
export function targetWords(target: Target): string {
  switch (target.kind) {
    case 'workspace':
      return 'the workspace';
    case 'self':
      return 'oneself';
    case 'server':
      return target.server.name;
    case 'session':
      return `session ${target.session.id.slice(0, 12)} on ${target.server?.name ?? 'a server that is gone'}`;
    case 'recording':
      return `recording ${target.recording.id.slice(0, 12)}`;
    case 'person':
      return target.person?.name ?? 'somebody new';
    case 'request':
      return `request ${target.request.id.slice(0, 12)}`;
    case 'grant':
      return `grant ${target.grant.id.slice(0, 12)}`;
    default:
      return target satisfies never;
  }
}
