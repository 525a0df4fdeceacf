// The wall (M6): up to sixteen live sessions side by side, painted by the gateway and inert (laws 6, 7); new ones appear, ended ones say why
// and go. This is the shell: it carries keys, rows and answers between the model, the link and the canvas.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { foundEnded } from '../attach/ending.ts';
import { takeTerminal } from '../attach/tenure.ts';
import type { Tty, TtyOutcome } from '../attach-port.ts';
import type { Link } from '../link/link.ts';
import { type Colours, coloursOf } from '../parts/palette.ts';
import { type Canvas, openCanvas } from './canvas.ts';
import { type Deed, doDeed } from './deed.ts';
import { helpTile } from './help-tile.ts';
import { inkRow } from './ink.ts';
import { pressOf } from './keys.ts';
import { beginWall, chosenOf, forget, heard, pageOf, resized, sayOver, type Wall } from './model.ts';
import { needsCode, openPanes } from './panes.ts';
import { answered, clicked, type Effect, pressed, proven, type Step } from './pressed.ts';
import { statusPieces } from './status-line.ts';
import { tileOf } from './tile-view.ts';

/** Least time between pictures that we draw by ourselves; a key is answered at once. */
const drawMs = 80;
/** How long a session that ended says so. */
const farewellMs = 4_000;
/** How long a sentence about what was done stays, unless a key is pressed. */
const saidMs = 8_000;
/** "ends in 4 min" must count on while nothing happens. */
const minuteMs = 30_000;

export type WallOptions = {
  /** Nothing that changes anything is offered (E28). */
  readonly readonly?: boolean;
  /** Wall clock, ms; another one for pictures. */
  readonly now?: () => number;
  /** By default what the environment says (NO_COLOR, TERM, COLORTERM). */
  readonly colours?: Colours;
};

