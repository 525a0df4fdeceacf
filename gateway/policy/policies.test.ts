import { readFileSync } from 'node:fs';
import { preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { expect, test } from 'vitest';
import { ordinary } from '../../fixtures/facts.ts';
import { type Action, actions } from './actions.ts';
import { evaluate, PolicyFault, preparedName } from './cedar.ts';
import type { Facts } from './facts.ts';
import { builtinPolicies, policiesFrom } from './policies.ts';

const schema = readFileSync(new URL('./sallyport.cedarschema', import.meta.url), 'utf8');
const one = (source: string) => policiesFrom(schema, [{ name: 'own.cedar', source }]);

test('[D3] every built-in policy has an id and says in one line what it means', () => {
  const { byId } = builtinPolicies();
  expect(byId.size).toBeGreaterThan(15);
  for (const [id, { text }] of byId) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(text.split('\n')[0]).toMatch(/^\/\/ [A-Z].*\.$/);
  }
});

test('the digest is of the schema and every policy, so that another set never goes by the same name', () => {
  const permit = '@id("a") permit (principal, action, resource);';
  expect(one(permit).digest).toBe(one(permit).digest);
  expect(one(permit).digest).not.toBe(one(permit.replace('permit', 'forbid')).digest);
  expect(one(permit).digest).not.toBe(one(`// said\n${permit}`).digest);
});

test.each([
  ['is no policy', 'permit everything;'],
  ['has no id', 'permit (principal, action, resource);'],
  ['names an attribute that is not in the schema', '@id("a") permit (principal, action, resource) when { principal.admin };'],
  ['names an action that does not exist', '@id("a") permit (principal, action == Action::"shell.fly", resource);'],
  ['shares its id', '@id("a") permit (principal, action, resource);\n\n@id("a") forbid (principal, action, resource);'],
  ['gives a level there is not', '@id("a") @level("root") permit (principal, action, resource);'],
  [
    'stands in one paragraph with another',
    '@id("a") permit (principal, action, resource);\n@id("b") permit (principal, action, resource);',
  ],
])('[A6] a policy that %s is refused when it is loaded', (_why, source) => {
  expect(() => one(source)).toThrow(PolicyFault);
});

test('only labels that a policy asks for are given to it', () => {
  expect(builtinPolicies().spoken.tags).toEqual(new Set(['moderated', 'requests']));
  const tag = (right: string) =>
    `@id("a") permit (principal, action == Action::"server.see", resource) when { resource.hasTag(${right}) && resource.getTag(${right}) == "x" };`;
  expect(one(tag('"team"')).spoken.tags).toEqual(new Set(['team']));
  expect(one(tag('principal.role')).spoken.tags).toBe('all');
});

test('[D3] an action is decided by every policy whose scope has it, however the scope says so, and by no other', () => {
  const made = one(
    [
      '@id("all") permit (principal, action, resource);',
      '@id("equal") permit (principal, action == Action::"shell.open", resource);',
      '@id("one-of") permit (principal, action in [Action::"server.see", Action::"shell.open"], resource);',
      '@id("in-one") permit (principal, action in Action::"server.see", resource);',
      '@id("never") forbid (principal, action == Action::"server.request", resource);',
    ].join('\n\n'),
  );
  const facts: Facts = {
    principal: { id: 'usr_a', role: 'user', status: 'active', groups: [] },
    resource: { kind: 'server', tier: 'normal', groups: [], tags: {} },
    context: {
      reach: [],
      factor: { enrolled: false, fresh: false },
      approved: false,
      device: { trusted: false, familiar: false },
      locked: false,
      closed: false,
      outside: false,
      breakGlass: false,
      factorRequired: false,
      trailStale: false,
      address: undefined,
      now: undefined,
    },
  };
  const reasons: Partial<Record<Action, readonly string[]>> = {
    'server.see': ['all', 'in-one', 'one-of'],
    'shell.open': ['all', 'equal', 'one-of'],
    'server.request': ['never'],
  };
  for (const action of Object.keys(actions))
    if (isAction(action)) {
      made.on(action);
      expect([action, ...evaluate(made.set, action, facts).reasons]).toEqual([action, ...(reasons[action] ?? ['all'])]);
    }
});
const isAction = (name: string): name is Action => Object.hasOwn(actions, name);

test('the facts we give fit the schema, with Cedar’s own check of the request', () => {
  const { set, on } = builtinPolicies();
  on('session.watch');
  expect(preparseSchema('check', schema).type).toBe('success');
  const answer = statefulIsAuthorized({
    preparsedPolicySetId: preparedName(set, 'session.watch'),
    preparsedSchemaName: 'check',
    validateRequest: true,
    principal: { type: 'Person', id: 'usr_a' },
    action: { type: 'Action', id: 'session.watch' },
    resource: { type: 'Session', id: 'this' },
    context: { ...ordinary, address: { __extn: { fn: 'ip', arg: '192.0.2.7' } } },
    entities: [
      {
        uid: { type: 'Person', id: 'usr_a' },
        attrs: { role: 'staff', status: 'active' },
        parents: [{ type: 'Role', id: 'staff' }],
      },
      {
        uid: { type: 'Session', id: 'this' },
        attrs: {
          tier: 'normal',
          level: 'terminal',
          keyboard: false,
          moderates: false,
          invited: 'none',
          driver: { __entity: { type: 'Person', id: 'another' } },
        },
        parents: [],
        tags: {},
      },
    ],
  });
  expect(answer).toMatchObject({ type: 'success', response: { decision: 'allow', diagnostics: { errors: [] } } });
});
