import { afterEach, expect, test } from 'vitest';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { closeOffices, office, profile, sessionIn, shell, size } from '../../fixtures/live-office.ts';
import { until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { attachSession } from '../handlers/sessions.ts';
import type { LoginId } from '../protocol/ids.ts';
import { openStaleness } from './staleness.ts';

afterEach(closeOffices);

const login = `lgn_${'a'.repeat(26)}` as LoginId;
const other = `lgn_${'b'.repeat(26)}` as LoginId;
const failed = (cause: 'invalid-grant' | 'unfinished' | 'no-refresh-token' | 'disabled' | 'provider-down', of = login) =>
  ({ type: 'identity.refresh-failed', data: { login: of, person: `usr_${'a'.repeat(26)}`, cause } }) as never;

test.each([
  { cause: 'no-refresh-token', warned: true, at0: true, after15: false },
  { cause: 'unfinished', warned: true, at0: true, after15: false },
  { cause: 'invalid-grant', warned: false, at0: false, after15: false },
  { cause: 'provider-down', warned: false, at0: true, after15: true },
  { cause: 'disabled', warned: false, at0: true, after15: true },
] as const)('[D1] after $cause one may type: now $at0, after 15 minutes $after15', ({ cause, warned, at0, after15 }) => {
  const clock = new HandClock();
  const told: string[] = [];
  const staleness = openStaleness(clock, [], (of, state) => told.push(`${of === login ? 'one' : 'other'} ${state}`));
  staleness.hear(failed(cause));
  expect(told.includes('one warned')).toBe(warned);
  expect(staleness.of(login) !== 'frozen').toBe(at0);
  clock.pass(15 * 60_000 - 1);
  expect(staleness.of(login) !== 'frozen').toBe(at0);
  staleness.hear(failed(cause));
  clock.pass(1);
  expect(staleness.of(login) !== 'frozen').toBe(after15);
  expect(told.filter((one) => one === 'one frozen')).toHaveLength(after15 ? 0 : 1);
  expect(staleness.of(other)).toBe('fresh');
  staleness.hear({ type: 'login.ended', data: { login, person: `usr_${'a'.repeat(26)}`, cause: 'logout' } } as never);
  expect(staleness.of(login)).toBe('fresh');
});

test('[D1, S25] who must sign in again keeps the session and sees it, but types nothing into it', async () => {
  const { world, web, agent } = await office();
  const uma = world.operator('uma');
  const { session, channel } = await shell(world, web, uma);
  uma.type(channel, 0, 'ls');
  await until('it is typed', () => uma.channel(channel).typed === 2);
  const { login, person } = world.caller('uma');
  await world.commit({
    type: 'identity.refresh-failed',
    actor: { kind: 'gateway' },
    outcome: 'failed',
    personal: {},
    data: { login: login.id, person: person.id, cause: 'invalid-grant' },
  });
  await until('it is said', () => uma.notices(channel).includes('frozen'));
  uma.type(channel, 2, 'rm -rf /');
  agent.print(session.id, 'still shown');
  await until('what the program says is shown', () => uma.text(channel).includes('still shown'));
  expect(agent.program(session.id).input.get(1)?.toString()).toBe('ls');
  expect(sessionIn(world, session.id).state).toBe('running');
  expect(uma.closedWith(channel)).toBe(undefined);

  // Nor after a restart, until they have signed in again.
  await world.down();
  await world.up();
  await agent.connect();
  const back = world.operator('uma');
  const again = good(await attachSession(world.call('uma', back), { session: session.id, size, profile }));
  await until('it is said', () => back.notices(again.channel).includes('frozen'));
  back.type(again.channel, 0, 'rm -rf /');
  agent.print(session.id, 'and still');
  await until('what the program says is shown', () => back.text(again.channel).includes('and still'));
  expect(agent.program(session.id).keys.toString()).toBe('ls');
});
