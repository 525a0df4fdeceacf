// The dashboard as a program: takes the terminal, shows the model, ends with an exit code. Ink and React are loaded when the terminal has been
// measured and the line is on its way, because they take longer than both.
import { exitCodeOf } from '../gateway/protocol/errors.ts';
import type { Push } from '../gateway/protocol/operator.ts';
import type { AttachPort, Tty, TtyOutcome } from './attach-port.ts';
import type { Link } from './link/link.ts';
import type { Turn } from './model/action.ts';
import { isTooSmall } from './model/layout.ts';
import { beginModel } from './model/model.ts';
import { type Colours, coloursOf, paletteOf } from './parts/palette.ts';
import type { LetGo } from './screens/app.tsx';
import { performer } from './store/effects.ts';
import { holdFigures } from './store/figures.ts';
import { createStore } from './store/store.ts';
import { startTicks } from './store/ticks.ts';
import { ownTty } from './tty.ts';

export type DashboardOptions = Tty & {
  /** From `startLink`: it may still be connecting. The dashboard does not close it. */
  readonly link: Link;
  /** Where a sign-in is kept. */
  readonly credentialsPath: string;
  /** PEM given with --ca, kept with the credentials. */
  readonly ca?: string | undefined;
  readonly readonly?: boolean;
  /** By default what the environment says (NO_COLOR, TERM, COLORTERM). */
  readonly colours?: Colours | undefined;
  readonly attach: AttachPort;
  /** Wall clock, ms; another one for pictures. */
  readonly now?: () => number;
};

/** Runs until the person leaves. The exit code: 0, or that of the problem when the gateway can never be spoken to. */
export async function runDashboard(options: DashboardOptions): Promise<number> {
  const { link, stdin, stdout, attach } = options;
  const tty: Tty = { stdin, stdout };
  const profile = await attach.measure(tty);
  const owner = ownTty(tty, () => link.close());
  owner.enter();
  // React's development build costs twice the time a key; it reads this when it is loaded.
  process.env['NODE_ENV'] ??= 'production';
  const { mountApp } = await import('./screens/mount.tsx');
  const size = () => ({ cols: stdout.columns || 80, rows: stdout.rows || 24 });
  const now = options.now ?? Date.now;
  let letGo: LetGo = (turn) => turn();
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });

  /** One turn after the other. It is over when the terminal is ours again, and before Ink draws: no key typed from then on is another's. */
  let turns: Promise<unknown> = Promise.resolve();
  const takeTurn = (turn: Turn): Promise<TtyOutcome> =>
    new Promise((resolve) => {
      const lending = turns.then(() => letGo(async () => resolve(await owner.lend(() => runTurn(turn)))));
      turns = lending.catch(() => undefined);
      lending.catch(() => resolve({ ending: 'lost', sentence: 'The terminal could not be handed over.', tone: 'bad' }));
    });
  const runTurn = (turn: Turn): Promise<TtyOutcome> => {
    switch (turn.turn) {
      case 'drive':
        return attach.drive(tty, link, turn.given, profile);
      case 'watch':
      case 'join':
        return attach.watch(tty, link, turn.given, profile);
      case 'replay':
        return attach.replay(tty, link, turn.given);
      case 'wall': {
        const rows = store.model().sessions.rows;
        return attach.wall(
          tty,
          link,
          turn.sessions.flatMap((id) => rows.get(id) ?? []),
          { readonly: options.readonly === true },
        );
      }
      default:
        return turn satisfies never;
    }
  };

  const perform = performer({
    link,
    credentialsPath: options.credentialsPath,
    ca: options.ca,
    profile,
    size,
    now,
    takeTurn,
    quit: () => leave(),
  });
  const store = createStore(
    beginModel({ now: now(), size: size(), readonly: options.readonly === true, url: link.url }),
    perform,
  );
  const hear = () => {
    const line = link.figures();
    store.dispatch({ action: 'line', state: link.state(), roundTripMs: line.roundTripMs, figures: line, now: now() });
  };
  const figures = holdFigures(store.model);
  const tell = (push: Push) => store.dispatch({ action: 'push', push, figures: link.figures(), now: now() });
  const stops = [
    link.onPush((push) => {
      const now = figures.sift(push);
      if (now !== undefined) tell(now);
    }),
    link.onState(hear),
  ];
  hear();
  const ticks = startTicks(store, now, link.figures, () => figures.release().forEach(tell));
  const ink = mountApp(tty, {
    store,
    palette: paletteOf(options.colours ?? coloursOf(process.env)),
    onReady: (way) => {
      letGo = way;
    },
  });
  const gone = ink.waitUntilExit();
  try {
    // Ink ends by itself only when a component threw: a bug, told after the terminal is given back.
    await Promise.race([left, gone]);
  } finally {
    ticks.stop();
    for (const stop of stops) stop();
    ink.unmount();
    await gone.catch(() => undefined);
    owner.release();
  }
  const state = link.state();
  return state.state === 'refused' ? exitCodeOf(state.problem) : 0;
}

/** Whether there is a terminal here that the dashboard can live in. */
export const fitsDashboard = ({ stdin, stdout }: Tty): boolean =>
  stdin.isTTY && stdout.isTTY && !isTooSmall({ cols: stdout.columns || 80, rows: stdout.rows || 24 });
