import { expect, test } from 'vitest';
import { farId, startFarSession } from '../../fixtures/world/far-session.ts';
import { endingReasons, leavingCauses, participantRoles } from '../../gateway/protocol/nouns.ts';
import { endedOutcome, leftOutcome } from './ending.ts';

const far = await startFarSession();
const session = far.row();
await far.close();

test('[law 9] every reason and every cause has a sentence of its own, an exit code, and what to do next', () => {
  const ended = endingReasons.map((reason) => endedOutcome(session, { reason }));
  const left = leavingCauses.map((cause) => leftOutcome(session, cause));
  const sentences = [...ended, ...left].map(({ sentence }) => sentence);
  expect(new Set(sentences).size).toBe(sentences.length);
  for (const { sentence, advice } of [...ended.slice(1), ...left]) {
    expect(sentence).toMatch(/^web-1: .+/);
    expect(advice).toMatch(/.+/);
  }
  for (const { exit } of ended.slice(1)) expect(exit).toBeGreaterThan(0);
  expect(endedOutcome(session, { reason: 'exited', exitCode: 3 })).toMatchObject({
    exit: 3,
    sentence: 'web-1: the shell ended with 3',
  });
  expect(endedOutcome(session, { reason: 'killed', by: 'omar', why: 'runaway' }).sentence).toContain(
    'killed by omar (runaway) [killed]',
  );
});

test('who comes back, comes back as what they were; and the code of the program is that of who ran it', () => {
  const next = participantRoles.map((role) => leftOutcome(session, 'too-slow', role).advice);
  expect(next).toEqual([
    `come back: sallyport attach --session ${farId}`,
    `come back: sallyport join ${farId} --role peer`,
    `come back: sallyport watch ${farId}`,
    `come back: sallyport join ${farId} --role moderator`,
  ]);
  expect(endedOutcome(session, { reason: 'exited', exitCode: 3 }, 'observer').exit).toBe(0);
});
