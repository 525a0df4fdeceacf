import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { code } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { type DeniedGroup, type DeniedPlace, type DeniedThing, openDenials } from '../access/denied.ts';
import { draftRule } from '../access/denied-draft.ts';
import { actions } from '../policy/actions.ts';
import { readAdded } from '../policy/added.ts';
import { builtinPolicies } from '../policy/policies.ts';
import { mintId, type PersonId } from '../protocol/ids.ts';
import { fit } from '../protocol/json.ts';
import { levels, roles, tiers } from '../protocol/nouns.ts';
import { requests } from '../protocol/operator.ts';
import { deniedReview } from './review-denied.ts';

const base = builtinPolicies();
const byGateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const dayMs = 86_400_000;

async function office() {
  const workspace = await openWorkspace('denied');
  const { person, group, server, enforcer, caller, call, commit, log } = workspace;
  for (const [name, role] of [
    ['ana', 'superuser'],
    ['omar', 'staff'],
    ['uma', 'user'],
    ['rob', 'user'],
    ['lea', 'user'],
  ] as const)
    await person(name, role);
  const web = await server('web-1', { env: 'staging', team: 'web' });
  const web2 = await server('web-2', { env: 'staging', team: 'web' });
  const db = await server('db-1', { env: 'production', team: 'data' });
  await group('backend', ['uma', 'rob'], [{ servers: { labels: { team: 'web' } }, level: 'read-only', users: [] }]);
  await group('everybody', ['uma', 'rob', 'lea', 'omar'], []);
  const opens = (name: string, on: typeof web) => enforcer.enforce(caller(name), 'shell.open', { kind: 'server', server: on });
  const reviewed = async (days = 30) => {
    const told = await deniedReview(call('ana'), { days });
    if (!told.ok) throw new Error(told.problem.code);
    expect(fit(requests['review.denied'].gives, told.value)).toMatchObject({ ok: true });
    return told.value.groups;
  };
  let version = 0;
  /** These policies are in force from now on, on top of the built-in ones. */
  const apply = async (policies: string) => {
    version += 1;
    const digest = 'e'.repeat(64);
    const data = {
      version,
      before: digest,
      after: digest,
      policies,
      added: [],
      changed: [],
      removed: [],
      by: caller('ana').person.id,
      why: '',
    };
    await commit({ ...byGateway, type: 'policy.applied', data });
  };
  return { ...workspace, web, web2, db, opens, reviewed, apply, log };
}

test('[S80] denials that look alike are one group, with a rule as narrow as what they have in common', async () => {
  const { opens, reviewed, web, web2, db, enforcer, caller, apply, clock } = await office();
  expect([code(await opens('uma', web)), code(await opens('rob', web2)), code(await opens('rob', web2))]).toEqual(
    Array(3).fill('approval-needed'),
  );
  expect(code(await opens('lea', db))).toBe('not-found');
  const groups = await reviewed();
  expect(groups.map(({ action, count, people, targets }) => [action, count, people, targets])).toEqual([
    ['shell.open', 3, ['uma', 'rob'], ['web-1', 'web-2']],
    ['shell.open', 1, ['lea'], ['db-1']],
  ]);
  const draft = groups[0]?.draft ?? '';
  expect(draft.replace(/drafted-[0-9a-f]{8}/, 'drafted-x')).toBe(
    [
      `// Drafted from 3 denials of shell.open on ${new Date(clock.now()).toISOString().slice(0, 10)}.`,
      '// To uma, rob; about web-1, web-2.',
      '// It speaks of 2 people; 2 asked.',
      '// It speaks of 2 servers of now; 2 were asked about.',
      '// Read it before you apply it; for once, a request is enough.',
      '@id("drafted-x")',
      '@level("terminal")',
      'permit (',
      '  principal in Group::"backend",',
      '  action == Action::"shell.open",',
      '  resource',
      ')',
      'when',
      '{',
      '  resource.tier == "normal" &&',
      '  resource in Group::"backend"',
      '};',
      '',
    ].join('\n'),
  );
  await apply(draft);
  const verdict = (name: string, on: typeof web) =>
    enforcer.decide(caller(name), 'shell.open', { kind: 'server', server: on }).verdict;
  expect([verdict('uma', web), verdict('rob', web2), verdict('lea', web), verdict('uma', db)]).toEqual([
    'allow',
    'allow',
    'deny',
    'deny',
  ]);
  // What is allowed by now asks for nothing.
  expect((await reviewed()).find(({ people }) => people.includes('uma'))?.draft).toMatch(
    /^(\/\/ .*\n)+\/\/ By now it is allowed.*$/,
  );
});

