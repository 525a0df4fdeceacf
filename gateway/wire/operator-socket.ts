// One operator's WebSocket: greeting, requests to the dispatcher, frames to their channels. Decides nothing.
import type { RawData, WebSocket } from 'ws';
import type { Parts } from '../handlers/call.ts';
import { touch } from '../handlers/caller.ts';
import type { Dispatch } from '../handlers/dispatch.ts';
import { openDeflater } from '../protocol/deflated.ts';
import { type Problem, type Result, refuse } from '../protocol/errors.ts';
import { decodeFrame, encodeFrame, type Frame } from '../protocol/frames.ts';
import type { BootId } from '../protocol/ids.ts';
import { fit, fitJson, parseJson } from '../protocol/json.ts';
import { type Corkable, openOnePacket } from '../protocol/one-packet.ts';
import { type OperatorGreeting, operatorHello, type Push, requestEnvelope } from '../protocol/operator.ts';
import { negotiate, operatorProtocol, programVersion } from '../protocol/version.ts';
import { type Connection, farewellMs } from '../relay/connection.ts';
import { newRandom } from './random.ts';
import { openThinness } from './thinness.ts';

/** Hello, and then sign-in or resume, must come within this time (TRUST §0: 15 s; a full queue on a slow link takes that long). */
const greetingMs = 15_000;
/** A connection with a sign-in under way may stay this long without a login. */
const signInMs = 15 * 60_000;
/** Requests under way at once on one connection. */
const mostRequests = 64;
/** Nothing heard for so long: asked whether anybody is there (LOWBAND §5.13), and given up when not even that is answered: within 45 s (S6). */
const silenceMs = 30_000;
const answerMs = 15_000;
/** Unsent bytes at which a connection is given up: nothing of ours queues this much (R8). */
const mostBufferedBytes = 8 * 1024 * 1024;

export type OperatorSocketParts = {
  readonly parts: Parts;
  readonly dispatch: Dispatch;
  readonly boot: BootId;
  readonly stranger: (address: string, cause: string) => void;
  /** Called each time a login is proven on the connection. */
  readonly proven: () => void;
  /** What came with the request for this socket (H6), not yet fitted; undefined = it is the first message. */
  readonly hello?: unknown;
};

let connections = 0;

