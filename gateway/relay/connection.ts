// One operator's WebSocket, as handlers and viewers see it. wire/operator-socket.ts implements it.
import type { Problem } from '../protocol/errors.ts';
import type { Frame } from '../protocol/frames.ts';
import type { LoginId } from '../protocol/ids.ts';
import type { Push } from '../protocol/operator.ts';

/** How long the last words about its sessions may take to reach a connection that is over: longer than ending a program does. */
export const farewellMs = 1_500;

export interface Connection {
  /** Unique while the process lives. */
  readonly key: number;
  /** Peer address, from the socket or a trusted proxy only. */
  readonly address: string;
  /** The nonce the gateway sent on this connection (base64url). */
  readonly nonce: string;
  /** The login this connection was brought to, once proven. */
  login: LoginId | undefined;
  push(message: Push): void;
  frame(frame: Frame): void;
  /** The line is not known to keep up: bytes are worth saving on it, even where that takes a moment. */
  readonly thin?: boolean;
  /** What a frame would take there, bytes. */
  weigh?(frame: Frame): number;
  /** Bytes accepted but not yet written to the network (R8). */
  readonly bufferedBytes: number;
  /**
   * Says why, then closes. `after-sessions`: nothing it sends is listened to any more, but how its sessions ended is still told, for at most
   * `farewellMs`; then it closes.
   */
  end(problem: Problem, when?: 'now' | 'after-sessions'): void;
  /** Called once when the connection is gone, however. Returns how to unregister. */
  onClose(call: () => void): () => void;
  /** A free channel number on this connection; `frames` gets what arrives on it. */
  openChannel(frames: (frame: Frame) => void): number;
  closeChannel(channel: number): void;
}
