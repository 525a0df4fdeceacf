// One operator's WebSocket: greeting, requests to the dispatcher, frames to their channels. Decides nothing.
import type { RawData, WebSocket } from 'ws';
import type { Parts } from '../handlers/call.ts';
import { touch } from '../handlers/caller.ts';
import type { Dispatch } from '../handlers/dispatch.ts';
import { openDeflater } from '../protocol/deflated.ts';
import { type Problem, refuse } from '../protocol/errors.ts';
import { decodeFrame, encodeFrame, type Frame } from '../protocol/frames.ts';
import type { BootId } from '../protocol/ids.ts';
import { fit, parseJson } from '../protocol/json.ts';
import { type OperatorGreeting, operatorHello, type Push, requestEnvelope } from '../protocol/operator.ts';
import { negotiate, operatorProtocol, programVersion } from '../protocol/version.ts';
import { type Connection, farewellMs } from '../relay/connection.ts';
import { newRandom } from './random.ts';

/** Hello, and then sign-in or resume, must come within this time (TRUST §0: 15 s; a full queue on a slow link takes that long). */
const greetingMs = 15_000;
/** A connection with a sign-in under way may stay this long without a login. */
const signInMs = 15 * 60_000;
/** Requests under way at once on one connection. */
const mostRequests = 64;
/** Keep-alive of an idle connection (LOWBAND §5), and how many may stay unanswered: a dead line is noticed within 45 s (S6). */
const pingMs = 15_000;
const pingMisses = 2;
/** Unsent bytes at which a connection is given up: nothing of ours queues this much (R8). */
const mostBufferedBytes = 8 * 1024 * 1024;

export type OperatorSocketParts = {
  readonly parts: Parts;
  readonly dispatch: Dispatch;
  readonly boot: BootId;
  readonly stranger: (address: string, cause: string) => void;
  /** Called each time a login is proven on the connection. */
  readonly proven: () => void;
};

let connections = 0;

export function acceptOperator(
  socket: WebSocket,
  address: string,
  { parts, dispatch, boot, stranger, proven }: OperatorSocketParts,
): void {
  const { clock } = parts;
  connections += 1;
  const key = connections;
  const nonce = newRandom(parts.chance, 32);
  const channels = new Map<number, (frame: Frame) => void>();
  const closers = new Set<() => void>();
  const deflater = openDeflater();
  let nextChannel = 1;
  let greeted = false;
  let open = true;
  let underWay = 0;
  let heard = true;

  /** Nothing is made smaller for a stranger. */
  const sendSmall = (message: string | Uint8Array): void => {
    const small = connection.login === undefined ? undefined : deflater.deflate(message);
    socket.send(small ?? message, { binary: small !== undefined || typeof message !== 'string' });
  };
  const sendText = (message: unknown): void => {
    if (socket.readyState !== socket.OPEN) return;
    sendSmall(JSON.stringify(message));
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
      if (socket.readyState !== socket.OPEN) return;
      const bytes = encodeFrame(frame);
      if (frame.kind === 'paint') sendSmall(bytes);
      else socket.send(bytes, { binary: true });
    },
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

  let missed = 0;
  const beat = (): void => {
    if (!open) return;
    missed = heard ? 0 : missed + 1;
    if (missed >= pingMisses) return socket.terminate();
    heard = false;
    socket.ping();
    callOffBeat = clock.after(pingMs, beat);
  };
  let callOffBeat = clock.after(pingMs, beat);

  function greet(source: string): void {
    const parsed = parseJson(source, 16_384);
    const hello = parsed.ok ? fit(operatorHello, parsed.value) : parsed;
    if (!hello.ok) return abandon(hello.problem);
    const version = negotiate(operatorProtocol, hello.value.protocol);
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
    const parsed = parseJson(source);
    const envelope = parsed.ok ? fit(requestEnvelope, parsed.value) : parsed;
    if (!envelope.ok) return abandon(envelope.problem);
    const { id, type, body } = envelope.value;
    if (underWay >= mostRequests) return sendText({ re: id, problem: refuse('busy').problem });
    underWay += 1;
    touch(parts, connection);
    const answer = await dispatch.request(connection, type, body);
    underWay -= 1;
    if (connection.login !== undefined) proven();
    sendText(answer.ok ? { re: id, ok: answer.value } : { re: id, problem: answer.problem });
  }

  function binary(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (!frame.ok) return abandon(frame.problem);
    if (frame.value.kind !== 'input' && frame.value.kind !== 'seen')
      return abandon(refuse('bad-frame', `${frame.value.kind} from an operator`).problem);
    if (frame.value.kind === 'input') touch(parts, connection);
    // A frame for a channel that was just closed here is no fault of the client's.
    channels.get(frame.value.channel)?.(frame.value);
  }

  socket.on('pong', () => {
    heard = true;
  });
  socket.on('message', (data: RawData, isBinary: boolean) => {
    heard = true;
    if (over !== undefined) return;
    const bytes = asBytes(data);
    if (!isBinary) {
      const source = new TextDecoder().decode(bytes);
      if (greeted) void request(source);
      else greet(source);
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
}

/** The bytes of a WebSocket message, however ws hands them over. */
export function asBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
