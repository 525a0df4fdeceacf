// `sallyport`. No arguments on a terminal is the dashboard, everything else a command; each is loaded only when it is asked for.

import { readLine } from './cli/globals.ts';
import { runCommandLine } from './cli/run.ts';

process.umask(0o077);
// Whoever reads our output may stop reading (`| head`): that is no error of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') process.exit(0);
  });
const args = process.argv.slice(2);
const line = readLine(args);
const asked = line.command !== undefined || line.globals.help || line.version;

if (asked) process.exitCode = await runCommandLine(args, process, process.env);
else {
  const { openDashboard } = await import('./cli/dashboard.ts');
  process.exitCode = await openDashboard(args, process, process.env);
}
// What was said is on its way first: a pipe takes 64 KiB at a time, and leaving drops the rest.
for (const stream of [process.stdout, process.stderr]) await new Promise<void>((resolve) => stream.write('', () => resolve()));
// What still lives (a socket that lingers, a timer) must not keep a finished command from ending.
process.exit();
