// The replay player: a recording in one tile, as cells that we draw (laws 6, 7). This is the shell: it carries frames into a terminal that nobody sees and
// its picture onto the canvas, by the clock and by keys. How it goes is in playing.ts.
import { safeLabel } from '../../gateway/protocol/cell-width.ts';
import { crop } from '../../gateway/screen/crop.ts';
import { openTerminal, type Terminal } from '../../gateway/screen/terminal.ts';
import { inertRow } from '../attach/inert-row.ts';
import { takeTerminal } from '../attach/tenure.ts';
import type { Tty, TtyOutcome } from '../attach-port.ts';
import { type Colours, coloursOf } from '../parts/palette.ts';
import { type Canvas, openCanvas } from './canvas.ts';
import { inkRow, type Piece, piece, piecesWidth, strong } from './ink.ts';
import { pressOf } from './keys.ts';
import { arrived, beginning, lengthened, type Playing, placeOf, playKeys, pressedKey, waitFor } from './playing.ts';
import type { Reel, ReelFrame } from './reel.ts';
import { cornerFor, origin } from './window.ts';

/** Least time between two pictures. */
const drawMs = 40;
/** The clock in the status row goes on while nothing happens. */
const tickMs = 500;

export type Shown = {
  /** Where it begins to play, ms since the start of the recording. */
  readonly at?: number;
  readonly colours?: Colours;
};