test('[S80] every draft is fit to be applied and opens what it was drafted from, after the factor that was asked for anyway', async () => {
  const { opens, reviewed, db, web, enforcer, caller, apply, session, prove } = await office();
  const { session: live, recording } = await session(web, 'omar');
  await opens('lea', db);
  const asked = [
    ['uma', 'audit.read', { kind: 'workspace' }],
    ['uma', 'session.watch', { kind: 'session', session: live, server: web }],
    ['rob', 'recording.export', { kind: 'recording', recording, session: live, server: web }],
    ['omar', 'person.manage', { kind: 'person', person: caller('rob').person }],
    ['lea', 'shell.open', { kind: 'server', server: db }],
  ] as const;
  for (const [name, action, target] of asked) await enforcer.enforce(caller(name), action, target);
  const drafts = await reviewed();
  expect(drafts.length).toBe(asked.length);
  for (const [name, action, target] of asked) {
    const group = drafts.find((one) => one.action === action);
    const read = readAdded(group?.draft ?? '', base);
    expect([action, read.problems, read.policies.length]).toEqual([action, [], 1]);
    await apply(group?.draft ?? '');
    if (actions[action].freshness !== 'none')
      await prove(
        name,
        action,
        'server' in target && target.kind === 'server'
          ? target.server.id
          : action === 'session.watch'
            ? live.id
            : action === 'recording.export'
              ? recording.id
              : caller('rob').person.id,
      );
    expect([action, enforcer.decide(caller(name), action, target).verdict]).toEqual([action, 'allow']);
  }
});

test('[S80] what a policy forbids gets no rule, and is told which one forbids it; a step-up forbids nothing for good', async () => {
  const { opens, reviewed, db, web, commit, parts, caller, apply, enforcer } = await office();
  await apply(
    '@id("no-shells-for-rob")\nforbid (principal in Group::"backend", action == Action::"shell.open", resource) when { resource.tier == "important" };',
  );
  // `db-1` takes a factor as well: that alone is no reason to close it.
  expect(code(await opens('rob', db))).toBe('not-found');
  expect(code(await opens('lea', db))).toBe('not-found');
  const groups = await reviewed();
  const of = (name: string) => groups.find(({ people }) => people.includes(name));
  expect(of('rob')).toMatchObject({ closedBy: ['no-shells-for-rob'] });
  expect(of('rob')?.draft).toContain('No rule opens this: it is forbidden by no-shells-for-rob');
  expect(readAdded(of('rob')?.draft ?? '', base)).toMatchObject({ policies: [], problems: [] });
  expect(of('lea')?.closedBy).toBeUndefined();
  expect(of('lea')?.draft).toContain('action in [Action::"server.see", Action::"shell.open"]');
  // A lock that was, and is off again: still no rule.
  const lock = mintId('lck', parts.chance.bytes(26));
  const target = caller('uma').person.id;
  const by = caller('ana').person.id;
  await commit({ ...byGateway, type: 'lock.added', data: { lock, kind: 'person', target, why: 'w', by } });
  expect(code(await opens('uma', web))).toBe('access-locked');
  await commit({ ...byGateway, type: 'lock.removed', data: { lock, kind: 'person', target, cause: 'expired' } });
  expect(enforcer.decide(caller('uma'), 'shell.open', { kind: 'server', server: web }).verdict).toBe('ask');
  expect((await reviewed()).find(({ people }) => people.includes('uma'))).toMatchObject({
    closedBy: expect.arrayContaining(['locks-shut']),
  });
});

