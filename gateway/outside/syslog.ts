// A connection to a syslog receiver: TLS (RFC 5425), plain TCP with the same frames on loopback only (RFC 6587 §3.4.1).
// Syslog acknowledges nothing: a receiver that dies takes what stood in its buffers along. So what was written lately is kept, and when the connection
// breaks it is written again, first of all, over the next one: a receiver may get a message twice, and knows it by its number. What a receiver
// took and lost is not known here.
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isLoopback } from '../config.ts';
import type { Clock } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { tlsSuites } from '../protocol/tls.ts';
import { type SyslogMessage, syslogFrame } from './syslog-message.ts';
import { trusting } from './tls-trust.ts';

/** For connecting, and for one `send`, ms each. */
const patienceMs = 10_000;
/** What was written is kept so long, ms, and so many octets at most: a receiver that died is noticed by then, or its loss is not. */
const keptMs = 30_000;
const keptOctets = 1024 * 1024;

export type SyslogPorts = {
  readonly host: string;
  readonly port: number;
  /** Authorities trusted beside the public ones. */
  readonly caPem: string | undefined;
  /** No TLS; loopback only. */
  readonly plain: boolean;
  readonly clock: Clock;
};

export interface Syslog {
  /** Resolves when the system has taken all of it, in order, after what was sent before. Error: unreachable, with the cause; the caller sends again. */
  send(messages: readonly SyslogMessage[]): Promise<Result<void>>;
  /** Ends the connection in order: what was written still goes out. */
  close(): Promise<void>;
}

type Kept = { readonly frame: Uint8Array; readonly at: number };

/** Connects at the first `send`, and again after each break. Never throws. */
export function openSyslog({ host, port, caPem, plain, clock }: SyslogPorts): Syslog {
  let socket: Socket | undefined;
  let kept: Kept[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** Resolves with the first of `start`'s answer, an error, the end of the connection, or the end of patience. */
  function within(on: Socket, start: (done: () => void) => void): Promise<Result<void>> {
    return new Promise((resolve) => {
      const end = (result: Result<void>): void => {
        callOff();
        on.off('error', failed);
        on.off('close', broken);
        resolve(result);
      };
      const failed = (error: Error): void => end(refuse('unreachable', error.message));
      const broken = (): void => end(refuse('unreachable', 'the connection broke'));
      const callOff = clock.after(patienceMs, () => end(refuse('unreachable', 'no answer in time')));
      on.on('error', failed);
      on.on('close', broken);
      start(() => end(fine(undefined)));
    });
  }

  async function connected(): Promise<Result<Socket>> {
    if (socket?.writable === true) return fine(socket);
    const fresh = plain
      ? connectPlain({ host, port })
      : connectTls({
          host,
          port,
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...trusting(caPem),
          ciphers: tlsSuites,
        });
    fresh.setKeepAlive(true, keptMs / 2);
    // A receiver has nothing to say; its end of the connection is the end of ours.
    fresh.on('error', () => undefined).resume();
    fresh.once('end', () => fresh.destroy());
    const opened = await within(fresh, (done) => fresh.once(plain ? 'connect' : 'secureConnect', done));
    if (!opened.ok) {
      fresh.destroy();
      return opened;
    }
    socket = fresh;
    kept = kept.filter(({ at }) => clock.mono() - at < keptMs);
    if (kept.length === 0) return fine(fresh);
    const again = await write(
      fresh,
      kept.map(({ frame }) => frame),
    );
    return again.ok ? fine(fresh) : again;
  }

  async function write(on: Socket, frames: readonly Uint8Array[]): Promise<Result<void>> {
    const written = await within(on, (done) => on.write(Buffer.concat(frames), (error) => void (error ?? done())));
    if (!written.ok) on.destroy();
    return written;
  }

  function keep(frames: readonly Uint8Array[]): void {
    const at = clock.mono();
    kept = [...kept.filter((one) => at - one.at < keptMs), ...frames.map((frame) => ({ frame, at }))];
    let octets = kept.reduce((sum, { frame }) => sum + frame.length, 0);
    while (octets > keptOctets) octets -= kept.shift()?.frame.length ?? octets;
  }

  async function send(messages: readonly SyslogMessage[]): Promise<Result<void>> {
    if (closed) return refuse('unreachable', 'closed');
    if (plain && !isLoopback(host)) return refuse('unreachable', 'without TLS only on loopback');
    const frames = messages.map(syslogFrame);
    const reused = socket?.writable === true;
    let written = await over(frames);
    // A kept connection that died unnoticed is no reason to refuse: once more over a fresh one.
    if (!written.ok && reused) written = await over(frames);
    if (written.ok) keep(frames);
    return written;
  }

  async function over(frames: readonly Uint8Array[]): Promise<Result<void>> {
    const on = await connected();
    return on.ok ? write(on.value, frames) : on;
  }

  return {
    send(messages) {
      const sent = turn.then(() => send(messages));
      turn = sent;
      return sent;
    },
    async close() {
      closed = true;
      await turn;
      const on = socket;
      if (on === undefined || on.destroyed) return;
      const gone = new Promise<void>((resolve) => on.once('close', () => resolve()));
      on.end();
      const callOff = clock.after(patienceMs / 10, () => on.destroy());
      await gone;
      callOff();
    },
  };
}
