// Asks the person's terminal what it is, once, before a session takes it. A mute terminal costs 200 ms; an answer that comes later than that is
// still taken out of what is typed (`typedBy`).
import type { TerminalProfile } from '../../gateway/protocol/operator.ts';
import type { Tty } from '../attach-port.ts';
import { type Answer, openSieve, questions, type Sieve } from './answers.ts';

export type Measured = {
  readonly profile: TerminalProfile;
  /** 1-based row of the cursor, when the terminal said. */
  readonly row: number | undefined;
};

/** The longest a terminal is waited for, ms. */
export const patienceMs = 200;
/** How long after the questions an answer may still come (a terminal behind a bad line of its own), ms. */
const lateMs = 5_000;
/** How long the beginning of a sequence waits for its rest before it counts as typed, ms. */
const breathMs = 30;

/** Terminals that still owe answers: their sieve stays in place until the last has come. */
const owing = new WeakMap<NodeJS.ReadStream, Sieve>();

type Environment = Readonly<Record<string, string | undefined>>;

/** What TERM and COLORTERM say; for a terminal that cannot be asked. */
export function profileOf(env: Environment, answers: readonly Answer[] = []): TerminalProfile {
  const colour = (slot: 'foreground' | 'background' | 'cursor'): string | undefined =>
    answers.flatMap((a) => (a.kind === 'colour' && a.slot === slot ? [a.value.slice(0, 32)] : []))[0];
  const foreground = colour('foreground');
  const background = colour('background');
  const cursor = colour('cursor');
  const version = answers.flatMap((a) => (a.kind === 'version' ? [a.value.slice(0, 128)] : []))[0];
  const cell = answers.flatMap((a) => (a.kind === 'cell' ? [a] : []))[0];
  return {
    term: (env['TERM'] ?? 'dumb').slice(0, 64),
    truecolor: /^(truecolor|24bit)$/i.test(env['COLORTERM'] ?? ''),
    ...(foreground === undefined || background === undefined
      ? {}
      : { colours: { foreground, background, ...(cursor === undefined ? {} : { cursor }) } }),
    ...(version === undefined ? {} : { version }),
    ...(cell === undefined ? {} : { cellWidth: cell.width, cellHeight: cell.height }),
  };
}

/** Asks; leaves the terminal as it was. What the person typed meanwhile goes back to stdin. */
export async function measureTerminal({ stdin, stdout }: Tty, env: Environment = process.env): Promise<Measured> {
  const mute = !stdin.isTTY || !stdout.isTTY || /^(|dumb|linux)$/.test(env['TERM'] ?? '');
  if (mute) return { profile: profileOf(env), row: undefined };
  const sieve = openSieve();
  const answers: Answer[] = [];
  const typed: Uint8Array[] = [];
  stdin.setRawMode(true);
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stdin.off('data', hear);
      stdin.off('end', done);
      stdin.pause();
      resolve();
    };
    const hear = (bytes: Buffer): void => {
      const sieved = sieve.feed(bytes);
      typed.push(sieved.typed);
      answers.push(...sieved.answers);
      if (sieved.answers.some((answer) => answer.kind === 'attributes')) done();
    };
    const timer = setTimeout(done, patienceMs);
    stdin.on('data', hear);
    stdin.on('end', done);
    stdin.resume();
    stdout.write(questions);
  });
  stdin.setRawMode(false);
  if (!answers.some((answer) => answer.kind === 'attributes')) {
    owing.set(stdin, sieve);
    setTimeout(() => owing.delete(stdin), lateMs).unref();
  } else typed.push(sieve.rest());
  const early = Buffer.concat(typed);
  if (early.length > 0) stdin.unshift(early);
  return {
    profile: profileOf(env, answers),
    row: answers.flatMap((answer) => (answer.kind === 'cursor' ? [answer.row] : []))[0],
  };
}

/** A listener for what stdin brings: passes on what was typed, without answers that come late. */
export function typedBy(stdin: NodeJS.ReadStream, pass: (bytes: Uint8Array) => void): (data: Buffer | string) => void {
  let timer: NodeJS.Timeout | undefined;
  return (data) => {
    clearTimeout(timer);
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    const sieve = owing.get(stdin);
    if (sieve === undefined) return pass(bytes);
    const sieved = sieve.feed(bytes);
    if (sieved.answers.some((answer) => answer.kind === 'attributes')) owing.delete(stdin);
    if (sieved.typed.length > 0) pass(sieved.typed);
    if (sieved.waiting)
      timer = setTimeout(() => {
        const rest = sieve.rest();
        if (rest.length > 0) pass(rest);
      }, breathMs);
  };
}

/**
 * Lets stdin give bytes as they are. Ink makes it decode UTF-8, which cannot be undone and would spoil what is none (mouse reports, meta
 * keys); latin1 keeps every byte. The returned function puts it back.
 */
export function bytesFrom(stdin: NodeJS.ReadStream): () => void {
  const before = stdin.readableEncoding;
  if (before === null) return () => undefined;
  stdin.setEncoding('latin1');
  return () => void stdin.setEncoding(before);
}
