// The agent as a process of its own, for tests: enrolled with a peer, started from the sources, with what it said.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { mintId } from '../gateway/protocol/ids.ts';
import { openPeer, type Peer } from './gateway-peer.ts';
import { makeKey, writeIdentity } from './identity.ts';

export const main = fileURLToPath(new URL('main.ts', import.meta.url));
export const soon = { timeout: 20_000, interval: 10 };

/** To be called after each test, newest first. */
export const cleanUp: (() => unknown)[] = [];
export async function cleanAll(): Promise<void> {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
}

/** The program itself, as its own process. `program`: what Node is given, in place of the sources. */
export function startAgent(words: readonly string[], program = main) {
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'], HOME: process.env['HOME'], LD_CANARY: 'agent-only' };
  const child = spawn(process.execPath, [program, ...words], { env });
  cleanUp.push(() => child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    err += bytes.toString();
  });
  const done = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, out: () => out, err: () => err, done };
}
export const agent = (...words: string[]) => startAgent(words);

export async function enrolled(options: Parameters<typeof openPeer>[0] = {}) {
  const peer = await openPeer(options);
  cleanUp.push(peer.close);
  return { peer, state: await stateFor(peer) };
}

/** A state folder of an agent that this peer knows. */
export async function stateFor(peer: Peer): Promise<string> {
  const state = mkdtempSync(`${tmpdir()}/sallyport-agent-`);
  cleanUp.push(() => rmSync(state, { recursive: true, force: true }));
  const { privateKey, publicKey } = makeKey();
  peer.agentKey = publicKey;
  await writeIdentity(state, {
    version: 1,
    server: peer.server,
    name: 'here',
    gateway: peer.url,
    gatewayKey: peer.publicKey,
    privateKey,
  });
  return state;
}

export async function openShell(peer: Peer, change: Parameters<Peer['order']>[1] = {}) {
  const session = mintId('ses', randomBytes(26));
  peer.order(session, change);
  const opened = await vi.waitFor(() => {
    const found = peer.messages.find((message) => message.type === 'session.opened' && message.session === session);
    expect(found).toBeDefined();
    return found;
  }, soon);
  return { session, pid: opened?.type === 'session.opened' ? opened.pid : 0 };
}
