// `sallyport` without a command: the dashboard, on a line that may still be connecting.
import { refuse } from '../../gateway/protocol/errors.ts';
import { attachPort } from '../attach/port.ts';
import { startLink } from '../link/link.ts';
import type { Run } from './command.ts';
import { authorityOf, credentialsOf, credentialsPath } from './connect.ts';
import { openFace, type Streams, sayProblem } from './face.ts';
import { readArgs, readLine } from './globals.ts';

const dashboard: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  if (face.globals.json) return refuse('usage', 'the dashboard speaks no JSON; its plain twins do');
  if (!face.stdin.isTTY || !face.stdout.isTTY) return refuse('needs-terminal');
  const path = credentialsPath(face);
  if (!path.ok) return path;
  const credentials = await credentialsOf(face);
  if (!credentials.ok) return credentials;
  const ca = await authorityOf(face);
  if (!ca.ok) return ca;
  const url = face.globals.gateway ?? credentials.value?.gateway.url;
  if (url === undefined) return refuse('usage', 'no gateway is known yet: sallyport login URL, or --gateway URL');
  const { fitsDashboard, runDashboard } = await import('../dashboard.tsx');
  if (!fitsDashboard(face)) return refuse('terminal-small');
  const link = startLink({ url, ca: ca.value, credentials: credentials.value, env: face.env });
  if (!link.ok) return link;
  const exit = await runDashboard({
    stdin: face.stdin,
    stdout: face.stdout,
    link: link.value,
    credentialsPath: path.value,
    ca: ca.value,
    readonly: face.globals.readonly,
    ...(face.globals.noColour ? { colours: 0 } : {}),
    attach: attachPort,
  });
  link.value.close();
  return { ok: true, value: exit };
};

/** Runs until the person leaves; gives the exit code. */
export async function openDashboard(
  args: readonly string[],
  streams: Streams,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const face = openFace(readLine(args).globals, streams, env);
  const done = await dashboard(face, args);
  return done.ok ? done.value : sayProblem(face, done.problem);
}
