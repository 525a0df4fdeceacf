// decide(action, facts, policies): pure, and the one place where anything is decided (law 3). Deny by default; what is denied says what would
// change that, by asking again with it granted (D3). Asking again costs one evaluation each and works with the prepared policies; Cedar's
// partial evaluation parses the whole set each time, and its residuals would still have to be put into words.
import { levelRank, stronger } from '../access/standing.ts';
import { type Level, levels, roles } from '../protocol/nouns.ts';
import { type Action, actions } from './actions.ts';
import { evaluate, type Verdict } from './cedar.ts';
import type { Decision } from './decision.ts';
import type { Facts } from './facts.ts';
import { levelGiven, type Policies } from './policies.ts';
import { heard } from './spoken.ts';
import type { Topic } from './topics.ts';

/** A decision before it is tied to a caller's OS users on one server: the same for all equal facts. */
export type Judgement = Omit<Decision, 'users'>;

/** Actions that start or resume a shell: they take a level of at least `terminal`, whatever a policy says. */
const shells: ReadonlySet<Action> = new Set<Action>(['shell.open', 'session.attach']);

/** For each kind of thing, the actions that make it visible: without any of them it does not exist for the caller. */
const sightOf: Readonly<Record<Facts['resource']['kind'], readonly Action[]>> = {
  workspace: [],
  self: [],
  person: ['person.list'],
  server: ['server.see', 'server.request'],
  session: ['session.see'],
  recording: ['recording.see'],
  request: [],
  grant: [],
};

/** What the policies answer to an action over facts, with the level that comes of it. One that remembers may stand in (judgements.ts). */
export type Attempt = Verdict & { readonly level: Level };
export type Attempting = (action: Action, facts: Facts) => Attempt;

export function decide(
  action: Action,
  facts: Facts,
  policies: Policies,
  attempt: Attempting = (asked, given) => attempted(asked, given, policies),
): Judgement {
  const asked = attempt(action, facts);
  if (asked.allowed) return judgement('allow', asked, []);

  if (!visible(action, facts, attempt)) return { ...judgement('deny', asked, []), hidden: true };
  if (asked.errors.length > 0)
    return judgement('deny', { ...asked, reasons: asked.errors }, ['a policy that can be evaluated: tell an administrator']);

  const proves = actions[action].freshness !== 'none';
  const factor = proves ? [factorWords(action, facts)] : [];
  const proven = withFactor(facts);
  if (proves && couldHelp(policies, action, asked, ['factor'])) {
    const granted = attempt(action, proven);
    if (granted.allowed) return judgement('challenge', { ...granted, reasons: asked.reasons }, factor);
  }
  // Whether somebody who is denied may ask to be given more: for a shell, on a server that policy lets them ask for.
  const asks = facts.resource.kind === 'server' && attempt('server.request', facts).allowed;
  if (asks && couldHelp(policies, action, asked, ['approval'])) {
    const approved = attempt(action, withApproval(facts));
    if (approved.allowed) return judgement('ask', { ...approved, reasons: asked.reasons }, [approval]);
  }
  if (asks && proves && couldHelp(policies, action, asked, ['approval', 'factor'])) {
    const both = attempt(action, withApproval(proven));
    if (both.allowed) return judgement('ask', { ...both, reasons: asked.reasons }, [approval, ...factor]);
  }
  const most = asks ? withApproval(proven) : proven;
  const could = (topic: Topic): boolean => couldHelp(policies, action, asked, ['approval', 'factor', topic]);
  return judgement('deny', asked, wouldHelp(action, most, attempt, could));

  function judgement(verdict: Judgement['verdict'], by: Attempt, missing: readonly string[]): Judgement {
    return { verdict, action, policies: by.reasons, missing, hidden: false, level: by.level };
  }
}

/**
 * Whether another answer is thinkable when only facts of these topics change: every policy that forbids speaks of one, or where none forbids, some
 * permit does. Saves asking Cedar again for what its policies, by their text, cannot answer otherwise.
 */
function couldHelp(policies: Policies, action: Action, { reasons }: Attempt, among: readonly Topic[]): boolean {
  const speaks = (topics: ReadonlySet<Topic> | undefined): boolean =>
    topics === undefined || among.some((topic) => topics.has(topic));
  if (reasons.length > 0) return reasons.every((id) => speaks(policies.topics.get(id)));
  return speaks(policies.on(action).openedBy) || (shells.has(action) && among.includes('approval'));
}

const approval = 'an approval by somebody who may give it';

/** One evaluation; a shell takes a level. */
export function attempted(action: Action, facts: Facts, policies: Policies): Attempt {
  const verdict = evaluate(policies.set, action, heard(facts, policies.on(action).spoken));
  const level = stronger(facts.context.reach.at(-1) ?? 'none', verdict.allowed ? levelGiven(policies, verdict.reasons) : 'none');
  // A permit that says no level, for somebody no group gives one, opens no shell: there would be nothing to hold the agent to.
  if (verdict.allowed && shells.has(action) && levelRank(level) < levelRank('terminal'))
    return { allowed: false, reasons: [], errors: [], level };
  return { ...verdict, level };
}

function visible(action: Action, facts: Facts, attempt: Attempting): boolean {
  const sights = sightOf[facts.resource.kind];
  if (sights.length === 0) return true;
  // Listing people is asked about the workspace; everything else about the very thing.
  const shown = facts.resource.kind === 'person' ? { ...facts, resource: { kind: 'workspace' } as const } : facts;
  return sights.some((sight) => sight !== action && attempt(sight, shown).allowed);
}

/** A factor proven for this action; proving one also makes the device trusted (T23). */
const withFactor = (facts: Facts): Facts => ({
  ...facts,
  context: { ...facts.context, factor: { enrolled: true, fresh: true }, device: { trusted: true, familiar: true } },
});
/** As if a request for this server, at the highest level, had been approved. Nothing but a server, and a session there, is asked for so. */
const withApproval = (facts: Facts): Facts => ({
  ...facts,
  context: { ...facts.context, approved: true, reach: levels.slice(1) },
});

function factorWords(action: Action, facts: Facts): string {
  const { freshness, windowMs } = actions[action];
  const when =
    freshness === 'always'
      ? 'for this very request'
      : windowMs >= 3_600_000
        ? `from the last ${windowMs / 3_600_000} hours`
        : `from the last ${windowMs / 60_000} minutes`;
  return facts.context.factor.enrolled
    ? `a second factor ${when}`
    : `a second factor ${when}, and none is set up yet: sallyport totp enroll`;
}

/** What, besides proof and approval, would have opened it: a level from a group, or else the first role that may. Empty when neither would. */
function wouldHelp(action: Action, facts: Facts, attempt: Attempting, could: (topic: Topic) => boolean): readonly string[] {
  const { reach } = facts.context;
  if ('tier' in facts.resource && facts.resource.kind !== 'request' && facts.resource.kind !== 'grant' && could('approval'))
    for (let rank = reach.length + 1; rank < levels.length; rank += 1)
      if (attempt(action, { ...facts, context: { ...facts.context, reach: levels.slice(1, rank + 1) } }).allowed)
        return [`a group that gives the level ${levels[rank]} on this server`];
  if (could('role'))
    for (const role of roles)
      if (attempt(action, { ...facts, principal: { ...facts.principal, role } }).allowed) return [`the role ${role}`];
  return [];
}
