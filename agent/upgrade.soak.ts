// Upgrades one after the other while sessions flood, are typed into, open, and end at any moment of them (D6, law 5).
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { mintId, type SessionId } from '../gateway/protocol/ids.ts';
import { cleanAll, enrolled, openShell, soon, startAgent } from './agent-process.ts';
import { unreapedOf } from './tree.ts';

afterEach(cleanAll);

const upgrades = 25;
const long = { timeout: 120_000, interval: 20 };

test('D6 E7 law 5: 25 upgrades under a flood, keys, and programs that end meanwhile: each byte, key and exit code once', async () => {
  const { peer, state } = await enrolled();
  const running = startAgent(['run', '--shell', '/bin/sh', '--json', '--state', state]);
  const pid = running.child.pid ?? 0;
  await vi.waitFor(() => expect(peer.welcomes).toBe(1), soon);

  const flood = await openShell(peer);
  const lines = 1_500_000;
  peer.type(flood.session, `PS1=; stty -echo; echo rea''dy; seq 1 ${lines}; echo d''one\n`, 0);

  const echo = await openShell(peer);
  const setup = `PS1=; stty -echo; echo rea''dy; exec cat\n`;
  peer.type(echo.session, setup, 0);
  await vi.waitFor(() => expect(peer.text(echo.session)).toContain('ready\r\n'), soon);
  let keys = '';
  /** As a gateway does: what is not known to be applied goes again, by number. */
  const type = (more: string): void => {
    keys += more;
    const applied = peer.sessions.get(echo.session)?.applied.get(1) ?? 0;
    const from = Math.max(0, applied - setup.length);
    peer.type(echo.session, keys.slice(from), setup.length + from);
  };

  const short: { readonly session: SessionId; readonly code: number }[] = [];
  let over = false;
  const openings = async (first: number): Promise<void> => {
    for (let code = first; !over; code = (code % 100) + 1) {
      const { welcomes } = peer;
      const session = mintId('ses', randomBytes(26));
      peer.order(session);
      const heard = (type: string) =>
        peer.messages.some((told) => 'session' in told && told.session === session && told.type === type);
      await vi.waitFor(
        () => expect(heard('session.opened') || heard('session.refused') || peer.welcomes > welcomes).toBe(true),
        long,
      );
      // An order that met the upgrade was lost or refused; one that was obeyed is told of when the agent is back.
      const lives = () => peer.proofs.at(-1)?.sessions.some((held) => held.session === session) === true;
      if (!heard('session.opened') && (heard('session.refused') || !lives())) continue;
      const typed = `sleep 0.0${code % 10}; exit ${code}\n`;
      let told = peer.welcomes;
      peer.type(session, typed, 0);
      await vi.waitFor(() => {
        // A cut may have swallowed it.
        if (peer.welcomes > told) peer.type(session, typed, 0);
        told = peer.welcomes;
        expect(peer.sessions.get(session)?.ended).toBe(true);
      }, long);
      short.push({ session, code });
    }
  };
  const opening = Promise.all([1, 30, 60].map(openings));

  for (let i = 0; i < upgrades; i += 1) {
    const { welcomes } = peer;
    type(`line-${i}\n`);
    const asked = startAgent(['upgrade', '--state', state, '--json']);
    for (let key = 0; key < 20; key += 1) type(`key-${i}-${key}\n`);
    expect(await asked.done, asked.out()).toBe(0);
    await vi.waitFor(() => expect(peer.welcomes).toBe(welcomes + 1), soon);
    type('');
  }
  over = true;
  await opening;
  type('');
  await vi.waitFor(() => expect(peer.text(flood.session)).toContain('done\r\n'), long);
  const flooded = peer.text(flood.session);
  const from = flooded.indexOf('ready\r\n') + 7;
  expect(flooded.slice(from, flooded.indexOf('done\r\n'))).toBe(Array.from({ length: lines }, (_, i) => `${i + 1}\r\n`).join(''));
  await vi.waitFor(() => {
    const text = peer.text(echo.session);
    expect(text.slice(text.indexOf('ready\r\n') + 7)).toBe(keys.replaceAll('\n', '\r\n'));
  }, soon);

  expect(short.length).toBeGreaterThan(upgrades);
  for (const { session, code } of short)
    expect(peer.messages.find((message) => message.type === 'session.exited' && message.session === session)).toMatchObject({
      code,
      survivors: 0,
    });
  expect(running.child.exitCode).toBe(null);
  expect(unreapedOf(pid)).toBeLessThanOrEqual(short.length);
  // Two shells, each with both ends of its terminal, and what the others left behind: nothing.
  for (const { session } of short) peer.send({ type: 'session.release', session });
  await vi.waitFor(() => expect(readdirSync(`/proc/${pid}/fd`).length).toBeLessThan(40), soon);
}, 300_000);
