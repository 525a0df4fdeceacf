import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Level, levels, type Role, roles, type Tier, tiers } from '../protocol/nouns.ts';
import { type Action, actions } from './actions.ts';
import { decide as decideAfresh, type Judgement } from './decide.ts';
import { type Facts, type ResourceFacts, reachOf } from './facts.ts';
import { type Judge, openJudge } from './judgements.ts';
import { approvalsAsked, builtinPolicies, type Policies, policiesFrom } from './policies.ts';

let policies: Policies;
let judge: Judge;
beforeAll(() => {
  policies = builtinPolicies();
  judge = openJudge(policies);
});
/** The tables ask much alike: what the built-in policies said to equal facts is remembered, as the gateway does. */
const decide = (action: Action, facts: Facts, by: Policies): Judgement =>
  by === policies ? judge(action, facts) : decideAfresh(action, facts, by);

type Ask = {
  readonly role?: Role;
  readonly level?: Level;
  readonly enrolled?: boolean;
  readonly fresh?: boolean;
  readonly trusted?: boolean;
  readonly familiar?: boolean;
  readonly approved?: boolean;
  readonly outside?: boolean;
  readonly factorRequired?: boolean;
  readonly trailStale?: boolean;
  readonly status?: string;
};
const factsOn = (resource: ResourceFacts, ask: Ask): Facts => ({
  principal: { id: 'usr_a', role: ask.role ?? 'user', status: ask.status ?? 'active', groups: ['web'] },
  resource,
  context: {
    reach: reachOf(ask.level ?? 'none'),
    factor: { enrolled: ask.enrolled ?? true, fresh: ask.fresh ?? false },
    approved: ask.approved ?? false,
    device: { trusted: ask.trusted ?? true, familiar: ask.familiar ?? true },
    locked: false,
    closed: false,
    outside: ask.outside ?? false,
    breakGlass: false,
    factorRequired: ask.factorRequired ?? false,
    trailStale: ask.trailStale ?? false,
    address: '192.0.2.7',
    now: undefined,
  },
});
const place = (tier: Tier) => ({ tier, groups: ['web'], tags: {} });
const server = (tier: Tier = 'normal'): ResourceFacts => ({ kind: 'server', ...place(tier) });
const session = (own: boolean, tier: Tier = 'normal'): ResourceFacts => ({
  kind: 'session',
  own,
  level: 'terminal',
  keyboard: own,
  moderates: false,
  invited: 'none',
  ...place(tier),
});
const part = (its: Partial<Extract<ResourceFacts, { kind: 'session' }>>): ResourceFacts =>
  ({ ...session(false), ...its }) as ResourceFacts;
const recording = (own: boolean): ResourceFacts => ({ kind: 'recording', own, closed: true, ...place('normal') });
const person = (own: boolean, role: Role = 'user'): ResourceFacts => ({ kind: 'person', own, role, status: 'active' });
const request = (own: boolean, tier: Tier = 'normal'): ResourceFacts => ({
  kind: 'request',
  own,
  level: 'terminal',
  tier,
  groups: ['web'],
});
const grant = (own: boolean, tier: Tier = 'normal', extended = false): ResourceFacts => ({
  kind: 'grant',
  own,
  level: 'terminal',
  tier,
  groups: ['web'],
  extended,
});
const here: ResourceFacts = { kind: 'workspace' };

test('[T23, T18, S38, S49] shells: the truth table role × level × tier × factor × device', () => {
  for (const role of roles)
    for (const level of levels)
      for (const tier of tiers)
        for (const fresh of [false, true])
          for (const trusted of [false, true])
            for (const familiar of [false, true]) {
              const decision = decide('shell.open', factsOn(server(tier), { role, level, fresh, trusted, familiar }), policies);
              const shell = role === 'superuser' || level === 'terminal' || level === 'full';
              const sees = role !== 'user' || level !== 'none';
              const proven = fresh || (trusted && familiar && tier === 'normal');
              // Who sees a server may ask for a shell there, and is told so; what is hidden stays hidden.
              const expected = !sees ? 'hidden' : !shell ? 'ask' : proven ? 'allow' : 'challenge';
              expect(
                decision.hidden ? 'hidden' : decision.verdict,
                `${role} ${level} ${tier} fresh ${fresh} trusted ${trusted} familiar ${familiar}`,
              ).toBe(expected);
              if (shell) expect(decision.level).toBe(role === 'superuser' ? 'full' : level);
            }
});

