import { expect, test } from 'vitest';
import { escapes } from '../../fixtures/escapes.ts';
import { objections } from '../../fixtures/inert.ts';
import { aSession } from '../../fixtures/world/far-wall.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { endingSoonMs, findingsOf, riskSigns, risks, worstOf } from './risk.ts';

const now = 1_795_000_600_000;
const found = (more: Partial<SessionRow>) => findingsOf(aSession('web-1', more), now).map(({ risk, word }) => [risk, word]);
const soon = { at: now + endingSoonMs - 90_000, reason: 'idle' } as const;

test('[M6] the risk of a session, worst first: the first decides the colour', () => {
  expect(found({})).toEqual([]);
  expect(worstOf([])).toBeUndefined();
  expect(found({ level: 'full' })).toEqual([['sudo', 'sudo']]);
  expect(found({ level: 'full', osUser: 'root' })).toEqual([['sudo', 'root']]);
  expect(found({ tier: 'important' })).toEqual([['production', 'important']]);
  expect(found({ tier: 'critical', level: 'full' })).toEqual([
    ['production', 'critical'],
    ['sudo', 'sudo'],
  ]);
  expect(found({ needs: 'factor', tier: 'critical' })).toEqual([
    ['step-up', 'needs a code'],
    ['production', 'critical'],
  ]);
  expect(found({ needs: 'approval' })).toEqual([['step-up', 'needs approval']]);
  expect(found({ needs: 'level' })).toEqual([['step-up', 'not for you']]);
});

test('[M6] alerts: frozen, not recorded, recording behind, nobody moderates, the server away, an end that is near', () => {
  expect(found({ state: 'frozen', freezes: [{ cause: 'held', by: 'ana', why: 'runaway' }] })).toEqual([
    ['alert', 'frozen by ana'],
  ]);
  expect(found({ state: 'frozen', freezes: [{ cause: 'recording' }], rec: 'failed' }).map(([, word]) => word)).toEqual([
    'not recorded',
    'frozen',
  ]);
  expect(found({ state: 'frozen' })).toEqual([['alert', 'frozen']]);
  expect(found({ rec: 'behind' })).toEqual([['alert', 'rec behind']]);
  expect(found({ moderation: { needs: 2, present: 1, eligible: ['ana'] } })).toEqual([['alert', 'no moderator']]);
  expect(found({ moderation: { needs: 1, present: 1, eligible: ['ana'] } })).toEqual([]);
  expect(found({ awayAt: now })).toEqual([['alert', 'server away']]);
  expect(found({ ends: soon })).toEqual([['alert', 'ends in 4 min']]);
  expect(found({ ends: { ...soon, at: now + endingSoonMs + 60_000 } })).toEqual([]);
  expect(findingsOf(aSession('web-1', { freezes: [{ cause: 'held', by: 'ana', why: 'runaway' }] }), now)[0]?.detail).toBe(
    'frozen by ana: runaway',
  );
});

test('[E47] every risk has a sign of one character of its own', () => {
  expect(new Set(Object.values(riskSigns)).size).toBe(risks.length);
  for (const sign of Object.values(riskSigns)) expect([...sign]).toHaveLength(1);
});

test('[X6] names and reasons of others are safe in what is said', () => {
  for (const { name, bytes } of escapes) {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).slice(0, 64);
    const said = findingsOf(
      aSession('web-1', {
        freezes: [{ cause: 'held', by: text, why: text }],
        moderation: { needs: 1, present: 0, eligible: [text] },
      }),
      now,
    ).flatMap(({ word, detail }) => [word, detail]);
    expect({ name, found: said.flatMap((one) => objections(one, [])) }).toEqual({ name, found: [] });
  }
});