test('[S80, A43] only the days asked for are read, the reading is recorded, and who may not look is refused', async () => {
  const { opens, reviewed, web, clock, call, log, commit } = await office();
  await opens('uma', web);
  clock.pass(3 * dayMs);
  await commit({ ...byGateway, type: 'person.suspended', data: { person: call('lea').caller.person.id, why: '' } });
  expect(await reviewed(1)).toEqual([]);
  expect(await reviewed(4)).toHaveLength(1);
  expect(log.events.at(-1)).toMatchObject({ type: 'audit.read', data: { query: 'type:access.denied since:4d' } });
  expect(code(await deniedReview(call('uma'), { days: 1 }))).toBe('denied');
});

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/);
const labels = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z0-9_-]{0,31}$/),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
  { maxKeys: 32 },
);
const place = fc.record({ tier: fc.constantFrom(...tiers), groups: fc.uniqueArray(name, { maxLength: 4 }), labels });
const somebody = fc.record({ name, role: fc.constantFrom(...roles), groups: fc.uniqueArray(name, { maxLength: 4 }) });
const kinds = {
  server: 'shell.open',
  session: 'session.join',
  recording: 'recording.export',
  person: 'person.manage',
  request: 'request.review',
  grant: 'grant.revoke',
  workspace: 'audit.read',
} as const;
const thing = (
  of: DeniedPlace,
  own: boolean,
  level: (typeof levels)[number],
  role: (typeof roles)[number],
): readonly DeniedThing[] => [
  { kind: 'server', ...of },
  { kind: 'session', own, level: level === 'none' ? 'full' : level, ...of },
  { kind: 'recording', own, ...of },
  { kind: 'person', own, role },
  { kind: 'request', own, level, tier: of.tier },
  { kind: 'grant', own, level, tier: of.tier },
  { kind: 'workspace' },
];

test('[S80] whatever names, groups and labels there are, a draft fits the schema, the size of a policy, and what it came from', () => {
  fc.assert(
    fc.property(
      fc.array(place, { minLength: 1, maxLength: 4 }),
      fc.array(somebody, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.constantFrom(...levels),
      fc.constantFrom(...roles),
      fc.boolean(),
      fc.nat({ max: 6 }),
      fc.string({ maxLength: 64, unit: 'binary' }),
      (places, people, own, level, role, hidden, which, strange) => {
        const denials = openDenials();
        const fleet = { servers: places, people: people.map((one, i) => ({ ...one, id: `usr_${i}` as PersonId })) };
        places.forEach((of, i) => {
          const made = thing(of, own, level, role)[which];
          const person = fleet.people[i % people.length];
          if (made === undefined || person === undefined || made.kind === 'nothing' || made.kind === 'self') return;
          denials.add({
            action: kinds[made.kind],
            policies: [],
            missing: [],
            at: i,
            person,
            target: { id: `${i}`, name: strange, thing: made },
            now: 'denied',
            hidden,
            closedBy: [],
          });
        });
        const made = denials.groups().map((group) => ({ group, draft: draftRule(group, fleet) }));
        for (const { group, draft } of made) {
          expect(draft.length).toBeLessThanOrEqual(4000);
          expect(fitting(group, draft)).toBe(true);
        }
        // All at once: what is read is held against the whole schema each time.
        const all = made.map(({ draft }) => draft).join('\n');
        const { policies, problems } = readAdded(all, base);
        expect([all, problems, policies.length]).toEqual([all, [], made.length]);
      },
    ),
    { numRuns: 6 },
  );
});

/** Every condition on a place holds for every place it was drafted from. */
function fitting({ targets }: DeniedGroup, draft: string): boolean {
  const spoken = [...draft.matchAll(/getTag\("([^"]+)"\) == "([^"]+)"/g)];
  const grouped = [...draft.matchAll(/resource in Group::"([^"]+)"/g)];
  return [...targets.values()].every(
    ({ thing: it }) =>
      !('labels' in it) ||
      (spoken.every(([, key = '', value]) => it.labels[key] === value) &&
        grouped.every(([, group = '']) => it.groups.includes(group))),
  );
}
