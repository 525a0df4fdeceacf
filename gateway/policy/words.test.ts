import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { ordinary } from '../../fixtures/facts.ts';
import { levels, roles, tiers } from '../protocol/nouns.ts';
import { type Action, actions } from './actions.ts';
import { evaluate, readPolicy } from './cedar.ts';
import { decide } from './decide.ts';
import { expressionsOf } from './expression.ts';
import { type Facts, type ResourceFacts, reachOf } from './facts.ts';
import { fixesFor } from './fixes.ts';
import { holds } from './holds.ts';
import { builtinPolicies, holdsFor, type Policies } from './policies.ts';
import { conditionsOf, meets } from './reasons.ts';
import { wordsFor } from './words.ts';

let policies: Policies;
beforeAll(() => {
  policies = builtinPolicies();
});

const me = { self: true, name: 'uma' };
const place = { tier: 'critical', groups: ['web'], tags: {} } as const;
const about: Readonly<Record<ResourceFacts['kind'], ResourceFacts>> = {
  workspace: { kind: 'workspace' },
  self: { kind: 'self' },
  person: { kind: 'person', own: false, role: 'user', status: 'active' },
  server: { kind: 'server', ...place },
  session: { kind: 'session', own: false, level: 'full', keyboard: false, moderates: false, invited: 'none', ...place },
  recording: { kind: 'recording', own: false, closed: true, ...place },
  request: { kind: 'request', own: true, level: 'full', tier: 'critical', groups: [] },
  grant: { kind: 'grant', own: true, level: 'full', tier: 'critical', groups: [], extended: true },
};
const factsOn = (resource: ResourceFacts, more: Partial<Facts['context']> = {}): Facts => ({
  principal: { id: 'usr_a', role: 'user', status: 'active', groups: [] },
  resource,
  context: { ...ordinary, reach: ['read-only'], now: { hour: 20, minute: 5, weekday: 6 }, ...more },
});
const isAction = (name: string): name is Action => Object.hasOwn(actions, name);

test('[law 4] every condition of every built-in policy has words of its own, as it is asked for and as it is not', () => {
  for (const { id, parsed } of policies.byId.values())
    for (const action of Object.keys(actions).filter(isAction)) {
      if (parsed.actions !== 'all' && !parsed.actions.includes(action)) continue;
      const asked = { action, facts: factsOn(about[actions[action].target]) };
      for (const whole of expressionsOf(parsed))
        for (const wanted of [true, false])
          for (const whom of [me, { self: false, name: 'uma' }]) {
            const { raw, need } = wordsFor(whole, wanted, asked, whom);
            expect([id, action, need, raw]).toEqual([id, action, need, false]);
            expect(need).not.toMatch(/undefined|context\.|resource\.|principal/);
          }
    }
});

const words = (action: Action, facts: Facts, whom = me) => {
  const decision = decide(action, facts, policies);
  return conditionsOf(decision, action, facts, policies, whom).map((one) => `${one.policy}: ${one.words}`);
};

test('[law 4] an asked request: what the groups give, and what it takes', () => {
  expect(words('shell.open', factsOn({ ...about.server, tier: 'normal' } as ResourceFacts))).toEqual([
    'group-members-open-shells: It would allow this if your groups and grants give terminal or more on this server; they give read-only',
  ]);
  expect(words('shell.open', factsOn(about.server), { self: false, name: 'uma' })).toEqual([
    'step-up-for-shells-that-matter: Needed: uma proved a second factor for just this, recently enough, because this server is critical',
    "group-members-open-shells: It would allow this if uma's groups and grants give terminal or more on this server; they give read-only",
  ]);
});

test('[law 4] a challenged request: which proof, and why here', () => {
  expect(words('shell.open', factsOn(about.server, { reach: reachOf('terminal') }))).toEqual([
    'step-up-for-shells-that-matter: Needed: you proved a second factor for just this, recently enough, because this server is critical',
  ]);
  const newcomer = factsOn({ ...about.server, tier: 'normal' } as ResourceFacts, {
    reach: reachOf('terminal'),
    device: { trusted: false, familiar: false },
  });
  expect(words('shell.open', newcomer)).toEqual([
    'step-up-at-a-new-address: Needed: a second factor was proven from the address of this sign-in before, or you proved a second factor for just this, recently enough',
    'step-up-on-a-new-device: Needed: a second factor was proven on this device before, or you proved a second factor for just this, recently enough',
  ]);
});