test('[T2] coming back to a session asks as much as opening one, by itself', () => {
  for (const role of roles)
    for (const tier of tiers)
      for (const fresh of [false, true])
        for (const trusted of [false, true]) {
          const asked = { role, level: 'terminal', fresh, trusted } as const;
          const open = decide('shell.open', factsOn(server(tier), asked), policies);
          const attach = decide('session.attach', factsOn(session(true, tier), asked), policies);
          expect(attach.verdict).toBe(open.verdict);
          expect(attach.level).toBe(open.level);
        }
});

test('[law 3] nobody drives the session of another, with any role, level and proof', () => {
  for (const role of roles)
    for (const level of levels) {
      const decision = decide('session.attach', factsOn(session(false), { role, level, fresh: true }), policies);
      expect(decision.verdict).toBe('deny');
      if (role !== 'user') expect(decision.policies).toContain('one-keyboard');
    }
});

type Outcome = 'allow' | 'challenge' | 'ask' | 'deny' | 'hidden';
/** Without level and proof, on a trusted device, with a factor enrolled: user, staff, superuser. */
const table: readonly (readonly [Action, string, ResourceFacts, readonly [Outcome, Outcome, Outcome]])[] = [
  ['self.manage', 'oneself', { kind: 'self' }, ['allow', 'allow', 'allow']],
  ['policy.explain', 'here', { kind: 'workspace' }, ['allow', 'allow', 'allow']],
  ['server.see', 'any', server(), ['hidden', 'allow', 'allow']],
  ['server.request', 'any', server(), ['hidden', 'allow', 'allow']],
  [
    'server.request',
    'open to requests',
    { kind: 'server', ...place('normal'), tags: { requests: 'open' } },
    ['allow', 'allow', 'allow'],
  ],
  ['shell.open', 'open to requests', { kind: 'server', ...place('normal'), tags: { requests: 'open' } }, ['ask', 'ask', 'allow']],
  ['shell.open', 'any', server(), ['hidden', 'ask', 'allow']],
  ['session.see', 'own', session(true), ['allow', 'allow', 'allow']],
  ['session.see', 'foreign', session(false), ['hidden', 'allow', 'allow']],
  ['session.attach', 'own', session(true), ['deny', 'deny', 'allow']],
  ['session.attach', 'foreign', session(false), ['hidden', 'deny', 'deny']],
  ['session.watch', 'own', session(true), ['deny', 'allow', 'allow']],
  ['session.watch', 'foreign', session(false), ['hidden', 'allow', 'allow']],
  ['session.watch', 'foreign critical', session(false, 'critical'), ['hidden', 'challenge', 'challenge']],
  ['session.watch', 'own critical', session(true, 'critical'), ['deny', 'allow', 'allow']],
  ['session.kill', 'own', session(true), ['allow', 'allow', 'allow']],
  ['session.kill', 'foreign', session(false), ['hidden', 'deny', 'challenge']],
  ['session.kill', 'moderated', part({ moderates: true }), ['allow', 'allow', 'allow']],
  ['session.join', 'own', session(true), ['deny', 'deny', 'allow']],
  ['session.join', 'foreign', session(false), ['hidden', 'deny', 'challenge']],
  ['session.join', 'invited as a peer', part({ invited: 'peer' }), ['deny', 'deny', 'challenge']],
  ['session.watch', 'invited', part({ invited: 'observer' }), ['allow', 'allow', 'allow']],
  ['session.moderate', 'own', session(true), ['deny', 'deny', 'deny']],
  ['session.moderate', 'foreign', session(false), ['hidden', 'challenge', 'challenge']],
  ['session.moderate', 'invited by the driver', part({ invited: 'moderator' }), ['deny', 'challenge', 'challenge']],
  ['session.take-over', 'foreign', session(false), ['hidden', 'deny', 'challenge']],
  ['session.attach', 'handed over', part({ keyboard: true }), ['hidden', 'deny', 'allow']],
  ['session.freeze', 'own', session(true), ['allow', 'allow', 'allow']],
  ['session.freeze', 'foreign', session(false), ['hidden', 'allow', 'allow']],
  ['session.put-out', 'own', session(true), ['allow', 'allow', 'allow']],
  ['session.put-out', 'foreign', session(false), ['hidden', 'deny', 'allow']],
  ['session.put-out', 'moderated', part({ moderates: true }), ['allow', 'allow', 'allow']],
  ['session.message', 'foreign', session(false), ['hidden', 'allow', 'allow']],
  ['session.mark', 'foreign', session(false), ['hidden', 'allow', 'allow']],
  ['session.extend', 'own', session(true), ['challenge', 'challenge', 'challenge']],
  ['session.extend', 'foreign', session(false), ['hidden', 'deny', 'challenge']],
  ['session.share', 'own', session(true), ['allow', 'allow', 'allow']],
  ['command.type', 'own', session(true), ['allow', 'allow', 'allow']],
  ['command.type', 'foreign', session(false), ['hidden', 'deny', 'deny']],
  ['session.share', 'foreign', session(false), ['hidden', 'deny', 'allow']],
  ['shell.alone', 'anywhere', server(), ['allow', 'allow', 'allow']],
  ['shell.alone', 'moderated', { kind: 'server', ...place('normal'), tags: { moderated: 'yes' } }, ['hidden', 'deny', 'deny']],
  ['lock.see', 'here', { kind: 'workspace' }, ['deny', 'allow', 'allow']],
  ['lock.manage', 'here', { kind: 'workspace' }, ['deny', 'deny', 'challenge']],
  ['session.history', 'own', session(true), ['allow', 'allow', 'allow']],
  ['session.history', 'foreign', session(false), ['hidden', 'challenge', 'challenge']],
  ['session.history', 'invited', part({ invited: 'observer' }), ['deny', 'challenge', 'challenge']],
  ['session.history', 'handed over', part({ keyboard: true }), ['hidden', 'allow', 'allow']],
  ['recording.see', 'own', recording(true), ['allow', 'allow', 'allow']],
  ['recording.see', 'foreign', recording(false), ['hidden', 'allow', 'allow']],
  ['recording.export', 'own', recording(true), ['allow', 'allow', 'allow']],
  ['recording.export', 'foreign', recording(false), ['hidden', 'challenge', 'challenge']],
  ['audit.read', 'here', { kind: 'workspace' }, ['deny', 'allow', 'allow']],
  ['audit.export', 'here', here, ['deny', 'challenge', 'challenge']],
  ['audit.prune', 'here', here, ['deny', 'deny', 'challenge']],
  ['hold.manage', 'here', here, ['deny', 'deny', 'challenge']],
  ['person.erase', 'oneself', person(true), ['hidden', 'deny', 'challenge']],
  ['person.erase', 'foreign', person(false), ['hidden', 'deny', 'challenge']],
  ['sink.test', 'here', here, ['deny', 'allow', 'allow']],
  ['person.list', 'here', { kind: 'workspace' }, ['deny', 'allow', 'allow']],
  ['group.list', 'here', { kind: 'workspace' }, ['deny', 'allow', 'allow']],
  ['server.manage', 'here', { kind: 'workspace' }, ['deny', 'challenge', 'challenge']],
  ['enrolment.make', 'here', { kind: 'workspace' }, ['deny', 'challenge', 'challenge']],
  ['group.manage', 'here', { kind: 'workspace' }, ['deny', 'deny', 'challenge']],
  ['rule.manage', 'here', { kind: 'workspace' }, ['deny', 'deny', 'challenge']],
  ['person.manage', 'somebody new', { kind: 'workspace' }, ['deny', 'deny', 'challenge']],
  ['person.manage', 'oneself', person(true), ['hidden', 'deny', 'challenge']],
  ['person.manage', 'foreign', person(false), ['hidden', 'deny', 'challenge']],
  ['role.manage', 'oneself', person(true), ['hidden', 'deny', 'challenge']],
  ['role.manage', 'foreign', person(false), ['hidden', 'deny', 'challenge']],
  ['grant.single', 'any', server(), ['allow', 'allow', 'allow']],
  ['grant.single', 'critical', server('critical'), ['hidden', 'deny', 'deny']],
  ['access.see', 'here', here, ['deny', 'allow', 'allow']],
  ['request.review', 'own', request(true), ['deny', 'deny', 'deny']],
  ['request.review', 'foreign', request(false), ['deny', 'challenge', 'challenge']],
  ['request.review', 'foreign critical', request(false, 'critical'), ['deny', 'deny', 'challenge']],
  ['grant.extend', 'own', grant(true), ['allow', 'allow', 'allow']],
  ['grant.extend', 'own, prolonged before', grant(true, 'normal', true), ['deny', 'deny', 'deny']],
  ['grant.extend', 'own critical', grant(true, 'critical'), ['deny', 'deny', 'deny']],
  ['grant.extend', 'foreign', grant(false), ['deny', 'deny', 'deny']],
  ['grant.revoke', 'own', grant(true), ['allow', 'allow', 'allow']],
  ['grant.revoke', 'foreign', grant(false), ['deny', 'challenge', 'challenge']],
  ['policy.see', 'here', here, ['deny', 'allow', 'allow']],
  ['policy.manage', 'here', here, ['deny', 'deny', 'challenge']],
  ['address.see', 'here', here, ['deny', 'allow', 'allow']],
  ['address.manage', 'here', here, ['deny', 'deny', 'challenge']],
  ['settings.see', 'here', here, ['deny', 'allow', 'allow']],
  ['settings.manage', 'here', here, ['deny', 'deny', 'challenge']],
  ['workspace.delete', 'here', here, ['deny', 'deny', 'challenge']],
  ['factor.reset', 'oneself', person(true), ['hidden', 'deny', 'deny']],
  ['factor.reset', 'a user', person(false), ['hidden', 'challenge', 'challenge']],
  ['factor.reset', 'a superuser', person(false, 'superuser'), ['hidden', 'deny', 'challenge']],
  ['breakglass.see', 'here', here, ['deny', 'allow', 'allow']],
  ['breakglass.seal', 'here', here, ['deny', 'deny', 'challenge']],
  ['breakglass.approve', 'oneself', person(true), ['hidden', 'deny', 'deny']],
  ['breakglass.approve', 'foreign', person(false), ['hidden', 'deny', 'challenge']],
  ['breakglass.review', 'oneself', person(true), ['hidden', 'deny', 'deny']],
  ['breakglass.review', 'foreign', person(false), ['hidden', 'deny', 'challenge']],
  ['review.see', 'here', here, ['deny', 'allow', 'allow']],
  ['review.manage', 'here', here, ['deny', 'deny', 'challenge']],
  ['review.answer', 'oneself', person(true), ['hidden', 'deny', 'deny']],
  ['review.answer', 'foreign', person(false), ['hidden', 'deny', 'allow']],
];

