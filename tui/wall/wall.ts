// The wall (M6): up to nine live sessions side by side, painted and inert. New ones appear, ended ones say why and go. What each shows comes
// cropped to its tile by the gateway, at a few pictures a second; the selected one can fill the screen.

import { cellWidth, safeLabel } from '../../gateway/protocol/cell-width.ts';
import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { SessionRow, Tier } from '../../gateway/protocol/nouns.ts';
import type { Row } from '../../gateway/screen/row.ts';
import { openTerminal, type Terminal } from '../../gateway/screen/terminal.ts';
import { textRow } from '../attach/banner.ts';
import { closedOutcome, foundEnded } from '../attach/ending.ts';
import { inertRow } from '../attach/inert-row.ts';
import { type Seat, takeSeat } from '../attach/seat.ts';
import { takeTerminal } from '../attach/tenure.ts';
import type { Tty, TtyOutcome } from '../attach-port.ts';
import type { Link } from '../link/link.ts';
import { type Canvas, openCanvas, type Tile, type TileColour } from './canvas.ts';
import { columnsFor, mostTiles, neighbour, type Rect, tileRects } from './layout.ts';

/** A wall of nine on a bad line is still a trickle; a zoomed tile is looked at. */
const tileFrames = 4;
/** Pictures a second that we draw, whatever comes. */
const drawMs = 80;
/** How long a session that ended says so. */
const farewellMs = 4_000;

const tierColour = { normal: 4, important: 3, critical: 1 } as const satisfies Record<Tier, number>;

type Pane = {
  session: SessionRow;
  picture: Terminal;
  seat: Seat | undefined;
  /** Shown instead of the picture: why there is none. */
  says: string | undefined;
  over: boolean;
  width: number;
  height: number;
};

/** What stands in the upper border of a tile. Made safe where it is drawn. */
export function tileTitle(session: SessionRow): string {
  const tier = session.tier === 'normal' ? '' : ` [${session.tier}]`;
  const rec = session.rec === 'on' ? 'REC' : `rec ${session.rec}`;
  return `${session.serverName} · ${session.personName} · ${session.level}${tier} · ${rec} `;
}

