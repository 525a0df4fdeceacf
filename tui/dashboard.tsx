// The dashboard as a program: takes the terminal, shows the model, ends with an exit code.
import { render } from 'ink';
import { exitCodeOf } from '../gateway/protocol/errors.ts';
import type { AttachPort, Tty, TtyOutcome } from './attach-port.ts';
import type { Link } from './link/link.ts';
import type { Turn } from './model/action.ts';
import { isTooSmall } from './model/layout.ts';
import { beginModel } from './model/model.ts';
import { type Colours, coloursOf, paletteOf } from './parts/palette.ts';
import { App, type LetGo } from './screens/app.tsx';
import { performer } from './store/effects.ts';
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
  const size = () => ({ cols: stdout.columns || 80, rows: stdout.rows || 24 });
  const now = options.now ?? Date.now;
  let letGo: LetGo = (turn) => turn();
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const owner = ownTty(tty, () => link.close());

  const takeTurn = async (turn: Turn): Promise<TtyOutcome> => {
    let outcome: TtyOutcome = { ending: 'lost', sentence: 'The terminal could not be handed over.', tone: 'bad' };
    await letGo(async () => {
      outcome = await owner.lend(() => runTurn(turn));
    });
    return outcome;
  };
  const runTurn = (turn: Turn): Promise<TtyOutcome> => {
    switch (turn.turn) {
      case 'drive':
        return attach.drive(tty, link, turn.given, profile);
      case 'watch':
        return attach.watch(tty, link, turn.given);
      case 'wall': {
        const rows = store.model().sessions.rows;
        return attach.wall(
          tty,
          link,
          turn.sessions.flatMap((id) => rows.get(id) ?? []),
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
  const hear = () => store.dispatch({ action: 'line', state: link.state(), roundTripMs: link.roundTripMs(), now: now() });
  const stops = [link.onPush((push) => store.dispatch({ action: 'push', push, now: now() })), link.onState(hear)];
  hear();
  const ticks = startTicks(store, now, link.roundTripMs);
  owner.enter();
  const ink = render(
    <App store={store} palette={paletteOf(options.colours ?? coloursOf(process.env))} onReady={(way) => (letGo = way)} />,
    {
      stdin,
      stdout,
      interactive: true,
      exitOnCtrlC: false,
      incrementalRendering: true,
      patchConsole: false,
      maxFps: 60,
    },
  );
  await left;
  ticks.stop();
  for (const stop of stops) stop();
  ink.unmount();
  await ink.waitUntilExit();
  owner.release();
  const state = link.state();
  return state.state === 'refused' ? exitCodeOf(state.problem) : 0;
}

/** Whether there is a terminal here that the dashboard can live in. */
export const fitsDashboard = ({ stdin, stdout }: Tty): boolean =>
  stdin.isTTY && stdout.isTTY && !isTooSmall({ cols: stdout.columns || 80, rows: stdout.rows || 24 });