test.each(table)('[T27, S33–S35] who may %s (%s)', (action, _what, resource, expected) => {
  for (const [i, role] of roles.entries()) {
    const decision = decide(action, factsOn(resource, { role }), policies);
    expect(decision.hidden ? 'hidden' : decision.verdict, role).toBe(expected[i]);
    const proven = decide(action, factsOn(resource, { role, fresh: true }), policies);
    expect(proven.hidden ? 'hidden' : proven.verdict, `${role}, proven`).toBe(
      expected[i] === 'challenge' ? 'allow' : expected[i],
    );
  }
});

test('[T27] every action stands in the table of who may do what', () => {
  expect([...new Set(table.map(([action]) => action))].toSorted()).toEqual(Object.keys(actions).toSorted());
});

test('[M12, S38] who was handed the keyboard, or comes as a peer, needs a shell of that level there', () => {
  for (const level of levels)
    for (const needed of ['terminal', 'full'] as const) {
      const enough = levels.indexOf(level) >= levels.indexOf(needed);
      const driving = decide(
        'session.attach',
        factsOn(part({ keyboard: true, level: needed }), { level, fresh: true }),
        policies,
      );
      expect([level, needed, driving.verdict]).toEqual([level, needed, enough ? 'allow' : 'deny']);
      const joining = decide('session.join', factsOn(part({ level: needed }), { role: 'staff', level, fresh: true }), policies);
      expect([level, needed, joining.verdict]).toEqual([level, needed, enough ? 'allow' : 'deny']);
    }
});

