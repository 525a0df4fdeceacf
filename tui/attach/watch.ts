// Watching a session: painted, cropped to this terminal, and inert (law 6, E1). No key ever goes to the gateway; keys only pan and leave.
// The picture keeps the driver's size: a larger one is panned with the arrows, a smaller one leaves the rest blank.

import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Gives, TerminalProfile } from '../../gateway/protocol/operator.ts';
import { blankRow, type Row } from '../../gateway/screen/row.ts';
import { blankScreen, type Screen } from '../../gateway/screen/screen.ts';
import { openTerminal } from '../../gateway/screen/terminal.ts';
import type { Tty } from '../attach-port.ts';
import type { Link } from '../link/link.ts';
import { textRow } from './banner.ts';
import { closedOutcome, leftOutcome, type SessionOutcome } from './ending.ts';
import { inertRow } from './inert-row.ts';
import { openPane } from './pane.ts';
import { type Seat, takeSeat } from './seat.ts';
import { sizeOf, takeTerminal } from './tenure.ts';

/** An escape alone is the key; with more behind it, an arrow. */
const escapeMs = 40;
const panStep = { x: 8, y: 4 } as const;
const arrows: Readonly<Record<string, readonly [x: number, y: number]>> = {
  '\x1b[A': [0, -1],
  '\x1b[B': [0, 1],
  '\x1b[C': [1, 0],
  '\x1b[D': [-1, 0],
  '\x1bOA': [0, -1],
  '\x1bOB': [0, 1],
  '\x1bOC': [1, 0],
  '\x1bOD': [-1, 0],
  k: [0, -1],
  j: [0, 1],
  l: [1, 0],
  h: [-1, 0],
};

/** What the status row says. Made safe where it is drawn. */
export function watchLine(
  session: SessionRow,
  size: TerminalSize,
  pan: { x: number; y: number },
  notice: string | undefined,
): string {
  const driver = session.participants.find((one) => one.role === 'driver');
  const others = session.participants.filter((one) => one.role !== 'driver').length;
  const parts = [
    `watching ${session.serverName}`,
    'q leaves',
    driver === undefined ? 'nobody drives' : `${driver.name} drives`,
    `${size.cols}×${size.rows}${pan.x > 0 || pan.y > 0 ? ` from ${pan.x + 1},${pan.y + 1}` : ''}`,
    `REC ${session.rec}`,
    `${others} ${others === 1 ? 'viewer' : 'viewers'}`,
    ...(notice === undefined ? [] : [notice]),
    'arrows pan',
  ];
  return parts.join(' · ');
}

/** The observer's terminal: the picture above, one row of ours below. Only cells and the cursor are taken over. */
export function framed(picture: Screen, status: Row, cols: number, rows: number): Screen {
  const frame = blankScreen(cols, rows);
  const body = picture.grid.slice(0, frame.rows - 1).map(inertRow);
  const missing = Array.from({ length: Math.max(0, frame.rows - 1 - body.length) }, () => blankRow(frame.cols));
  return {
    ...frame,
    grid: [...body, ...missing, status],
    cursor: {
      ...frame.cursor,
      x: Math.min(picture.cursor.x, frame.cols - 1),
      y: Math.min(picture.cursor.y, Math.max(0, frame.rows - 2)),
      visible: picture.cursor.visible,
    },
  };
}

