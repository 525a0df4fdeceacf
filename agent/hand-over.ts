// What an agent hands to the program that an upgrade puts in its place (D6): a line of JSON for what is said, then the bytes it speaks of. The file
// that carries it has no name any more when its first byte is written, is this user's alone, and arrives as standard input.
//
// The shape is a contract between two versions of the agent. Whoever changes it counts `handOverFormat` up; a version that cannot read another's is
// found out by its `probe` before anything is given up (upgrade.ts).
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import * as v from 'valibot';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import { bootId, sessionId } from '../gateway/protocol/ids.ts';
import { fit, parseJson } from '../gateway/protocol/json.ts';
import { count, instant, text } from '../gateway/protocol/nouns.ts';

export const handOverFormat = 1;

/** What an installed agent answers when it is asked whether it can take over (probe.ts). Read by agents of other versions, hence loose. */
export const probeAnswer = v.looseObject({
  program: v.literal('sallyport-agent'),
  version: v.pipe(v.string(), v.maxLength(32)),
  /** Formats of a hand-over that it reads. */
  reads: v.array(v.number()),
  /** The Node it runs on: its launcher may have chosen another than the one that was asked. */
  node: v.string(),
});
export type ProbeAnswer = v.InferOutput<typeof probeAnswer>;

const number = v.pipe(v.number(), v.integer());
const exit = v.strictObject({ code: v.optional(number), signal: v.optional(text(16)) });
const offsets = v.array(v.strictObject({ participant: count, offset: count }));
const sessionFacts = v.strictObject({
  session: sessionId,
  hangUpAfterMs: count,
  /** What is left of that; absent while a gateway was there. */
  awayMs: v.optional(count),
  killed: v.boolean(),
  discarded: v.boolean(),
  /** First output byte held, and how many; the bytes follow the facts. */
  base: count,
  held: count,
  /** Next offset expected of each participant, and how far each one's bytes have reached the kernel. */
  expected: offsets,
  applied: offsets,
  /** Of which participants the bytes are that the kernel has not taken, in order; they follow the output. */
  underWay: v.array(v.strictObject({ participant: count, count })),
  typing: count,
  /** Absent when it is over: then `ending` is there. */
  pty: v.optional(
    v.strictObject({
      pid: count,
      terminal: count,
      marker: text(64),
      fds: v.optional(v.strictObject({ master: count, slave: count })),
      exit: v.optional(exit),
      reaped: v.boolean(),
    }),
  ),
  ending: v.optional(v.strictObject({ ...exit.entries, survivors: count })),
});
const handOverFacts = v.strictObject({
  format: v.literal(handOverFormat),
  version: text(32),
  boot: bootId,
  startedAt: instant,
  /** Upgrades this process has come through, and upgrades it was asked for. */
  upgrades: count,
  answered: count,
  sessions: v.array(sessionFacts),
});

export type SessionState = Omit<v.InferOutput<typeof sessionFacts>, 'held' | 'typing'> & {
  /** Output from `base` on, in pieces that follow each other. */
  readonly output: readonly Uint8Array[];
  readonly typing: Uint8Array;
};
export type HandOver = Omit<v.InferOutput<typeof handOverFacts>, 'format' | 'sessions'> & {
  readonly sessions: readonly SessionState[];
};

const sizeOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** The pieces of the carrying file, in order. Errors: whatever its reader would stumble over. Pure. */
export function encodeHandOver(state: HandOver): Result<Uint8Array[]> {
  const sessions = state.sessions.map(({ output, typing, ...facts }) => ({
    ...facts,
    held: sizeOf(output),
    typing: typing.length,
  }));
  const facts = fit(handOverFacts, { format: handOverFormat, ...state, sessions });
  if (!facts.ok) return facts;
  const head = Buffer.from(JSON.stringify(facts.value));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return { ok: true, value: [length, head, ...state.sessions.flatMap(({ output, typing }) => [...output, typing])] };
}