test('[S55] a lock on a person shuts every door, one on a server every way in, and neither is opened by a proof', () => {
  for (const [action, , resource] of table)
    for (const role of roles) {
      const facts = factsOn(resource, { role, level: 'full', fresh: true });
      const locked = decide(action, { ...facts, context: { ...facts.context, locked: true } }, policies);
      expect(locked.verdict).toBe('deny');
    }
  const wayIn = ['shell.open', 'session.attach', 'session.watch', 'session.join', 'session.moderate', 'session.take-over'];
  for (const [action, , resource] of table) {
    const facts = factsOn(resource, { role: 'superuser', level: 'full', fresh: true });
    const closed = decide(action, { ...facts, context: { ...facts.context, closed: true } }, policies);
    if (wayIn.includes(action)) expect(closed.verdict).toBe('deny');
    else expect(closed.verdict).toBe(decide(action, facts, policies).verdict);
  }
});

test('[S25] who is suspended or has not signed in yet may do nothing', () => {
  for (const [action, , resource] of table)
    for (const role of roles)
      for (const status of ['suspended', 'invited'])
        expect(decide(action, factsOn(resource, { role, status, level: 'full', fresh: true }), policies).verdict).toBe('deny');
});

test('[S51] from outside the addresses nobody does anything but ask why, with any role, level and proof', () => {
  for (const [action, what, resource] of table)
    for (const role of roles) {
      const decision = decide(
        action,
        factsOn(resource, { role, level: 'full', fresh: true, approved: true, outside: true }),
        policies,
      );
      expect([action, what, role, decision.verdict]).toEqual([
        action,
        what,
        role,
        action === 'policy.explain' ? 'allow' : 'deny',
      ]);
      if (!decision.hidden && action !== 'policy.explain') expect(decision.policies).toContain('addresses-outside-are-shut');
    }
});

