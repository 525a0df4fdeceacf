import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccessTerms } from '../protocol/access-nouns.ts';
import { narrower, selectorWithin } from './narrowing.ts';
import { chooser } from './selector.ts';

const letters = fc.constantFrom('a', 'b', '-');
const word = (of: fc.Arbitrary<string>, most: number) =>
  fc.array(of, { minLength: 1, maxLength: most }).map((all) => all.join(''));
const pattern = word(fc.oneof(letters, fc.constant('*')), 5);
const labels = fc.dictionary(fc.constantFrom('env', 'team'), fc.constantFrom('x', 'y'), { maxKeys: 2 });
const selectors = fc.record({ name: pattern, labels }, { requiredKeys: [] });
const servers = fc.record({ name: word(letters, 6), labels });

test('[S44] whatever a selector within another chooses, the other chooses too', () => {
  fc.assert(
    fc.property(selectors, selectors, servers, (narrow, wide, server) => {
      if (selectorWithin(narrow, wide) && chooser(narrow)(server)) expect(chooser(wide)(server)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('[S44] a selector is within itself, within every server, and no wider one is within it', () => {
  fc.assert(
    fc.property(selectors, (selector) => {
      expect(selectorWithin(selector, selector)).toBe(true);
      expect(selectorWithin(selector, {})).toBe(true);
    }),
    { numRuns: 100 },
  );
  const within = (narrow: string, wide: string): boolean => selectorWithin({ name: narrow }, { name: wide });
  expect([within('web-1', 'web-*'), within('web-1*', 'web-*'), within('w*-1*', 'w*-*')]).toEqual([true, true, true]);
  expect([within('web-*', 'web-1'), within('*', 'web-*'), within('*-1', 'web-*'), within('web-*', '*-1')]).toEqual(
    Array.from({ length: 4 }, () => false),
  );
  expect(selectorWithin({}, { labels: { env: 'prod' } })).toBe(false);
});

const asked: AccessTerms = {
  servers: { name: 'web-*' },
  level: 'full',
  minutes: 60,
  users: ['deploy', 'root'],
  window: { days: [1, 2], from: '22:00', to: '06:00', zone: 'UTC' },
};
test('[S44] each member may become less and none more; without an OS user nobody comes to one', () => {
  const ok = (over: Partial<AccessTerms>, from: AccessTerms = asked): boolean => narrower({ ...from, ...over }, from, []).ok;
  const monday = { days: [1], from: '22:00', to: '06:00', zone: 'UTC' };
  for (const less of [{}, { level: 'terminal' }, { minutes: 1 }, { users: ['root'] }, { window: monday }] as const)
    expect([less, ok(less as Partial<AccessTerms>)]).toEqual([less, true]);
  for (const more of [
    { minutes: 61 },
    { users: ['uma'] },
    { users: [] },
    { window: { ...monday, days: [1, 3] } },
    { window: { ...monday, from: '21:00' } },
    { window: { ...monday, zone: 'Asia/Kathmandu' } },
  ])
    expect([more, ok(more)]).toEqual([more, false]);
  const { users: _users, window: _window, ...plain } = asked;
  expect(narrower(plain, asked, []).ok).toBe(false);
  expect(narrower({ ...plain, level: 'read-only', window: monday }, asked, []).ok).toBe(true);
  expect(ok({ users: ['root'] }, plain)).toBe(false);
  expect(ok({ window: monday }, plain)).toBe(true);
  expect(ok({ level: 'full' }, { ...plain, level: 'terminal' })).toBe(false);
});
