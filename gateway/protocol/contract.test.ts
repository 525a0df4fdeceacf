import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { agentStatement, gatewayStatement } from './agent.ts';
import { backoffMostMs, backoffMs } from './backoff.ts';
import { errorCodes, errors, problemSentence } from './errors.ts';
import { events, eventTypes } from './events.ts';
import { idRandomBytes, mintId, serverId } from './ids.ts';
import { negotiate } from './version.ts';

test('[H2] two programs speak the newest version both know', () => {
  expect(negotiate({ oldest: 1, newest: 3 }, { oldest: 2, newest: 9 })).toEqual({ ok: true, value: 3 });
});

test('[H2] without a common version the sentence says who is older', () => {
  const newer = negotiate({ oldest: 1, newest: 1 }, { oldest: 2, newest: 2 });
  const older = negotiate({ oldest: 2, newest: 2 }, { oldest: 1, newest: 1 });
  expect(newer).toMatchObject({ ok: false, problem: { code: 'version', detail: expect.stringContaining('update the gateway') } });
  expect(older).toMatchObject({
    ok: false,
    problem: { code: 'version', detail: expect.stringContaining('update this program') },
  });
});

test('[J3] every error has a sentence, a next step and an exit code of the contract', () => {
  for (const code of errorCodes) {
    const sentence = problemSentence({ code, detail: 'db-1' });
    expect(sentence).toMatch(/^[A-Z].*\(db-1\) .*[^ ]$/);
    expect(errors[code].exit).toBeGreaterThanOrEqual(1);
    expect(errors[code].exit).toBeLessThanOrEqual(8);
  }
});

test('[A8] a wait is between 0.05 s and 60.05 s, and spread over the whole of its ceiling', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
      const wait = backoffMs(attempt, chance);
      expect(wait).toBeGreaterThanOrEqual(50);
      expect(wait).toBeLessThanOrEqual(backoffMostMs + 50);
    }),
  );
  expect(backoffMs(10, 0.001)).toBeLessThan(200);
  expect(backoffMs(10, 0.999)).toBeGreaterThan(59_000);
});

test('[A2] a signature in one role cannot stand for the other', () => {
  const handshake = { gateway: 'g', server: 's', agentNonce: 'a', gatewayNonce: 'b', protocol: 1, binding: '' };
  expect(gatewayStatement(handshake)).not.toBe(agentStatement(handshake));
});

test('an id has 26 characters of [a-z0-9] after its prefix, and no two chances give one id', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: idRandomBytes, maxLength: idRandomBytes }), (random) => {
      expect(v.is(serverId, mintId('srv', random))).toBe(true);
    }),
  );
});

test('S72: event codes are unique, and their letter tells their severity', () => {
  expect(new Set(eventTypes.map((type) => events[type].code)).size).toBe(eventTypes.length);
  const letters = { info: 'I', warning: 'W', alert: 'A' } as const;
  for (const type of eventTypes) {
    expect(events[type].code).toMatch(/^[A-Z]\d{4}[IWA]$/);
    expect(events[type].code.endsWith(letters[events[type].severity])).toBe(true);
  }
});