test('[S23] where a factor is required nobody does anything before they have one, but set it up and ask why', () => {
  for (const [action, what, resource] of table)
    for (const role of roles) {
      const bare = { role, level: 'full', enrolled: false, approved: true } as const;
      const required = decide(action, factsOn(resource, { ...bare, factorRequired: true }), policies);
      const open = action === 'policy.explain' || action === 'self.manage';
      expect([action, what, role, required.verdict === 'allow']).toEqual([action, what, role, open]);
      const had = decide(action, factsOn(resource, { ...bare, enrolled: true, factorRequired: true }), policies);
      expect(had.verdict).toBe(decide(action, factsOn(resource, { ...bare, enrolled: true }), policies).verdict);
    }
});

test('TRUST §5: while no anchor vouches for the log, exactly what begins with power is denied; whatever stops somebody is not', () => {
  const power = new Set<Action>([
    'role.manage',
    'group.manage',
    'rule.manage',
    'policy.manage',
    'address.manage',
    'settings.manage',
    'factor.reset',
    'breakglass.seal',
    'audit.prune',
    'person.erase',
    'workspace.delete',
  ]);
  const shells = new Set<Action>(['shell.open', 'session.join', 'session.take-over']);
  for (const [action, what, resource] of table)
    for (const role of roles) {
      const ask = { role, level: 'full', approved: true, fresh: true } as const;
      const vouched = decide(action, factsOn(resource, ask), policies);
      const stale = decide(action, factsOn(resource, { ...ask, trailStale: true }), policies);
      const matters = 'tier' in resource && resource.tier !== 'normal';
      const shut = power.has(action) || (shells.has(action) && matters);
      expect([action, what, role, stale.verdict]).toEqual([action, what, role, shut ? 'deny' : vouched.verdict]);
      if (shut && vouched.verdict === 'allow') expect(stale.policies.join()).toMatch(/^no-new-.*-unvouched$/);
    }
  for (const tier of ['important', 'critical'] as const) {
    const ask = { role: 'superuser', fresh: true } as const;
    for (const action of shells) {
      const resource = action === 'shell.open' ? server(tier) : part({ tier });
      expect(decide(action, factsOn(resource, ask), policies).verdict).toBe('allow');
      expect(decide(action, factsOn(resource, { ...ask, trailStale: true }), policies).policies).toEqual([
        'no-new-shells-that-matter-unvouched',
      ]);
    }
  }
});