/** Shows the wall until it is left. Owns the terminal meanwhile; asks `session.watch` itself. */
export function showWall(tty: Tty, link: Link, sessions: readonly SessionRow[]): Promise<TtyOutcome> {
  return new Promise((resolve) => {
    const panes = new Map<SessionId, Pane>();
    const waiting = new Map<SessionId, SessionRow>();
    const plain = (process.env['NO_COLOR'] ?? '') !== '';
    let selected = 0;
    let zoomed = false;
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    let lineSays: string | undefined;

    const list = (): Pane[] => [...panes.values()];
    const shown = (): Pane[] => (zoomed ? list().slice(selected, selected + 1) : list());
    const rects = (): Rect[] => tileRects(shown().length, canvas.cols(), canvas.rows());

    const finish = (outcome: TtyOutcome): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      for (const stop of stops) stop();
      for (const pane of panes.values()) leave(pane);
      tenure.end();
      // blessed's teardown takes one turn; whoever listens before it is over hears nothing (LIBRARIES §5).
      setImmediate(() => resolve(outcome));
    };
    const leave = (pane: Pane): void => {
      if (pane.seat !== undefined) {
        void link.request('session.detach', { channel: pane.seat.channel });
        pane.seat.leave();
        pane.seat = undefined;
      }
      pane.picture.dispose();
    };

    const drawSoon = (): void => {
      if (!over) timer ??= setTimeout(draw, drawMs);
    };
    const draw = (): void => {
      timer = undefined;
      if (over) return;
      const places = rects();
      const tiles: Tile[] = shown().flatMap((pane, at) => {
        const rect = places[at];
        if (rect === undefined || rect.width < 4 || rect.height < 3) return [];
        const colour: TileColour = plain ? undefined : tierColour[pane.session.tier];
        const title = tileTitle(pane.session);
        return [
          {
            rect,
            border: colour,
            selected: zoomed || at === selected,
            title: titleRow(title, rect.width - 4),
            body: () => bodyOf(pane, rect),
          },
        ];
      });
      canvas.show(tiles, textRow(statusLine(), canvas.cols()));
    };
    const bodyOf = (pane: Pane, rect: Rect): readonly Row[] => {
      const body = pane.picture.screen().grid.map(inertRow);
      if (pane.says === undefined) return body;
      const width = Math.max(2, rect.width - 2);
      return [textRow(pane.says, width, 'bad'), ...body.slice(1)];
    };
    const statusLine = (): string => {
      if (lineSays !== undefined) return lineSays;
      const count = panes.size === 0 ? 'no live session' : `${panes.size} live`;
      const more = waiting.size === 0 ? '' : ` (+${waiting.size} more)`;
      return zoomed
        ? `wall · Esc back to the wall · w watch · q leave`
        : `wall · ${count}${more} · arrows select · Enter zooms · w watch · a attach to yours · q leave`;
    };

    /** Fits every picture to its tile, and asks for those that are not watched yet. */
    const arrange = (): void => {
      selected = Math.min(selected, Math.max(0, panes.size - 1));
      if (panes.size === 0) zoomed = false;
      const places = rects();
      for (const [at, pane] of shown().entries()) {
        const rect = places[at];
        if (rect === undefined) continue;
        const width = Math.max(2, rect.width - 2);
        const height = Math.max(1, rect.height - 2);
        if (pane.width !== width || pane.height !== height) {
          pane.width = width;
          pane.height = height;
          pane.picture.resize(width, height);
          if (pane.seat !== undefined)
            void link.request('session.resize', { channel: pane.seat.channel, size: { cols: width, rows: height } });
        }
        if (pane.seat === undefined && pane.says === undefined) void watch(pane);
      }
      drawSoon();
    };
    const watch = async (pane: Pane): Promise<void> => {
      pane.says = 'connecting…';
      const size = { cols: pane.width, rows: pane.height };
      const given = await link.request('session.watch', { session: pane.session.id, size, framesPerSecond: tileFrames });
      if (over || !panes.has(pane.session.id)) {
        if (given.ok) void link.request('session.detach', { channel: given.value.channel });
        return;
      }
      if (!given.ok) {
        const { code } = given.problem;
        if (code === 'session-ended' || code === 'not-found') return farewell(pane, 'the session has ended');
        pane.says = problemSentence(given.problem);
        return drawSoon();
      }
      pane.says = undefined;
      pane.seat = takeSeat(link, given.value, {
        onOutput: (bytes, fresh, drawn) => {
          if (fresh) {
            pane.picture.dispose();
            pane.picture = openTerminal({ cols: pane.width, rows: pane.height });
          }
          pane.picture.feed(bytes);
          drawSoon();
          drawn();
        },
        onPush: (push) => {
          if (push.type === 'session.closed') farewell(pane, closedOutcome(pane.session, push).sentence);
        },
        onCut: () => {
          pane.seat = undefined;
          pane.says = 'the link is lost';
          drawSoon();
        },
      });
      if (size.cols !== pane.width || size.rows !== pane.height)
        void link.request('session.resize', { channel: given.value.channel, size: { cols: pane.width, rows: pane.height } });
      drawSoon();
    };
    const farewell = (pane: Pane, sentence: string): void => {
      if (pane.over) return;
      pane.over = true;
      pane.seat?.leave();
      pane.seat = undefined;
      pane.says = sentence;
      drawSoon();
      setTimeout(() => {
        if (over) return;
        panes.delete(pane.session.id);
        pane.picture.dispose();
        admit();
      }, farewellMs).unref();
    };

    const isLive = (session: SessionRow): boolean => session.state !== 'ended' && session.state !== 'opening';
    const admit = (): void => {
      for (const [id, session] of waiting) {
        if (panes.size >= mostTiles) break;
        waiting.delete(id);
        const picture = openTerminal({ cols: 2, rows: 1 });
        panes.set(id, { session, picture, seat: undefined, says: undefined, over: false, width: 0, height: 0 });
      }
      arrange();
    };
    const heardOf = (session: SessionRow): void => {
      const pane = panes.get(session.id);
      if (pane !== undefined) {
        pane.session = session;
        if (session.state === 'ended') farewell(pane, foundEnded(session).sentence);
      } else if (isLive(session)) waiting.set(session.id, session);
      else waiting.delete(session.id);
    };

    const current = (): Pane | undefined => list()[selected];
    const key = (name: string): void => {
      switch (name) {
        case 'q':
        case 'C-c':
          return finish({ ending: 'left', sentence: 'You left the wall.', tone: 'good', ...selectedSession() });
        case 'escape':
          if (!zoomed) return finish({ ending: 'left', sentence: 'You left the wall.', tone: 'good', ...selectedSession() });
          zoomed = false;
          return arrange();
        case 'enter':
        case 'return':
          if (panes.size === 0 || zoomed) return;
          zoomed = true;
          return arrange();
        case 'tab':
          return select((selected + 1) % Math.max(1, panes.size));
        case 'S-tab':
          return select((selected + panes.size - 1) % Math.max(1, panes.size));
        case 'left':
        case 'right':
        case 'up':
        case 'down':
          if (!zoomed) select(neighbour(selected, panes.size, columnsFor(panes.size, canvas.cols()), name));
          return;
        case 'w':
        case 'a': {
          const session = current()?.session;
          if (session === undefined || (name === 'a' && !session.mine)) return;
          const go = name === 'a' ? 'attach' : 'watch';
          return finish({ ending: 'left', sentence: '', tone: 'good', session: session.id, next: { go, session: session.id } });
        }
        default:
          if (/^[1-9]$/.test(name) && Number(name) <= panes.size) select(Number(name) - 1);
      }
    };
    const selectedSession = (): { session?: SessionId } => {
      const pane = current();
      return pane === undefined ? {} : { session: pane.session.id };
    };
    const select = (at: number): void => {
      selected = at;
      if (zoomed) arrange();
      drawSoon();
    };

    let canvas: Canvas;
    const tenure = takeTerminal(tty, {
      onKeys: (bytes) => canvas.feed(bytes),
      onSize: () => undefined,
      onContinue: () => arrange(),
      onGone: (cause) => finish({ ending: 'lost', sentence: cause, tone: 'bad' }),
      giveBack: () => canvas.destroy(),
    });
    canvas = openCanvas(tty.stdout, {
      onKey: key,
      onClick: (at) => (zoomed ? undefined : at === selected ? key('enter') : select(at)),
      onResize: arrange,
    });
    const stops = [
      link.onPush((push) => {
        if (push.type !== 'sessions.changed') return;
        for (const row of push.rows) heardOf(row);
        for (const id of push.gone) {
          waiting.delete(id);
          const pane = panes.get(id);
          if (pane !== undefined) farewell(pane, 'the session is over, or you may no longer see it');
        }
        admit();
      }),
      link.onState((state) => {
        if (state.state === 'refused') return finish({ ending: 'lost', sentence: problemSentence(state.problem), tone: 'bad' });
        lineSays = state.state === 'open' ? undefined : 'link lost, trying again · q leaves';
        if (state.state !== 'open') return drawSoon();
        for (const pane of panes.values()) if (!pane.over && pane.seat === undefined) pane.says = undefined;
        return arrange();
      }),
    ];
    for (const session of sessions) heardOf(session);
    admit();
  });
}

/** The title without the look of a banner: the border gives it its own. */
function titleRow(title: string, cols: number): Row {
  const width = Math.max(2, cols);
  const label = safeLabel(title, width - 1);
  return textRow(label, Math.max(2, cellWidth(label) + 1));
}
