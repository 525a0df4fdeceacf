// A far end to type at, in a time of its own: a shell with a line editor, the echo of a tty, hidden input, a screen editor, behind a line with a round
// trip; and a client that guesses. What the client shows is asked after every step, so that a law can be held against it.
import type { Screen } from '../../gateway/screen/screen.ts';
import { openTerminal, type Terminal } from '../../gateway/screen/terminal.ts';
import { openPrediction, type Prediction } from './prediction.ts';
import type { PredictMode } from './prediction-trigger.ts';

/** What the far program does with bytes as they come: everything that it says at once. */
export type FarProgram = { readonly feed: (text: string, later: (ms: number, call: () => string) => void) => string };

export type Press = { readonly at: number; readonly bytes: Uint8Array };

export type FarLine = {
  readonly cols?: number;
  readonly rows?: number;
  readonly roundTripMs: number;
  readonly mode?: PredictMode;
  /** What the far end says before the first key. */
  readonly greeting?: string;
  /** Cuts of what it says, as a share of its length; each part comes some ms after the one before. */
  readonly cuts?: readonly number[];
  /** Called after every step. */
  readonly watch?: (shown: Screen, confirmed: Screen, now: number) => void;
};

export type FarRun = {
  readonly shown: Screen;
  readonly confirmed: Screen;
  readonly prediction: Prediction;
  /** Of the keys that a line shows, those on the screen within 50 ms. */
  readonly promptShare: number;
};

/** A frame behind the echo-ack: as the gateway sends it (at the program for 50 ms; alone after 250 ms). */
const echoAckMs = 50;
const aloneMs = 250;

export function typeAt(program: FarProgram, presses: readonly Press[], line: FarLine): FarRun {
  const { cols = 80, rows = 24, roundTripMs, mode = 'adaptive', greeting = '$ ', cuts = [], watch } = line;
  const terminal: Terminal = openTerminal({ cols, rows });
  const prediction = openPrediction(0, mode);
  const way = roundTripMs / 2;
  let queue: { readonly at: number; readonly order: number; readonly call: () => void }[] = [];
  let order = 0;
  let now = 0;
  const plan = (at: number, call: () => void): void => {
    order += 1;
    queue.push({ at, order, call });
  };
  let confirmed = terminal.screen();
  let shown = confirmed;
  const look = (): void => {
    confirmed = terminal.screen();
    prediction.pace(roundTripMs);
    shown = prediction.look(confirmed, now);
    watch?.(shown, confirmed, now);
    const due = prediction.dueAt();
    if (due !== undefined) plan(due, look);
  };

  // --- The far end.
  let applied: { readonly offset: number; readonly at: number }[] = [];
  let acked = 0;
  const ride = (): void => {
    const had = applied.filter(({ at }) => at <= now - echoAckMs).at(-1)?.offset ?? 0;
    if (had <= acked) return;
    acked = had;
    applied = applied.filter(({ offset }) => offset > had);
    plan(now + way, () => {
      prediction.ack(had);
      look();
    });
  };
  const say = (text: string): void => {
    if (text === '') return;
    const bytes = Buffer.from(text);
    const places = [...new Set(cuts.map((share) => Math.floor(share * bytes.length)))]
      .filter((at) => at > 0)
      .sort((a, b) => a - b);
    let from = 0;
    for (const [part, to] of [...places, bytes.length].entries()) {
      const piece = bytes.subarray(from, to);
      from = to;
      plan(now + way + part * 3, () => {
        terminal.feed(piece);
        look();
      });
    }
    ride();
  };
  const later = (ms: number, call: () => string): void => plan(now + ms, () => say(call()));
  const arrive = (bytes: Uint8Array, end: number): void => {
    applied.push({ offset: end, at: now });
    say(program.feed(Buffer.from(bytes).toString('utf8'), later));
    plan(now + echoAckMs + aloneMs, ride);
  };

  // --- The person.
  let offset = 0;
  let prompt = 0;
  let visible = 0;
  for (const { at, bytes } of presses) {
    const start = offset;
    offset += bytes.length;
    plan(at, () => {
      prediction.pace(roundTripMs);
      const before = prediction.figures();
      prediction.type(start, bytes, terminal.screen(), now);
      const after = prediction.figures();
      visible += after.keys - before.keys;
      prompt += roundTripMs <= 50 ? after.keys - before.keys : after.shown - before.shown;
      plan(now + way, () => arrive(bytes, start + bytes.length));
      look();
    });
  }
  terminal.feed(Buffer.from(greeting));
  look();
  for (;;) {
    const next = queue.reduce<(typeof queue)[number] | undefined>(
      (first, one) =>
        first === undefined || one.at < first.at || (one.at === first.at && one.order < first.order) ? one : first,
      undefined,
    );
    if (next === undefined) break;
    queue = queue.filter((one) => one !== next);
    now = Math.max(now, next.at);
    next.call();
  }
  terminal.dispose();
  return { shown, confirmed, prediction, promptShare: visible === 0 ? 1 : prompt / visible };
}