export function acceptOperator(
  socket: WebSocket,
  raw: Corkable,
  address: string,
  { parts, dispatch, boot, stranger, proven, hello }: OperatorSocketParts,
): void {
  const { clock } = parts;
  connections += 1;
  const key = connections;
  const nonce = newRandom(parts.chance, 32);
  const channels = new Map<number, (frame: Frame) => void>();
  const closers = new Set<() => void>();
  const deflater = openDeflater();
  const thinness = openThinness();
  const onePacket = openOnePacket(raw, () => thinness.thin);
  let nextChannel = 1;
  let greeted = false;
  let open = true;
  let underWay = 0;
  let measuring = false;
  /** Any byte is a sign of life; only words and questions put the next question off. */
  let heard = true;
  let livelyAt = clock.mono();

  /** Nothing is made smaller for a stranger, nor where it would only cost time. */
  const send = (message: string | Uint8Array): void => {
    const small = connection.login === undefined || !thinness.thin ? undefined : deflater.deflate(message);
    onePacket();
    socket.send(small ?? message, { binary: small !== undefined || typeof message !== 'string' });
    if (connection.login !== undefined && thinness.sent(small?.length ?? message.length)) ask();
  };
  /** Measures the line behind what was just sent. */
  const ask = (): void => {
    onePacket();
    thinness.asked(clock.mono());
    socket.ping();
  };
  const sendText = (message: unknown): void => {
    if (socket.readyState !== socket.OPEN) return;
    send(JSON.stringify(message));
    if (socket.bufferedAmount > mostBufferedBytes) socket.terminate();
  };

  /** Why the connection is over, once it is; it closes as soon as it carries no session. */
  let over: Problem | undefined;
  const close = (problem: Problem): void => {
    callOffFarewell();
    sendText({ type: 'login.ended', problem } satisfies Push);
    socket.close(1008, problem.code);
  };
  let callOffFarewell = (): void => undefined;

  const connection: Connection = {
    key,
    address,
    nonce,
    login: undefined,
    push: (message: Push) => {
      if (over === undefined || message.type === 'session.closed') sendText(message);
    },
    frame: (frame) => {
      if (socket.readyState === socket.OPEN) send(encodeFrame(frame));
    },
    get thin() {
      return thinness.thin;
    },
    weigh: (frame) => deflater.weigh(encodeFrame(frame)),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    end: (problem, when = 'now') => {
      if (when === 'now' || channels.size === 0) return close(problem);
      if (over !== undefined) return undefined;
      over = problem;
      callOffFarewell = clock.after(farewellMs, () => close(problem));
      return undefined;
    },
    onClose: (call) => {
      if (!open) queueMicrotask(call);
      else closers.add(call);
      return () => closers.delete(call);
    },
    openChannel: (frames) => {
      const channel = nextChannel;
      nextChannel += 1;
      channels.set(channel, frames);
      return channel;
    },
    closeChannel: (channel) => {
      channels.delete(channel);
      // A turn later: the last word on the channel may still be on its way here.
      if (over !== undefined && channels.size === 0) queueMicrotask(() => over !== undefined && close(over));
    },
  };

  /** A message that is not of this protocol: said, counted, closed. */
  const abandon = (problem: Problem): void => {
    stranger(address, problem.code);
    sendText(greeted ? { type: 'login.ended', problem } : { type: 'refused', problem });
    socket.close(problem.code === 'too-large' ? 1009 : 1008, problem.code);
  };

  let callOffDeadline = clock.after(greetingMs, () => abandon(refuse('timeout', 'no greeting').problem));
  const awaitLogin = (): void => {
    callOffDeadline = clock.after(greetingMs, () => {
      if (connection.login === undefined && !dispatch.signingIn(connection)) abandon(refuse('not-signed-in').problem);
      else
        callOffDeadline = clock.after(signInMs, () => {
          if (connection.login === undefined) abandon(refuse('code-expired').problem);
        });
    });
  };

  let callOffBeat = (): void => undefined;
  const beat = (): void => {
    const quietMs = clock.mono() - livelyAt;
    if (quietMs < silenceMs) {
      callOffBeat = clock.after(silenceMs - quietMs, beat);
      return;
    }
    livelyAt = clock.mono();
    heard = false;
    ask();
    callOffBeat = clock.after(answerMs, () => {
      if (heard) beat();
      else socket.terminate();
    });
  };
  beat();

  function greet(said: Result<unknown>): void {
    const fitted = said.ok ? fit(operatorHello, said.value) : said;
    if (!fitted.ok) return abandon(fitted.problem);
    const version = negotiate(operatorProtocol, fitted.value.protocol);
    if (!version.ok) return abandon(version.problem);
    greeted = true;
    callOffDeadline();
    awaitLogin();
    sendText({
      type: 'welcome',
      protocol: version.value,
      version: programVersion,
      gateway: parts.signer.publicKey,
      name: parts.settings.name,
      boot,
      nonce,
      at: clock.now(),
    } satisfies OperatorGreeting);
  }

  async function request(source: string): Promise<void> {
    const envelope = fitJson(requestEnvelope, source);
    if (!envelope.ok) return abandon(envelope.problem);
    const { id, type, body } = envelope.value;
    if (underWay >= mostRequests) return sendText({ re: id, problem: refuse('busy').problem });
    underWay += 1;
    touch(parts, connection);
    const answer = await dispatch.request(connection, type, body);
    underWay -= 1;
    if (connection.login !== undefined) proven();
    sendText(answer.ok ? { re: id, ok: answer.value } : { re: id, problem: answer.problem });
    if (connection.login !== undefined && !measuring && socket.readyState === socket.OPEN) {
      measuring = true;
      ask();
    }
  }

  function binary(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (!frame.ok) return abandon(frame.problem);
    const { kind } = frame.value;
    if (kind !== 'input' && kind !== 'foreseen' && kind !== 'seen')
      return abandon(refuse('bad-frame', `${kind} from an operator`).problem);
    if (kind !== 'seen') touch(parts, connection);
    // A frame for a channel that was just closed here is no fault of the client's.
    channels.get(frame.value.channel)?.(frame.value);
  }

  socket.on('ping', () => {
    heard = true;
  });
  socket.on('pong', () => {
    heard = true;
    thinness.answered(clock.mono());
  });
  socket.on('message', (data: RawData, isBinary: boolean) => {
    heard = true;
    livelyAt = clock.mono();
    if (over !== undefined) return;
    const bytes = asBytes(data);
    if (!isBinary) {
      const source = new TextDecoder().decode(bytes);
      if (greeted) void request(source);
      else greet(parseJson(source, 16_384));
    } else if (greeted && connection.login !== undefined) binary(bytes);
    else abandon(refuse('not-signed-in').problem);
  });
  // A socket error is followed by `close`; there is nothing to add to it.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    open = false;
    callOffDeadline();
    callOffBeat();
    callOffFarewell();
    channels.clear();
    for (const call of closers) call();
    closers.clear();
  });
  if (hello !== undefined) greet({ ok: true, value: hello });
}

/** The bytes of a WebSocket message, however ws hands them over. */
export function asBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
