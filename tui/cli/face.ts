// How a plain command speaks: one JSON document or lines for people on stdout, everything else on stderr, each foreign text made safe (X1, X5).

import { cellWidth } from '../../gateway/protocol/cell-width.ts';
import { errors, exitCodeOf, problemSentence } from '../../gateway/protocol/errors.ts';
import type { DecisionTold } from '../../gateway/protocol/nouns.ts';
import { jsonSafe, safeText } from '../../gateway/protocol/safe-text.ts';
import type { Globals } from './globals.ts';
import { commandsFor, type Refusal } from './next-steps.ts';

export type Streams = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
};

export type Face = Streams & {
  readonly globals: Globals;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Colour on stdout: only on a terminal, never with NO_COLOR or `--no-color`. */
  readonly colour: boolean;
  /** A line for people on stdout; nothing with `--json`. */
  readonly line: (text: string) => void;
  /** The same in a colour of ours (SGR); only where `colour` is. */
  readonly painted: (text: string, sgr: string) => void;
  /** The result for programs on stdout, one line; nothing without `--json`. */
  readonly document: (value: unknown) => void;
  /** A line on stderr. */
  readonly note: (text: string) => void;
  /** Rows under headings, aligned; empty cells show as `-`. Nothing with `--json`. */
  readonly table: (headings: readonly string[], rows: readonly (readonly Cell[])[]) => void;
};

export type Paint = 'good' | 'warn' | 'bad' | 'dim';
export type Cell = string | number | undefined | { readonly text: string; readonly paint: Paint };

const paints: Readonly<Record<Paint, string>> = { good: '\x1b[32m', warn: '\x1b[33m', bad: '\x1b[31m', dim: '\x1b[2m' };

export function openFace(globals: Globals, streams: Streams, env: Readonly<Record<string, string | undefined>>): Face {
  const { stdout, stderr } = streams;
  const colour = stdout.isTTY === true && !globals.noColour && (env['NO_COLOR'] ?? '') === '';
  const say = (text: string): void => void stdout.write(`${text}\n`);
  return {
    ...streams,
    globals,
    env,
    colour,
    line: (text) => {
      if (!globals.json) say(safeText(text));
    },
    painted: (text, sgr) => {
      if (!globals.json) say(colour ? `${sgr}${safeText(text)}\x1b[0m` : safeText(text));
    },
    document: (value) => {
      if (globals.json) say(jsonSafe(value));
    },
    note: (text) => void stderr.write(`${safeText(text)}\n`),
    table: (headings, rows) => {
      if (!globals.json) for (const line of tableLines(headings, rows, colour)) say(line);
    },
  };
}

/** Pure: the lines of a table. Columns are two spaces apart, the last is not padded. */
export function tableLines(headings: readonly string[], rows: readonly (readonly Cell[])[], colour: boolean): string[] {
  const texts = rows.map((row) => row.map((cell) => safeText(textOf(cell))));
  const widths = headings.map((heading, x) => Math.max(cellWidth(heading), ...texts.map((row) => cellWidth(row[x] ?? ''))));
  const pad = (text: string, x: number): string =>
    x === headings.length - 1 ? '' : ' '.repeat(Math.max(0, (widths[x] ?? 0) - cellWidth(text)) + 2);
  const head = headings.map((heading, x) => heading + pad(heading, x)).join('');
  const body = rows.map((row, y) =>
    row
      .map((cell, x) => {
        const text = texts[y]?.[x] ?? '';
        const painted = colour && typeof cell === 'object' ? `${paints[cell.paint]}${text}\x1b[0m` : text;
        return painted + pad(text, x);
      })
      .join('')
      .trimEnd(),
  );
  return [head.trimEnd(), ...body];
}

function textOf(cell: Cell): string {
  const text = typeof cell === 'object' ? cell.text : cell === undefined ? '' : String(cell);
  return text === '' ? '-' : text;
}

/**
 * Says a problem the way §4 wants it, and gives the exit code (E36). `reason`: what policy says of it; `commands`: what would change the answer, the
 * nearest first, words in capitals to be filled in.
 */
export function sayProblem(face: Pick<Face, 'document' | 'note' | 'globals'>, problem: Refusal): number {
  const { sentence, next } = errors[problem.code];
  if (face.globals.json)
    face.document({
      error: {
        code: problem.code,
        sentence: problem.detail === undefined ? sentence : `${sentence} (${problem.detail})`,
        next,
        commands: commandsFor(problem),
        ...(problem.decision === undefined ? {} : { reason: reasonOf(problem.decision), decision: problem.decision }),
        ...(problem.retryAfterMs === undefined ? {} : { retryAfterMs: problem.retryAfterMs }),
      },
    });
  else {
    face.note(`sallyport: ${problemSentence(problem)}`);
    for (const missing of problem.decision?.missing ?? []) face.note(`  missing: ${missing}`);
    if ((problem.decision?.policies.length ?? 0) > 0) face.note(`  decided by: ${problem.decision?.policies.join(', ')}`);
    const [nearest] = problem.commands ?? [];
    if (nearest !== undefined && problem.detail?.includes(nearest) !== true) face.note(`  Try: ${nearest}`);
  }
  return exitCodeOf(problem);
}

const reasonOf = ({ policies, missing }: DecisionTold) => ({ policies, missing });

/** A foreign text made safe, and filled up to so many cells. */
export function padded(text: string, cells: number): string {
  const safe = safeText(text);
  return safe + ' '.repeat(Math.max(0, cells - cellWidth(safe)));
}

/** An instant as people read it in a terminal, in UTC and sortable. */
export const when = (at: number | undefined): string => (at === undefined ? '' : `${new Date(at).toISOString().slice(0, 19)}Z`);

/** A length of time in the two largest units that say something. */
export function howLong(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}
