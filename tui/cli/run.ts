// From words to a command, and from its result to an exit code. No arguments on a terminal is the dashboard; that is decided in main.tsx.
import { errors } from '../../gateway/protocol/errors.ts';
import { programVersion } from '../../gateway/protocol/version.ts';
import { type Command, commands } from './command.ts';
import { openFace, type Streams, sayProblem } from './face.ts';
import { globalHelp, readLine } from './globals.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs one command line; gives its exit code (DESIGN §4). */
export async function runCommandLine(args: readonly string[], streams: Streams, env: Environment): Promise<number> {
  const line = readLine(args);
  const face = openFace(line.globals, streams, env);
  if (line.version) {
    streams.stdout.write(`sallyport ${programVersion}\n`);
    return 0;
  }
  const { command: name } = line;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (line.globals.help || name === undefined) {
    streams.stdout.write(command === undefined ? help() : commandHelp(command));
    return 0;
  }
  if (command === undefined) return sayProblem(face, { code: 'usage', detail: name.slice(0, 64) });
  const run = await command.load();
  const done = await run(face, line.rest);
  if (done.ok) return done.value;
  const exit = sayProblem(face, done.problem);
  if (done.problem.code === 'usage' && !line.globals.json) streams.stderr.write(usage(command));
  return exit;
}

const usage = ({ usage }: Command): string =>
  usage.map((form, at) => `${at === 0 ? 'usage: ' : '       '}sallyport ${form}\n`).join('');

function commandHelp(command: Command): string {
  const more = (command.more ?? []).map((line) => `  ${line}\n`).join('');
  return `${command.summary}\n\n${usage(command)}${more === '' ? '' : `\n${more}`}\n${flags()}`;
}

function help(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}\n`);
  return [
    'sallyport: servers that nobody can reach, reached through one door.\n\n',
    'usage: sallyport                 the dashboard (needs a terminal)\n',
    '       sallyport COMMAND [--help]\n\n',
    ...rows,
    '\n',
    flags(),
    `\nExit codes: 0 done · 1 our fault · 2 usage · ${errors.denied.exit} denied · ${errors['approval-needed'].exit} approval pending · `,
    `${errors['step-up'].exit} step-up needed · ${errors['not-found'].exit} not found or offline\n`,
    `            ${errors.verification.exit} verification failed · ${errors.timeout.exit} timeout; attach ends with the code of the shell\n`,
  ].join('');
}

const flags = (): string => globalHelp.map(([flag, does]) => `  ${flag.padEnd(19)}${does}`.trimEnd()).join('\n') + '\n';
