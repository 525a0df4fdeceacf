// The sessions a wall looks at: one subscription each, painted by the gateway at a low frame rate, as large as the session itself. So a tile can
// follow the cursor and fill the screen without asking anybody, on any line.
import { type Problem, problemSentence, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { SessionId } from '../../gateway/protocol/ids.ts';
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { openTerminal, type Terminal } from '../../gateway/screen/terminal.ts';
import { closedOutcome } from '../attach/ending.ts';
import { type Seat, takeSeat } from '../attach/seat.ts';
import type { Link } from '../link/link.ts';
import { mostLive } from './layout.ts';
import { type Corner, origin } from './window.ts';

/** The first change after a pause comes at once; what follows, at this pace: in tiles, and of the one that fills the screen. */
const framesPerSecond = 2;
const focusedFramesPerSecond = 10;
/** Acknowledgements of a trickle are gathered: sixteen of them a second would be half of what travels. */
const gatherMs = 4_000;
/** Part of the first credit above which one is not kept waiting. */
const soon = 1 / 8;

/** What a tile says that takes a step-up first. */
export const needsCode = 'needs a code: enter opens it';

type Pane = {
  row: SessionRow;
  seat: Seat | undefined;
  picture: Terminal | undefined;
  size: TerminalSize;
  /** Made once for each change. */
  screen: Screen | undefined;
  corner: Corner;
  state: 'idle' | 'asking' | 'seated' | 'refused';
  says: string | undefined;
  credit: number;
  held: { readonly bytes: number; readonly drawn: () => void }[];
  said: boolean;
  /** When it last stood on the screen: a count. */
  lastKept: number;
};

export type PanesListener = {
  /** Something shown changed. */
  readonly onChange: () => void;
  /** The session is over. */
  readonly onOver: (id: SessionId, sentence: string) => void;
};

export type Panes = {
  /** Those on the screen now: what is not watched yet is asked for, what was looked at longest ago is let go. */
  readonly keep: (rows: readonly SessionRow[]) => void;
  /** Asks for one by itself, also again. */
  readonly open: (row: SessionRow) => Promise<Result<unknown>>;
  readonly screenOf: (id: SessionId) => Screen | undefined;
  readonly saysOf: (id: SessionId) => string | undefined;
  /** Asked for, and not given or taken away again. */
  readonly refused: (id: SessionId) => boolean;
  readonly cornerOf: (id: SessionId) => Corner;
  readonly moved: (id: SessionId, corner: Corner) => void;
  /** The one that fills the screen, if any: it moves faster. */
  readonly focus: (id: SessionId | undefined) => void;
  readonly drop: (id: SessionId) => void;
  /** Sessions watched now. */
  readonly seated: () => number;
  readonly close: () => void;
};

export function openPanes(link: Link, { onChange, onOver }: PanesListener): Panes {
  const panes = new Map<SessionId, Pane>();
  let kept = 0;
  let focused: SessionId | undefined;
  let over = false;
  let gathering: NodeJS.Timeout | undefined;

  const acknowledge = (): void => {
    gathering = undefined;
    for (const pane of panes.values()) {
      for (const { drawn } of pane.held) drawn();
      pane.held = [];
    }
  };
  const took = (pane: Pane, bytes: number, drawn: () => void): void => {
    pane.held.push({ bytes, drawn });
    const owed = pane.held.reduce((sum, one) => sum + one.bytes, 0);
    if (!pane.said || owed > pane.credit * soon) {
      pane.said = true;
      for (const one of pane.held) one.drawn();
      pane.held = [];
    } else gathering ??= setTimeout(acknowledge, gatherMs);
  };
  const paneOf = (row: SessionRow): Pane => {
    const known = panes.get(row.id);
    if (known !== undefined) {
      known.row = row;
      return known;
    }
    const made: Pane = {
      row,
      seat: undefined,
      picture: undefined,
      size: row.size,
      screen: undefined,
      corner: origin,
      state: 'idle',
      says: undefined,
      credit: 0,
      held: [],
      said: false,
      lastKept: 0,
    };
    panes.set(row.id, made);
    return made;
  };
  const empty = (pane: Pane): void => {
    pane.picture?.dispose();
    pane.picture = undefined;
    pane.screen = undefined;
    pane.held = [];
    pane.said = false;
  };
  const leave = (pane: Pane): void => {
    if (pane.seat !== undefined) {
      void link.request('session.detach', { channel: pane.seat.channel });
      pane.seat.leave();
      pane.seat = undefined;
    }
    pane.state = 'idle';
    empty(pane);
  };
  /** Room for one more: whoever stood on the screen longest ago goes. False = all are wanted, or asked for and not answered yet. */
  const madeRoom = (): boolean => {
    const watched = [...panes.values()].filter(({ state }) => state === 'seated' || state === 'asking');
    if (watched.length < mostLive) return true;
    const [oldest] = watched
      .filter((pane) => pane.state === 'seated' && pane.lastKept < kept)
      .toSorted((a, b) => a.lastKept - b.lastKept);
    if (oldest !== undefined) leave(oldest);
    return oldest !== undefined;
  };
  /** Asks for those on the screen that are not watched yet. */
  const fill = (): void => {
    if (over || link.state().state !== 'open') return;
    for (const pane of panes.values()) {
      const { needs, state } = pane.row;
      const begun = state !== 'pending' && state !== 'ended';
      if (pane.lastKept === kept && pane.state === 'idle' && begun && needs === 'nothing' && madeRoom()) void watch(pane);
    }
  };
  const sit = (pane: Pane, given: Gives<'session.watch'>): void => {
    pane.state = 'seated';
    pane.says = undefined;
    pane.credit = given.credit;
    const resize = (size: TerminalSize): void => {
      pane.size = size;
      pane.picture?.resize(size.cols, size.rows);
      pane.screen = undefined;
      void link.request('session.resize', { channel: given.channel, size });
      onChange();
    };
    pane.seat = takeSeat(link, given, {
      onOutput: (bytes, fresh, drawn) => {
        if (fresh) pane.picture?.dispose();
        if (fresh || pane.picture === undefined) pane.picture = openTerminal(pane.size);
        pane.picture.feed(bytes);
        pane.screen = undefined;
        onChange();
        took(pane, bytes.length, drawn);
      },
      onPush: (push) => {
        if (push.type === 'session.resized') return resize(push.size);
        if (push.type !== 'session.closed') return;
        const { sentence } = closedOutcome(pane.row, push);
        pane.seat?.leave();
        pane.seat = undefined;
        if (push.ended !== undefined || push.left === 'session-ended') return onOver(pane.row.id, sentence);
        pane.state = 'refused';
        pane.says = `${sentence} · enter looks again`;
        onChange();
      },
      onCut: () => {
        pane.seat = undefined;
        pane.state = 'idle';
        pane.held = [];
        pane.said = false;
        pane.says = 'the link is lost';
        onChange();
      },
    });
    const { size } = given.session;
    if (size.cols !== pane.size.cols || size.rows !== pane.size.rows) resize(size);
  };
  const watch = async (pane: Pane): Promise<Result<unknown>> => {
    pane.state = 'asking';
    pane.says = pane.picture === undefined ? 'connecting…' : undefined;
    pane.size = pane.row.size;
    const { id } = pane.row;
    const given = await link.request('session.watch', { session: id, size: pane.size, framesPerSecond });
    if (over || panes.get(id) !== pane) {
      if (given.ok) void link.request('session.detach', { channel: given.value.channel });
      return refuse('unreachable', 'left meanwhile');
    }
    if (given.ok) sit(pane, given.value);
    else {
      const { code } = given.problem;
      // The line comes back by itself, and asks then.
      pane.state = code === 'unreachable' ? 'idle' : 'refused';
      pane.says = refusalWords(given.problem);
      if (code === 'session-ended') onOver(id, 'the session has ended');
    }
    fill();
    onChange();
    return given;
  };

  return {
    keep: (rows) => {
      kept += 1;
      for (const row of rows) paneOf(row).lastKept = kept;
      fill();
    },
    open: (row) => {
      const pane = paneOf(row);
      pane.lastKept = kept;
      if (pane.state === 'seated' || pane.state === 'asking') return Promise.resolve({ ok: true, value: undefined });
      return madeRoom() ? watch(pane) : Promise.resolve(refuse('limit', `${mostLive} sessions are watched`));
    },
    screenOf: (id) => {
      const pane = panes.get(id);
      if (pane?.picture === undefined) return undefined;
      pane.screen ??= pane.picture.screen();
      return pane.screen;
    },
    saysOf: (id) => panes.get(id)?.says,
    refused: (id) => panes.get(id)?.state === 'refused',
    cornerOf: (id) => panes.get(id)?.corner ?? origin,
    moved: (id, corner) => {
      const pane = panes.get(id);
      if (pane !== undefined) pane.corner = corner;
    },
    focus: (id) => {
      if (id === focused) return;
      for (const [one, rate] of [
        [focused, framesPerSecond],
        [id, focusedFramesPerSecond],
      ] as const) {
        const pane = one === undefined ? undefined : panes.get(one);
        if (pane?.seat !== undefined)
          void link.request('session.resize', { channel: pane.seat.channel, size: pane.size, framesPerSecond: rate });
      }
      focused = id;
    },
    drop: (id) => {
      const pane = panes.get(id);
      if (pane === undefined) return;
      leave(pane);
      panes.delete(id);
    },
    seated: () => [...panes.values()].filter(({ state }) => state === 'seated').length,
    close: () => {
      over = true;
      clearTimeout(gathering);
      for (const pane of panes.values()) leave(pane);
      panes.clear();
    },
  };
}

function refusalWords(problem: Problem): string {
  if (problem.code === 'unreachable') return 'the link is lost';
  return problem.code === 'step-up' ? needsCode : problemSentence(problem);
}
