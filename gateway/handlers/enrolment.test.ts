import * as v from 'valibot';
import { expect, test } from 'vitest';
import { hostFacts, openWorkspace } from '../../fixtures/workspace.ts';
import { enrolAnswer } from '../protocol/agent.ts';
import { agentProtocol } from '../protocol/version.ts';
import { enrol } from './enrolment.ts';
import { addServerHandler } from './servers.ts';

const key = (n: number): string => String(n).padStart(43, 'k');
const body = (token: string, n = 1) => ({ token, key: key(n), protocol: agentProtocol, facts: hostFacts });

async function announced(name = 'web-1') {
  const workspace = await openWorkspace();
  await workspace.person('ana', 'superuser');
  const announce = async (server: string) => {
    // A proof serves one token (T18): the next is another, of another instant.
    workspace.clock.pass(1);
    await workspace.prove('ana', 'enrolment.make');
    const added = await addServerHandler(workspace.call('ana'), { name: server, labels: {} });
    if (!added.ok) throw new Error(added.problem.code);
    return added.value.token;
  };
  const send = async (given: unknown, address = '192.0.2.9') => {
    const told = await enrol(workspace.parts, address, given);
    v.parse(enrolAnswer, told);
    return 'problem' in told ? told.problem.code : told;
  };
  const refusals = () => workspace.log.events.flatMap((event) => (event.type === 'enrolment.refused' ? [event.data.cause] : []));
  return { ...workspace, token: await announce(name), announce, send, refusals };
}

test('[G1] of fifty uses of a token at once, one succeeds', async () => {
  const { token, send, log } = await announced();
  const told = await Promise.all(Array.from({ length: 50 }, (_, i) => send(body(token, i))));
  expect(told.filter((answer) => typeof answer === 'object').length).toBe(1);
  expect(told.filter((answer) => answer === 'enrolment-token').length).toBe(49);
  const [server] = Object.values(log.settled.servers);
  expect(told).toContainEqual({ server: server?.id, name: 'web-1', gateway: 'k'.repeat(43) });
  expect(log.events.filter(({ type }) => type === 'server.enrolled').length).toBe(1);
  expect(server?.key).toBe(log.events.flatMap((event) => (event.type === 'server.enrolled' ? [event.data.key] : []))[0]);
});

test('[G1] a token is dead after its time, to the millisecond', async () => {
  const { token, send, clock, refusals, announce } = await announced();
  const second = await announce('web-2');
  clock.pass(899_998);
  expect(typeof (await send(body(second)))).toBe('object');
  clock.pass(1);
  expect(await send(body(token, 2))).toBe('enrolment-token');
  expect(refusals()).toEqual(['expired']);
});

test('[G1] the answer to a bad token does not say what is wrong with it; the record does', async () => {
  const { token, send, refusals } = await announced();
  await send(body(token));
  expect(await send(body(token, 2))).toBe('enrolment-token');
  expect(await send(body(`spe_${'x'.repeat(43)}_none`), '192.0.2.1')).toBe('enrolment-token');
  expect(await send(body('spe_short_none'), '192.0.2.2')).toBe('enrolment-token');
  expect(await send({ token }, '192.0.2.3')).toBe('bad-message');
  expect(refusals()).toEqual(['used', 'unknown', 'malformed']);
});

test('[G1] when a server was announced twice, the first use spends both tokens', async () => {
  const { token, announce, send } = await announced();
  const newer = await announce('web-1');
  expect(typeof (await send(body(newer)))).toBe('object');
  expect(await send(body(token, 2))).toBe('enrolment-token');
});

test('[D11] one key is one server', async () => {
  const { token, announce, send } = await announced();
  const other = await announce('web-2');
  expect(typeof (await send(body(token)))).toBe('object');
  expect(await send(body(other))).toBe('agent-key');
  expect(typeof (await send(body(other, 2)))).toBe('object');
  expect(await send({ ...body(other, 3), key: 'short' })).toBe('agent-key');
});

test('[A38] a stranger who guesses is recorded once a minute', async () => {
  const { send, refusals, clock } = await announced();
  const guess = (i: number) => send(body(`spe_${String(i).padStart(43, 'x')}_none`));
  for (let i = 0; i < 20; i += 1) await guess(i);
  expect(refusals()).toEqual(['unknown']);
  clock.pass(60_000);
  await guess(21);
  expect(refusals()).toEqual(['unknown', 'unknown']);
});

test('an agent that speaks no common protocol is told so before its token is spent', async () => {
  const { token, send } = await announced();
  expect(await send({ ...body(token), protocol: { oldest: 99, newest: 99 } })).toBe('version');
  expect(typeof (await send(body(token)))).toBe('object');
});
