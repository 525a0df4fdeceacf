// Puts the app on a terminal through Ink. The alternate screen is tty.ts's business, not Ink's.
import { type Instance, render } from 'ink';
import type { Tty } from '../attach-port.ts';
import { App, type AppProps } from './app.tsx';

export function mountApp({ stdin, stdout }: Tty, props: AppProps): Instance {
  return render(<App {...props} />, {
    stdin,
    stdout,
    // Also where CI is set: a terminal is a terminal.
    interactive: true,
    exitOnCtrlC: false,
    incrementalRendering: true,
    patchConsole: false,
    maxFps: 60,
  });
}
