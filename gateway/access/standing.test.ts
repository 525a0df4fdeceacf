import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { type AccessRule, levels } from '../protocol/nouns.ts';
import { levelRank, openReach, standingBy } from './standing.ts';

const rule = (level: AccessRule['level'], users: AccessRule['users'] = []): AccessRule => ({ servers: {}, level, users });

test('[S38] the strongest rule decides the level', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...levels), { maxLength: 5 }), (given) => {
      const strongest = levels[Math.max(0, ...given.map(levelRank))];
      expect(
        standingBy(
          given.map((level) => rule(level)),
          'uma',
        ).level,
      ).toBe(strongest);
    }),
  );
});

test('[S38] OS users come from the rules at the strongest level only', () => {
  expect(standingBy([rule('terminal', ['deploy']), rule('full', ['{name}'])], 'uma')).toEqual({ level: 'full', users: ['uma'] });
  expect(standingBy([rule('terminal', ['deploy', '{name}']), rule('terminal', ['deploy', 'www'])], 'uma')).toEqual({
    level: 'terminal',
    users: ['deploy', 'uma', 'www'],
  });
});

test('[S38] named OS users win over the agent’s own, which takes a rule that names none', () => {
  expect(standingBy([rule('terminal'), rule('terminal', ['deploy'])], 'uma').users).toEqual(['deploy']);
  expect(standingBy([rule('terminal')], 'uma')).toEqual({ level: 'terminal', users: [] });
});

test('[S38] a name no OS allows never falls back to the agent’s own user', () => {
  expect(standingBy([rule('full', ['{name}'])], '7of9')).toEqual({ level: 'read-only', users: [] });
  expect(standingBy([rule('full', ['{name}']), rule('terminal', ['deploy'])], 'a.b')).toEqual({
    level: 'terminal',
    users: ['deploy'],
  });
});

test('[S37] membership, rules and labels take effect with the next question', async () => {
  const workspace = await openWorkspace();
  const uma = { id: await workspace.person('uma', 'user'), name: 'uma' };
  const web = await workspace.server('web-1', { env: 'dev' });
  const group = await workspace.group(
    'web',
    [],
    [{ servers: { name: 'web-*', labels: { env: 'dev' } }, level: 'terminal', users: [] }],
  );
  const { log } = workspace;
  const reach = openReach(
    () => log.settled.groups,
    () => log.settled.accessVersion,
  );
  const now = () => {
    const server = workspace.serverNow(web.id);
    return server && reach.standing(uma, server).level;
  };
  const about = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
  expect(now()).toBe('none');
  await workspace.commit({ ...about, type: 'group.members-set', data: { group, before: [], after: [uma.id] } });
  expect(now()).toBe('terminal');
  await workspace.commit({ ...about, type: 'server.labels-set', data: { server: web.id, before: web.labels, after: {} } });
  expect(now()).toBe('none');
  await workspace.commit({ ...about, type: 'group.access-set', data: { group, before: [], after: [rule('full')] } });
  expect(now()).toBe('full');
  await workspace.commit({ ...about, type: 'group.removed', data: { group, why: 'over' } });
  expect(now()).toBe('none');
});