test('[law 4] a denied request: who may, which lock, which address, which rule', () => {
  expect(words('audit.read', factsOn(about.workspace))).toEqual([
    'staff-run-the-day: It would allow this if you are staff; you are a user',
    'superusers-run-the-workspace: It would allow this if you are a superuser; you are a user',
  ]);
  expect(words('self.manage', factsOn(about.self, { locked: true }))).toEqual([
    'locks-shut: Needed: no lock is on you or your role, group, sign-in or device; but a lock is on you or your role, group, sign-in or device',
  ]);
  expect(words('self.manage', factsOn(about.self, { outside: true }))).toEqual([
    'addresses-outside-are-shut: Needed: your address is one that the address rules allow; but your address is outside what the address rules allow',
  ]);
  expect(
    words('audit.read', factsOn(about.workspace, { factorRequired: true, factor: { enrolled: false, fresh: false } }))[0],
  ).toBe(
    'a-second-factor-is-required: Needed: you have set up a second factor, because the workspace asks everybody for a second factor',
  );
  expect(words('request.review', factsOn(about.request))[0]).toBe(
    'nobody-approves-themselves: Needed: somebody else than you made the request; but you made the request',
  );
});

test('what an admin wrote otherwise is told as Cedar writes it, and hours, ranges and labels in words', () => {
  const tell = (when: string): string => {
    const read = readPolicy(`@id("a") permit (principal, action == Action::"shell.open", resource) when { ${when} };`);
    const body = 'parsed' in read ? read.parsed.conditions[0]?.body : undefined;
    if (body === undefined) throw new Error(when);
    const asked = {
      action: 'shell.open',
      facts: factsOn({ kind: 'server', tier: 'normal', groups: [], tags: { team: 'db' } }),
    } as const;
    const { need, is } = wordsFor(body, true, asked, me);
    return `${need} / ${is ?? ''} / ${String(holds(body, asked))}`;
  };
  expect(tell('context.now.hour >= 9 && context.now.hour < 18')).toBe(
    'the hour (UTC) is 9 or later and the hour (UTC) is before 18 / it is 20 / false',
  );
  expect(tell('context has address && context.address.isInRange(ip("192.0.2.0/24"))')).toMatch(
    /your address is in 192\.0\.2\.0\/24 \/ it is 192\.0\.2\.7 \/ true$/,
  );
  expect(tell('resource.hasTag("team") && resource.getTag("team") == "web"')).toBe(
    'this server has the label team=web / it has team=db / false',
  );
  expect(tell('resource in Group::"web"')).toBe('this server is in the group web /  / false');
  expect(tell('principal.role like "super*"')).toBe('principal.role like "super*" /  / false');
});

test('[law 4] commands that would change the answer, the nearest first, and none for what is hidden from whoever asks', () => {
  const around = {
    person: 'uma',
    self: true,
    target: 'web-1',
    server: 'web-1',
    mayRequest: true,
    groups: [],
    locks: [],
    may: { people: false, addresses: false, policies: false },
  };
  const fixes = (action: Action, facts: Facts, more: Partial<Parameters<typeof fixesFor>[3]> = {}) =>
    fixesFor(decide(action, facts, policies), action, facts, { ...around, ...more }, new Set());
  const normal = { ...about.server, tier: 'normal' } as ResourceFacts;
  expect(fixes('shell.open', factsOn(normal))).toEqual(['sallyport request web-1 --level terminal --for 1h --why WORDS']);
  expect(fixes('shell.open', factsOn(about.server, { reach: reachOf('full') }))).toEqual([
    'sallyport attach web-1   (and enter the code that your authenticator shows)',
  ]);
  const bare = { reach: reachOf('full'), factor: { enrolled: false, fresh: false } };
  expect(fixes('shell.open', factsOn(about.server, bare))).toEqual(['sallyport totp enroll']);
  expect(
    fixes('shell.open', factsOn(normal), { self: false, groups: [{ name: 'web', members: ['ana'], level: 'terminal' }] }),
  ).toEqual(['sallyport request web-1 --level terminal --for 1h --why WORDS', 'sallyport groups set web --members ana,uma']);
  const all = { people: true, addresses: true, policies: true };
  expect(fixes('audit.read', factsOn(about.workspace), { server: undefined, may: all })).toEqual([
    'sallyport users set uma --role staff --why WORDS',
  ]);
  expect(fixes('self.manage', factsOn(about.self, { locked: true }), { locks: ['lck_a'], server: undefined })).toEqual([
    'sallyport locks rm lck_a --why WORDS',
  ]);
  expect(fixes('self.manage', factsOn(about.self, { outside: true }), { may: all, server: undefined })).toEqual([
    'sallyport allowlist add 192.0.2.7 --note WORDS',
  ]);
  expect(fixes('shell.open', factsOn(normal, { reach: reachOf('terminal') }))).toEqual([]);
});

