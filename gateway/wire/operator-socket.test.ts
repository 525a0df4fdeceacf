// A line that went dead without a word (FEATURES 4b: a moderator whose network drops): noticed within 45 s, on a clock moved by hand.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { HandClock } from '../../fixtures/faults/hand-clock.ts';
import { openLiveWorld, until } from '../../fixtures/live-world.ts';
import { realChance } from '../outside/chance.ts';
import { fine } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { operatorProtocol } from '../protocol/version.ts';
import { acceptOperator } from './operator-socket.ts';

test('[S6, E2] a connection that answers nothing is given up within 45 s, one that answers stays and is asked twice a minute', async () => {
  const clock = new HandClock();
  const world = await openLiveWorld({ clock });
  onTestFinished(() => world.close());
  await world.person('omar', 'staff');
  const { parts } = world.call('omar', world.operator('omar'));
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  let pongs = 0;
  sockets.on('connection', (socket, request) => {
    socket.on('pong', () => {
      pongs += 1;
    });
    acceptOperator(socket, request.socket, '192.0.2.7', {
      parts,
      dispatch: {
        request: async (connection) => {
          connection.login = world.caller('omar').login.id;
          return fine({});
        },
        signingIn: () => false,
      },
      boot: mintId('boo', realChance.bytes(idRandomBytes)),
      stranger: () => undefined,
      proven: () => undefined,
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets.clients) socket.terminate();
    await new Promise((resolve) => http.close(resolve));
  });

  const dial = async (autoPong: boolean) => {
    const line = { pings: 0, closed: false, answers: 0 };
    const ws = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, { autoPong, perMessageDeflate: false });
    ws.on('ping', () => {
      line.pings += 1;
    });
    ws.on('close', () => {
      line.closed = true;
    });
    ws.on('message', () => {
      line.answers += 1;
    });
    await new Promise((resolve) => ws.once('open', resolve));
    ws.send(JSON.stringify({ type: 'hello', protocol: operatorProtocol, program: 'test', version: '0' }));
    await until('it is welcome', () => line.answers === 1);
    ws.send(JSON.stringify({ id: 1, type: 'self.show', body: {} }));
    await until('it is answered', () => line.answers === 2);
    return line;
  };
  const lively = await dial(true);
  const dead = await dial(false);
  await until('both were measured once', () => lively.pings === 1 && dead.pings === 1 && pongs === 1);
  clock.pass(30_000);
  await until('both are asked', () => lively.pings === 2 && dead.pings === 2);
  await until('the lively one has answered', () => pongs === 2);
  expect([lively.closed, dead.closed]).toEqual([false, false]);
  clock.pass(15_000);
  await until('the dead one is given up', () => dead.closed);
  clock.pass(14_999);
  expect(lively.pings).toBe(2);
  clock.pass(1);
  await until('the other is asked again', () => lively.pings === 3);
  expect(lively.closed).toBe(false);
});