/** A shell: a prompt, a line editor that echoes itself (insert, erase, arrows, ^U), and four commands: `pass`, `cat`, `vi`, `slow`. */
export function farShell(cols = 80, prompt = '$ '): FarProgram {
  let line: string[] = [];
  let at = 0;
  let mode: 'edit' | 'hidden' | 'cooked' | 'insert' | 'normal' | 'busy' = 'edit';
  let ahead: string[] = [];
  let cooked: string[] = [];

  const width = (text: string): number => (/[\u1100-\uffdc]/u.test(text) ? 2 : 1);
  const back = (text: readonly string[]): string => '\b'.repeat(text.reduce((sum, one) => sum + width(one), 0));
  const edit = (key: string): string => {
    if (key === '\x1b[D' || key === '\x1b[C') {
      const there = key === '\x1b[D' ? line[at - 1] : line[at];
      if (there === undefined) return '\x07';
      at += key === '\x1b[D' ? -1 : 1;
      return key === '\x1b[D' ? back([there]) : there;
    }
    if (key === '\x7f') {
      const gone = line[at - 1];
      if (gone === undefined) return '\x07';
      line.splice(at - 1, 1);
      at -= 1;
      const rest = line.slice(at);
      return `${back([gone])}${rest.join('')}${' '.repeat(width(gone))}${back([...rest, gone])}`;
    }
    if (key === '\x15') {
      const gone = line.slice(0, at);
      line = line.slice(at);
      at = 0;
      return `${back(gone)}${line.join('')}\x1b[K${back(line)}`;
    }
    if (key < ' ' || key.startsWith('\x1b')) return '\x07';
    line.splice(at, 0, key);
    at += 1;
    const rest = line.slice(at);
    const used = prompt.length + line.slice(0, at).reduce((sum, one) => sum + width(one), 0);
    return `${key}${used % cols === 0 && rest.length === 0 ? ' \r' : ''}${rest.join('')}${back(rest)}`;
  };
  const run = (later: (ms: number, call: () => string) => void): string => {
    const command = line.join('');
    line = [];
    at = 0;
    switch (command) {
      case 'pass':
        mode = 'hidden';
        return '\r\nPassword: ';
      case 'cat':
        mode = 'cooked';
        cooked = [];
        return '\r\n';
      case 'vi':
        mode = 'normal';
        return '\r\n\x1b[?1049h\x1b[2J\x1b[H~\r\n~\r\n~\x1b[H';
      case 'slow':
        mode = 'busy';
        later(400, () => {
          mode = 'edit';
          const typed = ahead.splice(0);
          return `done\r\n${prompt}${typed.map((key) => (key === '\r' ? `\r\n${run(later)}` : edit(key))).join('')}`;
        });
        return '\r\n';
      default:
        return `\r\n${command === '' ? '' : `${command.length} characters\r\n`}${prompt}`;
    }
  };
  const key = (one: string, later: (ms: number, call: () => string) => void): string => {
    switch (mode) {
      case 'edit':
        return one === '\r' ? run(later) : edit(one);
      case 'hidden':
        if (one !== '\r') return '';
        mode = 'edit';
        return `\r\n${prompt}`;
      case 'busy':
        // The tty echoes what the shell will read later.
        ahead.push(one);
        return one === '\r' ? '\r\n' : one.startsWith('\x1b') ? `^[${one.slice(1)}` : one === '\x7f' ? '' : one < ' ' ? '' : one;
      case 'cooked':
        if (one === '\x04') {
          mode = 'edit';
          return prompt;
        }
        if (one === '\x7f') {
          const gone = cooked.pop();
          return gone === undefined ? '' : '\b \b'.repeat(width(gone));
        }
        if (one === '\r') {
          const said = cooked.splice(0).join('');
          return `\r\n${said}\r\n`;
        }
        if (one < ' ' || one.startsWith('\x1b')) return '';
        cooked.push(one);
        return one;
      case 'normal':
        if (one === 'i') mode = 'insert';
        if (one === 'q') {
          mode = 'edit';
          return `\x1b[?1049l${prompt}`;
        }
        return one === 'i' ? '\x1b[24;1H-- INSERT --\x1b[H' : '';
      case 'insert':
        if (one === '\x1b') {
          mode = 'normal';
          return '\x1b7\x1b[24;1H\x1b[K\x1b8';
        }
        if (one === '\r') return '\r\n';
        if (one < ' ' || one.startsWith('\x1b') || one === '\x7f') return '';
        return `\x1b[?25l\x1b[4h${one}\x1b[4l\x1b7\x1b[24;70Hruler\x1b8\x1b[?25h`;
      default:
        return mode satisfies never;
    }
  };
  return {
    feed: (text, later) => [...text.matchAll(/\x1b\[[A-D]|[^]/gu)].map(([one]) => key(one, later)).join(''),
  };
}

/** Somebody who types these lines: ms between keys drawn from `gaps`, each line ended by Enter and a pause. */
export function typing(lines: readonly string[], gap: () => number, pauseMs: number, from = 1_000): Press[] {
  const presses: Press[] = [];
  let at = from;
  for (const line of lines) {
    for (const [one] of `${line}\r`.matchAll(/\x1b\[[A-D]|[^]/gu)) {
      presses.push({ at, bytes: Buffer.from(one) });
      at += one === '\r' ? pauseMs : gap();
    }
  }
  return presses;
}
