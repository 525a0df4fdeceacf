// Between a live session and the agent that holds its pty: who may say what to whom. Types only.

import type { Problem } from '../protocol/errors.ts';
import type { BootId, ServerId } from '../protocol/ids.ts';
import type { EndingReason, TerminalSize } from '../protocol/nouns.ts';

/** How a program ended, as its agent tells it. `end` = position after its last output byte. */
export type Exit = {
  readonly end: number;
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly survivors: number;
};

/** What became of a key that was to overtake a paste: `session.interrupted` of protocol/agent.ts. */
export type Overtaken = { readonly taken: boolean; readonly offset: number; readonly unread: number };

/** What a session hears from its agent. */
export type LineEvents = {
  output(seq: number, bytes: Uint8Array): void;
  applied(participant: number, offset: number): void;
  exited(exit: Exit): void;
  /** The connection is gone; the line is dead. */
  lost(): void;
};

/** A session's hold on its pty, for as long as one connection of the agent lives. After that every call does nothing. */
export type Line = {
  readonly server: ServerId;
  readonly boot: BootId;
  keys(participant: number, offset: number, bytes: Uint8Array): void;
  /** A key that is to overtake. Undefined = the line broke before its agent said; an agent of an older version takes none. */
  interrupt(participant: number, key: number): Promise<Overtaken | undefined>;
  resize(size: TerminalSize): void;
  kill(reason: EndingReason): void;
  /** Output before `received` has arrived on this connection, before `durable` is on disk. */
  kept(received: number, durable: number): void;
  /** The agent may forget the session: its exit is in the log. */
  release(): void;
  /** The session is over here before its program is: hung up there, and let go once it has ended. */
  abandon(): void;
  /** No honest agent does this: its connection ends (G7). */
  breach(problem: Problem): void;
};
