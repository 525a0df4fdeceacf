// An agent on a thin line: what it sends, over a real socket through a proxy with a long way (A10). How much it saves on a real gateway: fixtures/stories.
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { openProxy } from '../fixtures/proxy.ts';
import { mintId } from '../gateway/protocol/ids.ts';
import { cleanAll, cleanUp, stateFor } from './agent-process.ts';
import { openPeer } from './gateway-peer.ts';
import { runAgent } from './runner.ts';

afterEach(cleanAll);
const soon = { timeout: 30_000, interval: 20 };

async function farAgent(options: Parameters<typeof openPeer>[0] = {}) {
  const peer = await openPeer(options);
  cleanUp.push(peer.close);
  const line = await openProxy({
    target: { host: '127.0.0.1', port: Number(new URL(peer.url).port) },
    delayMs: 40,
    rateBitsPerSecond: 2_000_000,
  });
  cleanUp.push(line.close);
  peer.url = `http://127.0.0.1:${line.port}`;
  const state = await stateFor(peer);
  const started = await runAgent({ state, shell: { program: '/bin/sh', home: state }, pace: { backoffMs: () => 10 } });
  if (!started.ok) throw new Error(started.problem.detail);
  const agent = started.value;
  cleanUp.push(() => agent.stop());
  await agent.connected;
  const session = mintId('ses', randomBytes(26));
  peer.order(session);
  await vi.waitFor(() => expect(peer.messages).toContainEqual(expect.objectContaining({ type: 'session.opened' })), soon);
  const text = (): string => {
    // What stands before is the shell being told so, echoed once or twice.
    const [, ...said] = peer.text(session).split('ready\r\n');
    return said.join('ready\r\n');
  };
  peer.type(session, "PS1= PS2=; stty -echo; echo rea''dy; seq 1 40000; echo all of it\n", 0);
  return { peer, line, session, text };
}
const wanted = `${Array.from({ length: 40_000 }, (_, i) => `${i + 1}\r\n`).join('')}all of it\r\n`;

test('[A10] law 5: on a line that is far output goes deflated, byte for byte what it was, also across a cut', async () => {
  const { peer, line, text } = await farAgent();
  await vi.waitFor(() => expect(text()).toContain('\r\n20000\r\n'), soon);
  const { deflated } = peer;
  line.cut();
  await vi.waitFor(() => expect(peer.deflated).toBeGreaterThan(deflated + 1), soon);
  await vi.waitFor(() => expect(text()).toContain('all of it'), soon);
  expect(text()).toBe(wanted);
  expect(peer.outputBytes * 2.5).toBeLessThan(peer.inflatedBytes);
});

test('[A10, H2] a gateway of version 1 is sent nothing deflated by an agent of version 2', async () => {
  const { peer, text } = await farAgent({ speaks: 1 });
  await vi.waitFor(() => expect(text()).toContain('all of it'), soon);
  expect(text()).toBe(wanted);
  expect(peer.deflated).toBe(0);
});