test('[S45, N of M] how many approvals a grant takes stands in the policies that deny a single one', () => {
  const denied = decide('grant.single', factsOn(server('critical'), { level: 'read-only' }), policies);
  expect(denied.policies).toEqual(['critical-servers-take-two-approvals']);
  expect(approvalsAsked(policies, denied.policies)).toBe(2);
});

test('[S53] breaking the glass gives nothing that the person does not have', () => {
  for (const [action, , resource] of table)
    for (const role of roles) {
      const facts = factsOn(resource, { role });
      const broken = decide(action, { ...facts, context: { ...facts.context, breakGlass: true } }, policies);
      expect(broken).toEqual(decide(action, facts, policies));
    }
});

const anyResource: fc.Arbitrary<readonly [Action, ResourceFacts]> = fc
  .tuple(fc.constantFrom(...table), fc.constantFrom(...tiers))
  .map(([[action, , resource], tier]) => [action, 'tier' in resource ? { ...resource, tier } : resource]);
const anyAsk = fc.record({
  role: fc.constantFrom(...roles),
  level: fc.constantFrom(...levels),
  enrolled: fc.boolean(),
  fresh: fc.boolean(),
  trusted: fc.boolean(),
});

test('[D3] more proof never turns an allow into a denial, nor hides anything', () => {
  fc.assert(
    fc.property(anyResource, anyAsk, ([action, resource], ask) => {
      const before = decide(action, factsOn(resource, ask), policies);
      const after = decide(action, factsOn(resource, { ...ask, enrolled: true, fresh: true, trusted: true }), policies);
      if (before.verdict === 'allow') expect(after.verdict).toBe('allow');
      expect(after.hidden).toBe(before.hidden);
    }),
    { numRuns: 300 },
  );
});

test('[law 4] a challenge names a factor, and proving that factor is enough', () => {
  fc.assert(
    fc.property(anyResource, anyAsk, ([action, resource], ask) => {
      const decision = decide(action, factsOn(resource, ask), policies);
      if (decision.verdict !== 'challenge') return;
      expect(decision.policies.length).toBeGreaterThan(0);
      expect(decision.missing.join()).toContain('second factor');
      const proven = decide(action, factsOn(resource, { ...ask, enrolled: true, fresh: true, trusted: true }), policies);
      expect(proven.verdict).toBe('allow');
      expect(proven.level).toBe(decision.level);
    }),
    { numRuns: 300 },
  );
});