/** Shows the wall until it is left. Owns the terminal meanwhile; asks `session.watch` itself. */
export function showWall(
  tty: Tty,
  link: Link,
  sessions: readonly SessionRow[],
  { readonly = false, now = Date.now, colours = coloursOf(process.env) }: WallOptions = {},
): Promise<TtyOutcome> {
  return new Promise((resolve) => {
    let over = false;
    let drawing: NodeJS.Timeout | undefined;
    let saidTimer: NodeJS.Timeout | undefined;
    let lineSays: string | undefined;
    const farewells = new Map<SessionId, NodeJS.Timeout>();

    const finish = (outcome: TtyOutcome): void => {
      if (over) return;
      over = true;
      clearTimeout(drawing);
      clearTimeout(saidTimer);
      clearInterval(minutes);
      for (const timer of farewells.values()) clearTimeout(timer);
      for (const stop of stops) stop();
      panes.close();
      tenure.end();
      // blessed's teardown takes one turn; whoever listens before it is over hears nothing (LIBRARIES §5).
      setImmediate(() => resolve(outcome));
    };
    const leave = (effect: Extract<Effect, { effect: 'leave' }>): void => {
      const session = effect.next?.session ?? chosenOf(wall)?.row.id;
      const where = session === undefined ? {} : { session };
      if (effect.next === undefined) finish({ ending: 'left', sentence: 'You left the wall.', tone: 'good', ...where });
      else finish({ ending: 'left', sentence: '', tone: 'good', ...where, next: effect.next });
    };

    const draw = (): void => {
      clearTimeout(drawing);
      drawing = undefined;
      if (over) return;
      const page = pageOf(wall);
      const at = now();
      const tiles = page.entries.flatMap(({ row, over: ended }, index) => {
        const rect = page.rects[index];
        if (rect === undefined || rect.width < 4 || rect.height < 3) return [];
        const { tile, corner } = tileOf({
          row,
          rect,
          chosen: index === page.at,
          zoomed: wall.zoomed,
          screen: panes.screenOf(row.id),
          corner: panes.cornerOf(row.id),
          says: ended ?? panes.saysOf(row.id) ?? nothingYet(row),
          now: at,
          colours,
        });
        // A zoomed picture has another window; the tile keeps its own.
        if (!wall.zoomed) panes.moved(row.id, corner);
        return [tile];
      });
      const help = wall.help ? [helpTile(wall, colours)] : [];
      canvas.show([...tiles, ...help], inkRow(statusPieces(wall, lineSays, at), canvas.cols(), colours));
    };
    const drawSoon = (): void => {
      if (!over) drawing ??= setTimeout(draw, drawMs);
    };

    const become = (next: Wall): void => {
      const { said } = wall;
      wall = next;
      if (next.said !== said) {
        clearTimeout(saidTimer);
        if (next.said !== undefined) saidTimer = setTimeout(() => become({ ...wall, said: undefined }), saidMs);
      }
      panes.keep(pageOf(wall).entries.flatMap(({ row, over: ended }) => (ended === undefined ? [row] : [])));
      panes.focus(wall.zoomed ? chosenOf(wall)?.row.id : undefined);
      drawSoon();
    };
    const take = ({ wall: next, effect }: Step): void => {
      become(next);
      if (effect !== undefined) perform(effect);
      if (!over) draw();
    };
    const perform = (effect: Effect): void => {
      switch (effect.effect) {
        case 'leave':
          return leave(effect);
        case 'prove': {
          const { code, action, target } = effect;
          void link
            .request('factor.prove', { code, action, ...(target === undefined ? {} : { target }) })
            .then((result) => !over && take(proven(wall, result)));
          return undefined;
        }
        case 'look':
          if (panes.refused(effect.deed.session))
            void done(effect.deed).then((result) => !over && !result.ok && take(answered(wall, effect.deed, result)));
          return undefined;
        case 'do':
          void done(effect.deed).then((result) => !over && take(answered(wall, effect.deed, result)));
          return undefined;
        default:
          return effect satisfies never;
      }
    };
    const done = (deed: Deed) => {
      const row = wall.entries.find((entry) => entry.row.id === deed.session)?.row;
      if (deed.deed !== 'watch') return doDeed(link, deed);
      return row === undefined ? Promise.resolve({ ok: false, problem: { code: 'session-ended' } } as const) : panes.open(row);
    };
    const farewell = (id: SessionId, sentence: string, fromChannel: boolean): void => {
      if (over) return;
      become(sayOver(wall, id, sentence, fromChannel));
      if (farewells.has(id)) return;
      farewells.set(
        id,
        setTimeout(() => {
          farewells.delete(id);
          panes.drop(id);
          become(forget(wall, id));
        }, farewellMs),
      );
    };
    const hear = (rows: readonly SessionRow[], gone: readonly SessionId[]): void => {
      const { wall: next, ended } = heard(wall, rows, gone);
      become(next);
      for (const row of ended)
        farewell(
          row.id,
          row.state === 'ended' ? foundEnded(row).sentence : 'the session is over, or you may no longer see it',
          false,
        );
    };

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
        if (press !== undefined && !over) take(pressed(wall, press));
      },
      onClick: (at) => !over && take(clicked(wall, at)),
      onResize: () => {
        become(resized(wall, sizeNow()));
        draw();
      },
    });
    const sizeNow = () => ({ cols: canvas.cols(), rows: canvas.rows() });
    let wall = beginWall([], sizeNow(), readonly);
    const panes = openPanes(link, { onChange: drawSoon, onOver: (id, sentence) => farewell(id, sentence, true) });
    const minutes = setInterval(drawSoon, minuteMs);
    const stops = [
      link.onPush((push) => {
        if (push.type !== 'sessions.changed') return;
        // The whole list, after the line was away: what is not in it is over.
        const listed = new Set(push.rows.map(({ id }) => id));
        const missing = push.whole ? wall.entries.flatMap(({ row }) => (listed.has(row.id) ? [] : [row.id])) : [];
        hear(push.rows, [...push.gone, ...missing]);
      }),
      link.onState((state) => {
        if (state.state === 'refused') return finish({ ending: 'lost', sentence: problemSentence(state.problem), tone: 'bad' });
        lineSays = state.state === 'open' ? undefined : 'link lost, trying again · q leaves';
        return become(wall);
      }),
    ];
    wall = beginWall(sessions, sizeNow(), readonly);
    become(wall);
    draw();
  });
}

/** Where there is nothing to see that is no fault. */
function nothingYet(row: SessionRow): string | undefined {
  if (row.state === 'pending') return 'nothing runs yet';
  switch (row.needs) {
    case 'nothing':
      return undefined;
    case 'factor':
      return needsCode;
    case 'approval':
      return 'somebody must approve this first';
    case 'level':
      return 'your access does not reach this far';
    default:
      return row.needs satisfies never;
  }
}
