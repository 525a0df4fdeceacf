import { expect, test } from 'vitest';
import { sceneServers, sceneSessions } from '../../fixtures/shots/scenery.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { nextOwn } from './own-sessions.ts';

test('[S59] one goes through one’s own sessions in the order they were opened, and round again', () => {
  const [first, second, third] = sceneSessions(sceneServers()).map(
    (row, i): SessionRow => ({ ...row, mine: true, state: 'running', startedAt: i }),
  );
  if (first === undefined || second === undefined || third === undefined) throw new Error('three are needed');
  const foreign = { ...third, mine: false };
  expect(nextOwn([third, first, second], first.id)).toBe(second);
  expect(nextOwn([third, first, second], third.id)).toBe(first);
  expect(nextOwn([first, foreign], first.id)).toBe(undefined);
  expect(nextOwn([first, { ...second, state: 'ended' }], first.id)).toBe(undefined);
  expect(nextOwn([second, foreign], foreign.id)).toBe(second);
});