test('[law 4] what is missing is said in words a person can act on', () => {
  const says = (action: Action, resource: ResourceFacts, ask: Ask) => decide(action, factsOn(resource, ask), policies).missing;
  expect(says('shell.open', server('critical'), { level: 'full' })).toEqual(['a second factor from the last 5 minutes']);
  expect(says('shell.open', server('critical'), { level: 'full', enrolled: false, trusted: false })).toEqual([
    'a second factor from the last 5 minutes, and none is set up yet: sallyport totp enroll',
  ]);
  expect(says('session.watch', session(false, 'critical'), { role: 'staff' })).toEqual(['a second factor from the last 8 hours']);
  expect(says('role.manage', person(false), { role: 'superuser' })).toEqual(['a second factor for this very request']);
  expect(says('shell.open', server(), { level: 'read-only' })).toEqual(['an approval by somebody who may give it']);
  expect(says('session.attach', session(true), { level: 'read-only' })).toEqual([
    'a group that gives the level terminal on this server',
  ]);
  expect(says('audit.read', { kind: 'workspace' }, {})).toEqual(['the role staff']);
  expect(says('group.manage', { kind: 'workspace' }, { role: 'staff' })).toEqual(['the role superuser']);
  expect(says('server.see', server(), {})).toEqual([]);
});

const schemaFor = `
  entity Role; entity Group; entity Workspace;
  entity Person in [Role, Group] = { role: String, status: String };
  entity Server in [Group] = { tier: String, limit: Long } tags String;
  entity Session; entity Recording;
  type Asking = { reach: Set<String>, factor: { enrolled: Bool, fresh: Bool }, approved: Bool, device: { trusted: Bool }, address?: ipaddr };
  action "server.see", "server.request", "shell.open" appliesTo { principal: [Person], resource: [Server], context: Asking };
`;

test('[A6] a policy that cannot be evaluated denies, even beside one that permits', () => {
  const broken = policiesFrom(schemaFor, [
    {
      name: 'own.cedar',
      source: `
@id("permits") permit (principal, action, resource);

@id("errs") forbid (principal, action == Action::"shell.open", resource) when { resource.limit > 3 };
`,
    },
  ]);
  const decision = decide('shell.open', factsOn(server(), { level: 'full', fresh: true }), broken);
  expect(decision).toMatchObject({ verdict: 'deny', policies: ['errs'], hidden: false });
});

test('[law 4] an approval that would open it is asked for; with a factor beside it, both are named', () => {
  const asking = policiesFrom(schemaFor, [
    {
      name: 'own.cedar',
      source: `
@id("sees") permit (principal, action in [Action::"server.see", Action::"server.request"], resource);

@id("approved") permit (principal, action == Action::"shell.open", resource) when { context.approved };

@id("proven") forbid (principal, action == Action::"shell.open", resource) when { resource.tier == "critical" } unless { context.factor.fresh };
`,
    },
  ]);
  const approval = 'an approval by somebody who may give it';
  expect(decide('shell.open', factsOn(server(), { level: 'full' }), asking)).toMatchObject({
    verdict: 'ask',
    missing: [approval],
  });
  expect(decide('shell.open', factsOn(server('critical'), { level: 'full' }), asking)).toMatchObject({
    verdict: 'ask',
    missing: [approval, 'a second factor from the last 5 minutes'],
  });
});

test('[S38] a permit without a level opens no shell for somebody who has none', () => {
  const loose = policiesFrom(schemaFor, [{ name: 'own.cedar', source: '@id("all") permit (principal, action, resource);' }]);
  expect(decide('shell.open', factsOn(server(), { level: 'read-only', fresh: true }), loose).verdict).toBe('ask');
  expect(decide('shell.open', factsOn(server(), { level: 'terminal' }), loose).verdict).toBe('allow');
});
