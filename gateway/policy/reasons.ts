// Which conditions of which policies stand between somebody and an allow (law 4): of the policies that forbid, what would have to be otherwise; where
// none forbids, of the permits about it, what is not met. Pure.
import type { Action } from './actions.ts';
import type { PolicyText } from './cedar.ts';
import type { Judgement } from './decide.ts';
import { cutAt, type Expression, partsOf } from './expression.ts';
import type { Facts } from './facts.ts';
import { type Asked, holds } from './holds.ts';
import { holdsFor, type Policies } from './policies.ts';
import { conjunctsOf, type Whom, wordsFor } from './words.ts';

export type Condition = { readonly policy: string; readonly words: string };

const longest = 500;

/** Empty for what is allowed. */
export function conditionsOf(
  decision: Pick<Judgement, 'verdict' | 'policies' | 'hidden'>,
  action: Action,
  facts: Facts,
  policies: Policies,
  whom: Whom,
): readonly Condition[] {
  if (decision.verdict === 'allow') return [];
  const asked: Asked = { action, facts };
  const spoke = decision.policies.flatMap((id) => policies.byId.get(id) ?? []);
  const forbids = spoke.filter(({ parsed }) => parsed.effect === 'forbid');
  const standing = forbids.map((policy) => ({ policy: policy.id, words: againstForbid(policy, asked, whom) }));
  return [...standing, ...unmetPermits(action, asked, policies, whom)].map(({ policy, words }) => ({
    policy,
    words: capital(words).slice(0, longest),
  }));
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** What lifts a forbid: its exception, because of what it holds for; without one, the opposite of what it holds for. */
function againstForbid({ parsed }: PolicyText, asked: Asked, whom: Whom): string {
  const holdsBecause = [
    ...parsed.scope,
    ...parsed.conditions.flatMap(({ kind, body }) => (kind === 'when' ? conjunctsOf(body) : [])),
  ];
  const exceptions = parsed.conditions.flatMap(({ kind, body }) => (kind === 'unless' ? [body] : []));
  // Doing something else than what is asked about is no remedy.
  const remedies = exceptions
    .flatMap((of) => cutAt('||', of))
    .filter((of) => ![...partsOf(of)].some((part) => part.op === 'var' && part.name === 'action'));
  const because = holdsBecause.map((of) => truth(of, asked, whom)).join(' and ');
  if (remedies.length === 0) {
    const [changeable] = holdsBecause.map((of) => wordsFor(of, false, asked, whom));
    if (changeable === undefined) return 'nothing lifts this for now';
    const many = holdsBecause.map((of) => wordsFor(of, false, asked, whom).need);
    return `needed: ${[...new Set(many)].join(', or ')}; but ${because}`;
  }
  const parts = remedies.map((of) => wordsFor(of, true, asked, whom));
  const is = parts.flatMap((part) => part.is ?? []);
  const why = because === '' ? '' : `, because ${because}`;
  return `needed: ${parts.map(({ need }) => need).join(', or ')}${is.length === 0 ? '' : ` (${is.join(', ')})`}${why}`;
}

/** What of it holds: of alternatives, those that do. */
function truth(of: Expression, asked: Asked, whom: Whom): string {
  const alternatives = cutAt('||', of);
  const holding = alternatives.filter((one) => holds(one, asked) === true);
  const told = holding.length === 0 ? alternatives : holding;
  return told.map((one) => wordsFor(one, true, asked, whom).need).join(' or ');
}

/**
 * What is not met in the permits about an action. Those whose scope fits are told; where none fits, what their scopes ask for. Permits that hold are
 * left out: a forbid stands in the way, or the level that a shell takes.
 */
function unmetPermits(action: Action, asked: Asked, policies: Policies, whom: Whom): readonly Condition[] {
  const permits = [...policies.byId.values()].filter((policy) => policy.parsed.effect === 'permit' && holdsFor(policy, action));
  if (permits.some((policy) => meets(policy, asked))) return [];
  const about = permits.filter(({ parsed }) => parsed.scope.every((of) => of.op !== 'is' || holds(of, asked) !== false));
  const fitting = about.filter(({ parsed }) => parsed.scope.every((of) => holds(of, asked) !== false));
  const told = fitting.length > 0 ? fitting : about;
  return told.flatMap((policy) => {
    const unmet = partsOfPermit(policy).filter(({ of, wanted }) => holds(of, asked) !== wanted);
    const words = unmet.map(({ of, wanted }) => wordsFor(of, wanted, asked, whom));
    if (words.length === 0) return [];
    const is = [...new Set(words.flatMap((one) => one.is ?? []))];
    return [
      {
        policy: policy.id,
        words: `it would allow this if ${words.map(({ need }) => need).join(' and ')}${is.length === 0 ? '' : `; ${is.join(', ')}`}`,
      },
    ];
  });
}

function partsOfPermit({ parsed }: PolicyText): readonly { readonly of: Expression; readonly wanted: boolean }[] {
  return [
    ...parsed.scope.map((of) => ({ of, wanted: true })),
    ...parsed.conditions.flatMap(({ kind, body }) =>
      kind === 'when'
        ? conjunctsOf(body).map((of) => ({ of, wanted: true }))
        : cutAt('||', body).map((of) => ({ of, wanted: false })),
    ),
  ];
}

export const meets = (policy: PolicyText, asked: Asked): boolean =>
  partsOfPermit(policy).every(({ of, wanted }) => holds(of, asked) === wanted);
