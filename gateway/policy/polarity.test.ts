import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate, prepare, readPolicy, takeSet } from './cedar.ts';
import type { Facts } from './facts.ts';
import { turnedByProof } from './polarity.ts';
import { builtinPolicies } from './policies.ts';

const policy = (text: string) => {
  const read = readPolicy(text);
  if ('message' in read) throw new Error(read.message);
  return read;
};
const parsed = (text: string) => policy(text).parsed;
const shell = (effect: string, conditions: string) =>
  `@id("a") ${effect} (principal, action == Action::"shell.open", resource) ${conditions};`;

test('[D3] no built-in policy is one that more proof turns to a denial', () => {
  for (const { id, parsed: one } of builtinPolicies().byId.values()) expect([id, turnedByProof(one)]).toEqual([id, []]);
});

test.each([
  ['permit', 'when { context.factor.fresh }', true],
  ['permit', 'unless { context.factor.fresh }', false],
  ['permit', 'when { !context.approved }', false],
  ['permit', 'when { !(!context.approved) && context.device.trusted }', true],
  ['permit', 'when { context.reach.contains("full") }', true],
  ['permit', 'unless { context.reach.contains("full") }', false],
  ['permit', 'when { context.reach == ["read-only"] }', false],
  ['permit', 'when { context.reach.isEmpty() }', false],
  ['permit', 'when { context.factor.fresh == false }', false],
  ['permit', 'when { context.factor.fresh != false }', true],
  ['permit', 'when { context.factor.fresh == context.approved }', false],
  ['permit', 'when { if context.approved then false else true }', false],
  ['permit', 'when { if context.closed then context.approved else context.factor.fresh }', true],
  ['permit', 'when { [true].contains(context.approved) }', false],
  ['permit', 'when { context.factor == {enrolled: true, fresh: false} }', false],
  ['forbid', 'when { context.factor.fresh }', false],
  ['forbid', 'unless { context.factor.fresh || context.approved }', true],
  ['forbid', 'when { resource.tier == "critical" } unless { context.device.familiar }', true],
  ['forbid', 'when { !context.factor.enrolled }', true],
  ['forbid', 'when { context.breakGlass }', true],
  ['forbid', 'when { context.locked || context.now.hour > 17 }', true],
] as const)('[D3] %s … %s: kept %s', (effect, conditions, kept) => {
  expect(turnedByProof(parsed(shell(effect, conditions))).length === 0).toBe(kept);
});

const atom = fc.constantFrom(
  'context.factor.fresh',
  'context.factor.enrolled',
  'context.approved',
  'context.device.trusted',
  'context.reach.contains("full")',
  'context.reach.isEmpty()',
  'context.locked',
  'resource.tier == "critical"',
  'context.factor.fresh == context.closed',
);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    tie('expression').map((of) => `!(${of})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('&&', '||', '==', '!='), tie('expression'))
      .map(([a, by, b]) => `((${a}) ${by} (${b}))`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
  ),
}));

type Proof = { fresh: boolean; enrolled: boolean; approved: boolean; trusted: boolean; full: boolean };
const factsOf = (
  { fresh, enrolled, approved, trusted, full }: Proof,
  locked: boolean,
  critical: boolean,
  closed: boolean,
): Facts => ({
  principal: { id: 'usr_a', role: 'user', status: 'active', groups: [] },
  resource: { kind: 'server', tier: critical ? 'critical' : 'normal', groups: [], tags: {} },
  context: {
    reach: full ? ['read-only', 'terminal', 'full'] : [],
    factor: { enrolled, fresh },
    approved,
    device: { trusted, familiar: trusted },
    locked,
    closed,
    outside: false,
    breakGlass: false,
    factorRequired: false,
    trailStale: false,
    address: undefined,
    now: undefined,
  },
});
const proof = fc.record({
  fresh: fc.boolean(),
  enrolled: fc.boolean(),
  approved: fc.boolean(),
  trusted: fc.boolean(),
  full: fc.boolean(),
});

/** So that a forbid has something to forbid. */
const beside = (effect: string): string => `@id("b") permit (principal, action, resource) when { "${effect}" == "forbid" };`;

test('[D3] a policy that is let through never turns an allow into a denial when proof grows', () => {
  const set = takeSet();
  fc.assert(
    fc.property(
      fc.constantFrom('permit', 'forbid'),
      fc.constantFrom('when', 'unless'),
      expression,
      fc.array(fc.tuple(proof, proof, fc.boolean(), fc.boolean(), fc.boolean()), { minLength: 6, maxLength: 6 }),
      (effect, kind, body, samples) => {
        const text = shell(effect, `${kind} { ${body} }`);
        if (turnedByProof(parsed(text)).length > 0) return;
        prepare(set, 'shell.open', [policy(text), policy(beside(effect))]);
        for (const [less, more, locked, critical, closed] of samples) {
          const grown = {
            fresh: less.fresh || more.fresh,
            enrolled: less.enrolled || more.enrolled,
            approved: less.approved || more.approved,
            trusted: less.trusted || more.trusted,
            full: less.full || more.full,
          };
          const before = evaluate(set, 'shell.open', factsOf(less, locked, critical, closed));
          const after = evaluate(set, 'shell.open', factsOf(grown, locked, critical, closed));
          if (before.allowed) expect(after.allowed).toBe(true);
        }
      },
    ),
    { numRuns: 60 },
  );
});