/** Shows what `session.watch` gave until it ends or is left. Owns the terminal meanwhile. */
export function watchSession(
  tty: Tty,
  link: Link,
  given: Gives<'session.watch'> | Gives<'session.join'>,
  _profile?: TerminalProfile,
): Promise<SessionOutcome> {
  return new Promise((resolve) => {
    const { stdout } = tty;
    let session = given.session;
    let size = sizeOf(stdout);
    let picture = openTerminal({ cols: size.cols, rows: Math.max(1, size.rows - 1) });
    const pan = { x: 0, y: 0 };
    const pane = openPane({ write: (bytes, done) => void stdout.write(bytes, done) });
    let theirs = session.size;
    let notice: string | undefined;
    let seat: Seat;
    let over = false;
    let escape: NodeJS.Timeout | undefined;
    let tilde = false;
    let again: NodeJS.Timeout | undefined;
    let sitting = true;

    const draw = (): void => {
      if (over) return;
      const status = textRow(watchLine(session, theirs, pan, notice), size.cols, notice === undefined ? 'plain' : 'bad');
      pane.draw(framed(picture.screen(), status, size.cols, size.rows));
    };
    const finish = (outcome: SessionOutcome): void => {
      if (over) return;
      over = true;
      clearTimeout(escape);
      clearTimeout(again);
      stopPushes();
      stopStates();
      seat.leave();
      tenure.end();
      picture.dispose();
      resolve(outcome);
    };
    const leave = (): void => {
      void link.request('session.detach', { channel: seat.channel });
      finish({
        ...leftOutcome(session, 'detached'),
        ending: 'left',
        sentence: `${session.serverName}: you left, the session goes on`,
      });
    };
    const window = (): TerminalSize => ({ cols: size.cols, rows: Math.max(1, size.rows - 1) });
    const recrop = (): void => {
      void link.request('session.resize', { channel: seat.channel, size: window(), panX: pan.x, panY: pan.y });
    };
    const move = (x: number, y: number): void => {
      const before = { ...pan };
      pan.x = Math.min(Math.max(0, pan.x + x * panStep.x), Math.max(0, theirs.cols - window().cols));
      pan.y = Math.min(Math.max(0, pan.y + y * panStep.y), Math.max(0, theirs.rows - window().rows));
      if (pan.x === before.x && pan.y === before.y) return;
      recrop();
      draw();
    };
    const key = (one: string): void => {
      const arrow = arrows[one];
      if (arrow !== undefined) return move(...arrow);
      if (one === 'q' || one === '\x03' || one === '\x1b' || one === '\x04' || (tilde && one === '.')) return leave();
      tilde = one === '~';
    };
    const typed = (bytes: Uint8Array): void => {
      clearTimeout(escape);
      const source = Buffer.from(bytes).toString('latin1');
      for (const one of source.match(/\x1b(?:\[[\d;?]*[ -/]*[@-~]|O[@-~])|[^]/g) ?? []) {
        if (over) return;
        if (one === '\x1b' && source.endsWith('\x1b')) escape = setTimeout(leave, escapeMs);
        else key(one);
      }
    };

    const sit = (at: Gives<'session.watch'>): void => {
      seat = takeSeat(link, at, {
        onOutput: (bytes, fresh, drawn) => {
          if (fresh) {
            picture.dispose();
            picture = openTerminal(window());
          }
          picture.feed(bytes);
          draw();
          drawn();
        },
        onPush: (push) => {
          if (push.type === 'session.closed') finish(closedOutcome(session, push));
          else if (push.type === 'session.resized') {
            theirs = push.size;
            move(0, 0);
            draw();
          } else if (push.type === 'session.notice') {
            notice = /^(frozen|agent-away|ending-soon)$/.test(push.notice) ? push.text : undefined;
            draw();
          }
        },
        onCut: () => {
          notice = 'link lost, trying again';
          sitting = false;
          draw();
        },
      });
    };
    const sitAgain = async (): Promise<void> => {
      if (over || sitting) return;
      sitting = true;
      const back = await link.request('session.watch', { session: session.id, size: window() });
      if (over) return;
      if (back.ok) {
        session = back.value.session;
        notice = undefined;
        sit(back.value);
        if (pan.x > 0 || pan.y > 0) recrop();
        return draw();
      }
      sitting = false;
      const { code } = back.problem;
      if (code === 'unreachable' || code === 'timeout' || code === 'busy' || code === 'starting') {
        again = setTimeout(() => void sitAgain(), 1_000);
        return;
      }
      finish({
        ending: 'lost',
        sentence: `${session.serverName}: ${problemSentence(back.problem)}`,
        tone: 'bad',
        session: session.id,
        exit: 6,
      });
    };

    const stopPushes = link.onPush((push) => {
      if (push.type !== 'sessions.changed') return;
      const row = push.rows.find((one) => one.id === session.id);
      if (row === undefined) return;
      session = row;
      draw();
    });
    const stopStates = link.onState((state) => {
      if (state.state === 'open') void sitAgain();
      else if (state.state === 'refused')
        finish({ ending: 'lost', sentence: problemSentence(state.problem), tone: 'bad', session: session.id, exit: 6 });
    });
    const tenure = takeTerminal(tty, {
      onKeys: typed,
      onSize: (next) => {
        size = next;
        pane.torn();
        picture.resize(window().cols, window().rows);
        move(0, 0);
        recrop();
        draw();
      },
      onContinue: () => {
        pane.torn();
        draw();
      },
      onGone: (cause) =>
        finish({ ending: 'left', sentence: `${session.serverName}: ${cause}`, tone: 'bad', session: session.id, exit: 1 }),
      giveBack: () => pane.giveBack(),
    });
    sit(given);
    recrop();
    draw();
  });
}