const flag = fc.boolean();
const anyPlace = {
  tier: fc.constantFrom(...tiers),
  groups: fc.constant(['web']),
  tags: fc.constantFrom({}, { moderated: 'yes' }, { requests: 'open' }),
};
const anyResource = (kind: ResourceFacts['kind']): fc.Arbitrary<ResourceFacts> => {
  const of = <K extends ResourceFacts['kind']>(its: K) => ({ kind: fc.constant(its) });
  const level = fc.constantFrom('terminal', 'full' as const);
  const record = {
    workspace: fc.record(of('workspace')),
    self: fc.record(of('self')),
    person: fc.record({ ...of('person'), own: flag, role: fc.constantFrom(...roles), status: fc.constant('active') }),
    server: fc.record({ ...of('server'), ...anyPlace }),
    session: fc.record({
      ...of('session'),
      own: flag,
      level,
      keyboard: flag,
      moderates: flag,
      invited: fc.constantFrom('none', 'peer', 'observer', 'moderator'),
      ...anyPlace,
    }),
    recording: fc.record({ ...of('recording'), own: flag, closed: flag, ...anyPlace }),
    request: fc.record({ ...of('request'), own: flag, level, tier: anyPlace.tier, groups: anyPlace.groups }),
    grant: fc.record({ ...of('grant'), own: flag, level, tier: anyPlace.tier, groups: anyPlace.groups, extended: flag }),
  };
  return record[kind] as fc.Arbitrary<ResourceFacts>;
};
const anyAsked = fc.constantFrom(...Object.keys(actions).filter(isAction)).chain((action) =>
  fc.record({
    action: fc.constant(action),
    resource: anyResource(actions[action].target),
    role: fc.constantFrom(...roles),
    status: fc.constantFrom('active', 'active', 'active', 'suspended'),
    context: fc.record({
      reach: fc.constantFrom(...levels).map(reachOf),
      factor: fc.record({ enrolled: flag, fresh: flag }),
      approved: flag,
      device: fc.record({ trusted: flag, familiar: flag }),
      locked: fc.constantFrom(false, false, true),
      closed: fc.constantFrom(false, false, true),
      outside: fc.constantFrom(false, false, true),
      breakGlass: flag,
      factorRequired: flag,
      trailStale: flag,
    }),
  }),
);

test('[law 4] what is said to hold is what Cedar finds', () => {
  fc.assert(
    fc.property(anyAsked, ({ action, resource, role, status, context }) => {
      const facts: Facts = {
        principal: { id: 'usr_a', role, status, groups: [] },
        resource,
        context: { ...context, address: undefined, now: undefined },
      };
      policies.on(action);
      const { allowed, reasons, errors } = evaluate(policies.set, action, facts);
      expect(errors).toEqual([]);
      const holding = [...policies.byId.values()].filter(
        (policy) => holdsFor(policy, action) && meets(policy, { action, facts }),
      );
      const told = holding.filter(({ parsed }) => parsed.effect === 'forbid');
      const by = told.length > 0 ? told : holding;
      expect([allowed, reasons]).toEqual([told.length === 0 && holding.length > 0, by.map(({ id }) => id).toSorted()]);
    }),
    { numRuns: 300 },
  );
});
