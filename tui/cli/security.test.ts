// `sallyport security status` before a scripted far end.
import { expect, test } from 'vitest';
import { wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import { farTurns } from '../../fixtures/world/far-turns.ts';
import { run } from '../../fixtures/world/program.ts';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import type { AuditRow, PersonRow } from '../../gateway/protocol/nouns.ts';

const { far } = farTurns();
const now = Date.now();
const uma = mintId('usr', wordBytes('uma'));
const row = (seq: number, type: string, data: Record<string, unknown>, address?: string): AuditRow => ({
  seq,
  at: now - 60_000 + seq,
  type,
  code: 'X0000W',
  severity: 'warning',
  outcome: 'denied',
  actor: { kind: 'stranger', name: 'a stranger' },
  ...(address === undefined ? {} : { address }),
  summary: type,
  hash: 'h',
  data,
});
const refusals = [
  row(1, 'stranger.refused', { cause: 'token', count: 40 }, '203.0.113.9'),
  row(2, 'stranger.refused', { cause: 'token', count: 2 }, '198.51.100.7'),
  row(3, 'login.refused', { cause: 'not-invited' }, '203.0.113.9'),
  row(4, 'factor.refused', { cause: 'wrong', person: uma }, '192.0.2.1'),
  row(5, 'factor.refused', { cause: 'throttled', person: uma, until: now + 600_000 }, '192.0.2.1'),
];
const person: PersonRow = {
  id: uma,
  name: 'uma\u202e',
  role: 'user',
  status: 'active',
  groups: [],
  factor: 'none',
  liveSessions: 0,
};
const script = {
  'audit.page': ({ query, before }: { query?: string | undefined; before?: number | undefined }) => {
    if (before !== undefined) return fine({ events: [], head: 9 });
    const device = row(6, 'device.registered', { person: uma, personal: { machine: 'laptop' } });
    return fine({ events: query?.includes('device') === true ? [device] : refusals, head: 9 });
  },
  'person.list': () => fine({ people: [person] }),
  'lock.list': () => fine({ locks: [] }),
};

test('[E19] security status: refusals by door and cause, who waits, who has no factor, and what is new; nothing a name holds drives the terminal', async () => {
  const session = await far({ ...script, 'breakglass.list': () => fine({ entrances: [], sealedLeft: 0 }) });
  const { code, out } = await run('sallyport', ['security', 'status', ...session.flags]);
  expect(code).toBe(0);
  expect(out).toMatch(/^peer +token +42 +- +203\.0\.113\.9,198\.51\.100\.7/m);
  expect(out).toMatch(/^sign-in +not-invited +1 /m);
  expect(out).toMatch(/^ +1 {2}waiting after wrong codes: uma⟨202E⟩ until /m);
  expect(out).toMatch(/^ +1 {2}people without a second factor: uma/m);
  expect(out).toMatch(/^ +1 {2}devices new this week: uma.* on laptop/m);
  expect(out).not.toContain('\u202e');
});

test('[E19] what one may not see is left out of it, and said to be; whoever may not read the log hears so', async () => {
  const session = await far({ ...script, 'breakglass.list': () => refuse('denied') });
  const { code, out, err } = await run('sallyport', ['security', 'status', ...session.flags]);
  expect([code, err.trim()]).toEqual([0, 'What you may not see is left out.']);
  expect(out).not.toContain('glass');
  const json = await run('sallyport', ['security', '--json', ...session.flags]);
  expect(JSON.parse(json.out)).toMatchObject({
    throttled: [{ until: now + 600_000 }],
    refusals: [{ at: 'peer', cause: 'token', count: 42 }, {}, {}, {}],
    partly: false,
  });
  const closed = await far({ 'audit.page': () => refuse('denied') });
  expect((await run('sallyport', ['security', 'status', ...closed.flags])).code).toBe(3);
});