/** Reads it back. `read` gives exactly so many of the next bytes, or undefined when they are not there. Errors: version, bad-message. */
export function decodeHandOver(read: (bytes: number) => Uint8Array | undefined): Result<HandOver> {
  const cut = refuse('bad-message', 'what the agent before this one left is cut short');
  const length = read(4);
  const head = length === undefined ? undefined : read(Buffer.from(length).readUInt32LE());
  if (head === undefined) return cut;
  const json = parseJson(Buffer.from(head).toString(), head.length);
  if (!json.ok) return json;
  const told = fit(v.looseObject({ format: count }), json.value);
  if (told.ok && told.value.format !== handOverFormat)
    return refuse('version', `it was handed over in format ${told.value.format}; this agent reads ${handOverFormat}`);
  const facts = fit(handOverFacts, json.value);
  if (!facts.ok) return facts;
  const sessions: SessionState[] = [];
  for (const { held, typing, ...session } of facts.value.sessions) {
    const output = read(held);
    const typed = read(typing);
    if (output === undefined || typed === undefined) return cut;
    sessions.push({ ...session, output: [output], typing: typed });
  }
  const { format: _, ...rest } = facts.value;
  return { ok: true, value: { ...rest, sessions } };
}

/** Memory, where there is such a folder: what people saw need not touch a disk in the clear. */
const MEMORY = '/dev/shm';

/**
 * Writes it to a file that has no name before its first byte, in memory or else in `folder`, and makes that file standard input, the one descriptor
 * besides the terminals that an execve from Node keeps. `bug` when neither has room or the like. Synchronous: nothing may happen between this and the
 * execve.
 */
export function layOut(folder: string, state: HandOver): Result<undefined> {
  const pieces = encodeHandOver(state);
  if (!pieces.ok) return pieces;
  const file = writeNameless(MEMORY, pieces.value) ?? writeNameless(folder, pieces.value);
  if (file === undefined) return refuse('bug', `its sessions could not be written down, neither in ${MEMORY} nor in ${folder}`);
  try {
    closeSync(0);
    // The lowest free number, so 0; read from its beginning.
    const landed = openSync(`/proc/self/fd/${file}`, 'r');
    if (landed === 0) return { ok: true, value: undefined };
    // A look-up of a name runs beside this and opens files of its own; it gives 0 back.
    closeSync(landed);
    return refuse('bug', 'standard input was taken by something else at that very moment; ask again');
  } catch (error) {
    idleInput();
    return refuse('bug', `standard input: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    closeSync(file);
  }
}

/** A descriptor of a file of this user's alone that holds the pieces and has no name; undefined where there can be none. */
function writeNameless(folder: string, pieces: readonly Uint8Array[]): number | undefined {
  let file: number | undefined;
  try {
    const path = `${folder}/sallyport-agent.${randomBytes(8).toString('hex')}`;
    file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    for (const piece of pieces) for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at, piece.length - at);
    return file;
  } catch {
    if (file !== undefined) closeSync(file);
    return undefined;
  }
}

/** Takes it from standard input, and puts /dev/null there. */
export function takeOver(): Result<HandOver> {
  try {
    // Somebody who says the word at a terminal is not to be waited for.
    if (!fstatSync(0).isFile()) return refuse('bad-message', 'nothing was handed over');
    return decodeHandOver((bytes) => {
      const whole = Buffer.alloc(bytes);
      for (let at = 0; at < bytes; ) {
        const got = readSync(0, whole, at, bytes - at, null);
        if (got === 0) return undefined;
        at += got;
      }
      return whole;
    });
  } catch (error) {
    return refuse('bad-message', `nothing was handed over: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    idleInput();
  }
}

/** Standard input becomes /dev/null: a number that is free would be the next file's. */
export function idleInput(): void {
  try {
    closeSync(0);
  } catch {
    // It was closed.
  }
  openSync('/dev/null', 'r');
}