/** Plays until it is left. Owns the terminal meanwhile. */
export function showReplay(
  tty: Tty,
  reel: Reel,
  { at: begin = 0, colours = coloursOf(process.env) }: Shown = {},
): Promise<TtyOutcome> {
  return new Promise((resolve) => {
    const now = (): number => performance.now();
    let playing: Playing = beginning(Math.max(begin, reel.lengthMs), now(), begin);
    /** The place that is on its way: the frames before it are not here yet. */
    let seeking: number | undefined;
    let shown: Terminal = openTerminal(reel.size);
    let corner = origin;
    let over = false;
    let drawing: NodeJS.Timeout | undefined;
    let waiting: NodeJS.Timeout | undefined;
    let wake: (() => void) | undefined;
    /** Each seek begins a run; one that is no longer the newest stops. */
    let run = 0;

    const finish = (outcome: TtyOutcome): void => {
      if (over) return;
      over = true;
      run += 1;
      clearTimeout(drawing);
      clearTimeout(waiting);
      clearInterval(ticks);
      wake?.();
      shown.dispose();
      tenure.end();
      // blessed's teardown takes one turn; whoever listens before it is over hears nothing (LIBRARIES §5).
      setImmediate(() => resolve(outcome));
    };

    const draw = (): void => {
      clearTimeout(drawing);
      drawing = undefined;
      if (over) return;
      const [cols, rows] = [canvas.cols(), canvas.rows()];
      const [width, height] = [Math.max(2, cols), Math.max(1, rows - 3)];
      const screen = shown.screen();
      corner = cornerFor(screen, width, height, corner);
      const part = crop(screen, Math.min(width, screen.cols), Math.min(height, screen.rows), corner.left, corner.top);
      const edge = (text: string) => inkRow([strong(`━ ${text} `, 'accent'), piece('━'.repeat(width), 'accent')], width, colours);
      canvas.show(
        [
          {
            rect: { left: 0, top: 0, width, height: height + 2 },
            top: edge(safeLabel(reel.title, Math.max(4, width - 4))),
            bottom: edge(`${screen.cols}×${screen.rows}`),
            side: undefined,
            ground: inkRow([piece('·'.repeat(width), 'faint')], width, colours),
            body: part.grid.map(inertRow),
            inset: { left: Math.floor((width - part.cols) / 2), top: Math.floor((height - part.rows) / 2) },
            says: [],
            cursor: part.cursor.visible ? { x: part.cursor.x, y: part.cursor.y } : undefined,
          },
        ],
        inkRow(
          statusPieces(stood(), { now: now(), reading: seeking !== undefined, whole: reel.whole !== false }, width),
          width,
          colours,
        ),
      );
    };
    const drawSoon = (): void => {
      if (!over) drawing ??= setTimeout(draw, drawMs);
    };

    /** How it goes, with what is known now: while it is on the way to a place, its clock waits. */
    const stood = (): Playing => {
      if (seeking !== undefined) playing = arrived(playing, seeking, now());
      if (reel.whole !== undefined) playing = lengthened(playing, Math.max(seeking ?? 0, reel.lengthMs), now());
      return playing;
    };

    const show = (frame: ReelFrame): void => {
      switch (frame.does) {
        case 'output':
          return shown.feed(frame.bytes);
        case 'size':
          return shown.resize(frame.size.cols, frame.size.rows);
        case 'keyframe':
          shown.dispose();
          shown = openTerminal(frame.size);
          return shown.feed(frame.painted);
        default:
          return frame satisfies never;
      }
    };
    /** Until the frame is due, or something changed. */
    const due = (frame: ReelFrame): Promise<void> =>
      new Promise((done) => {
        const waited = waitFor(playing, frame.at, now());
        ({ playing } = waited);
        wake = () => {
          clearTimeout(waiting);
          done();
        };
        if (!playing.paused) waiting = setTimeout(done, Math.min(waited.ms, 60_000));
      });

    async function go(from: number): Promise<void> {
      run += 1;
      const mine = run;
      const begun = { keyframe: false };
      shown.dispose();
      shown = openTerminal(reel.size);
      seeking = from;
      const arrive = (): void => {
        if (seeking !== from || mine !== run) return;
        playing = arrived(playing, from, now());
        seeking = undefined;
      };
      for await (const frame of reel.from(from)) {
        // A keyframe on the way says what is shown already.
        if (frame.does === 'keyframe' && begun.keyframe && frame.at > from) continue;
        begun.keyframe = true;
        if (frame.at > from) arrive();
        if (frame.at > playing.lengthMs) playing = lengthened(playing, frame.at, now());
        while (mine === run && frame.at > from && placeOf(playing, now()) < frame.at) await due(frame);
        if (mine !== run) return;
        show(frame);
        drawSoon();
      }
      arrive();
      drawSoon();
    }
    const start = (from: number): void =>
      void go(from).catch((error: unknown) =>
        finish({ ending: 'lost', sentence: error instanceof Error ? error.message : String(error), tone: 'bad' }),
      );

    let canvas: Canvas;
    const tenure = takeTerminal(tty, {
      onKeys: (bytes) => canvas.feed(bytes),
      onSize: () => undefined,
      onContinue: () => {
        canvas.torn();
        draw();
      },
      onGone: (cause) => finish({ ending: 'lost', sentence: cause, tone: 'bad' }),
      giveBack: () => canvas.destroy(),
    });
    canvas = openCanvas(tty.stdout, {
      onKey: (character, key) => {
        const press = pressOf(character, key);
        if (press === undefined || over) return;
        const next = pressedKey(stood(), press, now());
        ({ playing } = next);
        if (next.does === 'leave') return finish({ ending: 'left', sentence: '', tone: 'good' });
        wake?.();
        if (next.does === 'seek') start(playing.at);
        draw();
      },
      onClick: () => undefined,
      onResize: draw,
    });
    const ticks = setInterval(drawSoon, tickMs);
    draw();
    start(begin);
  });
}

const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
const clockOf = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ''}${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
};

type Going = { readonly now: number; readonly reading: boolean; readonly whole: boolean };

function statusPieces(playing: Playing, { now, reading, whole }: Going, width: number): Piece[] {
  const at = placeOf(playing, now);
  const ended = at >= playing.lengthMs;
  const state = reading || (ended && !whole) ? '… reading' : playing.paused ? '‖ paused' : ended ? '■ at its end' : '▶ playing';
  const left = [
    strong(` ${state} `, playing.paused ? 'production' : 'good'),
    piece(
      `${clockOf(at)} / ${clockOf(playing.lengthMs)}${whole ? '' : '+'} · ${playing.speed}×${playing.skipsIdle ? '' : ' · with idle'}`,
    ),
  ];
  const hints: Piece[] = [];
  for (const { hint } of playKeys.toReversed()) {
    if (piecesWidth([...left, ...hints]) + hint.length + 3 > width) break;
    hints.unshift(piece(` · ${hint}`, 'dim'));
  }
  return [...left, ...hints];
}
