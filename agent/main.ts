// `sallyport-agent`: the hand of Sallyport on a server. Reads the command line, prints, and ends with the exit codes of DESIGN §4.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { exitCodeOf, type Problem, problemSentence } from '../gateway/protocol/errors.ts';
import { jsonSafe, safeText } from '../gateway/protocol/safe-text.ts';
import { programVersion } from '../gateway/protocol/version.ts';
import { stateFolder } from './config.ts';
import type { ShellChoice } from './shell.ts';

const help = `sallyport-agent ${programVersion}: dials out to a Sallyport gateway and opens shells it has signed for. Listens on nothing.

  sallyport-agent enroll URL --token T      make a key, exchange the one-use token, remember the gateway
  sallyport-agent run                       stay connected until SIGTERM
  sallyport-agent status                    connection and memory of the running agent
  sallyport-agent upgrade                   the running agent becomes the program installed now; its sessions go on
  sallyport-agent witness                   what is remembered of the gateway's audit log
  sallyport-agent witness heads             the signed heads, one a line: for sallyport-gateway verify --head FILE
  sallyport-agent witness forget            forget it: the next log shown is the one that counts
  sallyport-agent doctor                    find out why it is offline; a distinct exit code per cause

  --state DIR        where key and state live (${stateFolder(undefined)})
  --token T          enrolment token; or --token-file FILE, or SALLYPORT_ENROLL_TOKEN
  --ca FILE          CA of the gateway (PEM), when the token alone shall not name it
  --shell PROGRAM    run: for sessions as the agent's own user, instead of their login shell
  --home DIR         run: and instead of their home
  --json             one JSON document, or JSON lines from run
  -h, --help         this text
  --version          ${programVersion}

HTTPS_PROXY and NO_PROXY are honoured. Exit codes: 0 done, 1 our fault, 2 usage, 3 denied, 6 not found or offline, 8 timeout; doctor: 10 and up.`;

type Flags = { readonly state: string; readonly json: boolean };

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function fail(problem: Problem, json: boolean): number {
  if (json) say(jsonSafe({ problem }));
  else process.stderr.write(`sallyport-agent: ${safeText(problemSentence(problem))}\n`);
  return exitCodeOf(problem);
}

async function main(argv: string[]): Promise<number> {
  const parsed = parse(argv);
  if (typeof parsed === 'string') return fail({ code: 'usage', detail: parsed }, argv.includes('--json'));
  const { values, positionals } = parsed;
  const flags = { state: stateFolder(values.state), json: values.json };
  const [command, ...rest] = positionals;
  if (values.help || command === 'help') return say(help), 0;
  if (values.version) return say(programVersion), 0;
  if (command !== 'enroll' && command !== 'witness' && rest.length > 0)
    return fail({ code: 'usage', detail: `${rest[0] ?? ''} is one word too many` }, flags.json);
  switch (command) {
    case 'enroll':
      return enroll(rest, values, flags);
    case 'run':
      return run(
        flags,
        {
          ...(values.shell === undefined ? {} : { program: values.shell }),
          ...(values.home === undefined ? {} : { home: values.home }),
        },
        values['taken-over'],
      );
    case 'upgrade':
      return upgrade(flags);
    // Asked by a running agent, not by people.
    case 'probe':
      return probe(flags);
    case 'status':
      return status(flags);
    case 'witness':
      return witness(rest, flags);
    case 'doctor':
      return doctor(flags);
    case undefined:
      process.stderr.write(`${help}\n`);
      return 2;
    default:
      return fail({ code: 'usage', detail: command }, flags.json);
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        state: { type: 'string' },
        token: { type: 'string' },
        'token-file': { type: 'string' },
        ca: { type: 'string' },
        shell: { type: 'string' },
        home: { type: 'string' },
        json: { type: 'boolean', default: false },
        // Said by the image of the agent before this one.
        'taken-over': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function enroll(
  words: string[],
  values: { readonly token?: string | undefined; readonly 'token-file'?: string | undefined; readonly ca?: string | undefined },
  flags: Flags,
): Promise<number> {
  const [gateway, ...more] = words;
  if (gateway === undefined || more.length > 0)
    return fail({ code: 'usage', detail: 'enroll takes the address of the gateway' }, flags.json);
  const file = values['token-file'];
  const token =
    values.token ??
    (file === undefined ? process.env['SALLYPORT_ENROLL_TOKEN'] : await readFile(file, 'utf8').catch(() => undefined));
  if (token === undefined)
    return fail({ code: 'usage', detail: 'a token is needed: --token, --token-file or SALLYPORT_ENROLL_TOKEN' }, flags.json);
  const { enrol } = await import('./enroll.ts');
  const enrolled = await enrol({
    gateway,
    token: token.trim(),
    state: flags.state,
    ...(values.ca === undefined ? {} : { caFile: values.ca }),
  });
  if (!enrolled.ok) return fail(enrolled.problem, flags.json);
  const { server, name, gateway: origin } = enrolled.value;
  if (flags.json) say(jsonSafe({ server, name, gateway: origin, state: flags.state }));
  else say(safeText(`Enrolled as ${name} (${server}) at ${origin}. Now run: sallyport-agent run --state ${flags.state}`));
  return 0;
}

async function run(flags: Flags, shell: ShellChoice, takenOver: boolean): Promise<number> {
  // The terminal it was started from, or whoever reads its words, may go away; the sessions it carries do not for that.
  process.on('SIGHUP', () => {});
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const { runAgent } = await import('./runner.ts');
  const note = (event: string, facts: Readonly<Record<string, string | number>>): void => {
    const at = new Date().toISOString();
    const words = Object.entries(facts).map(([name, value]) => `${name}=${safeText(String(value))}`);
    say(flags.json ? jsonSafe({ at, event, ...facts }) : [at, event, ...words].join(' '));
    // Whoever reads only what went wrong must read this.
    if (event === 'witness.conflict')
      process.stderr.write(
        `sallyport-agent: ${safeText(problemSentence({ code: 'witness-conflict', detail: String(facts['why']) }))}\n`,
      );
  };
  const before = takenOver ? (await import('./hand-over.ts')).takeOver() : undefined;
  if (before?.ok === false) return fail(before.problem, flags.json);
  const started = await runAgent({
    state: flags.state,
    note,
    shell,
    ...(launcher === undefined
      ? {}
      : { installed: { launcher, words: process.argv.slice(2).filter((word) => word !== '--taken-over') } }),
    ...(before === undefined ? {} : { before: before.value }),
  });
  if (!started.ok) return fail(started.problem, flags.json);
  const agent = started.value;
  process.on('SIGURG', () => void agent.upgrade());
  const leave = (signal: NodeJS.Signals): void => {
    note('leaving', { signal });
    // A second signal must not wait for anything.
    for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1));
    void agent.stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, leave);
  await agent.stopped;
  return 0;
}

async function upgrade(flags: Flags): Promise<number> {
  const { askUpgrade } = await import('./ask-upgrade.ts');
  const asked = await askUpgrade(flags.state);
  if (!asked.ok) return fail(asked.problem, flags.json);
  const { pid, from, to, sessions } = asked.value;
  if (flags.json) say(jsonSafe({ pid, from, to, sessions }));
  else
    say(
      safeText(
        `Process ${pid} ran ${from} and now runs ${to}; ${sessions} ${sessions === 1 ? 'session goes' : 'sessions go'} on.`,
      ),
    );
  return 0;
}

async function probe(flags: Flags): Promise<number> {
  const { answerProbe } = await import('./probe.ts');
  const answer = await answerProbe(flags.state);
  if (!answer.ok) return fail(answer.problem, flags.json);
  say(jsonSafe(answer.value));
  return 0;
}

async function status(flags: Flags): Promise<number> {
  const { readStatus, statusLines } = await import('./status.ts');
  const now = await readStatus(flags.state);
  if (flags.json) say(jsonSafe(now));
  else for (const line of statusLines(now)) say(safeText(line));
  return now.running && now.report?.connection === 'connected' ? 0 : 6;
}

async function witness(words: string[], flags: Flags): Promise<number> {
  const [verb, ...more] = words;
  if (more.length > 0 || (verb !== undefined && verb !== 'forget' && verb !== 'heads'))
    return fail({ code: 'usage', detail: `${more[0] ?? verb}: sallyport-agent witness [heads|forget]` }, flags.json);
  const { forgetWitness, readWitness } = await import('./witness.ts');
  const { forgottenNow, headsIn, nothingHeld, testimonyLines } = await import('../gateway/audit/testimony.ts');
  const known = await readWitness(flags.state);
  if (!known.ok && verb !== 'forget') return fail(known.problem, flags.json);
  const now = known.ok ? known.value : undefined;
  if (verb === 'heads') {
    for (const head of now === undefined ? [] : headsIn(now)) say(jsonSafe(head));
    return 0;
  }
  const forgotten = verb === 'forget' && (await forgetWitness(flags.state));
  if (flags.json) say(jsonSafe({ ...now, ...(verb === undefined ? {} : { forgotten }) }));
  else {
    for (const line of now === undefined ? [nothingHeld] : testimonyLines(now)) say(safeText(line));
    if (forgotten) say(forgottenNow);
  }
  return now?.conflict !== undefined && verb === undefined ? exitCodeOf({ code: 'witness-conflict' }) : 0;
}

async function doctor(flags: Flags): Promise<number> {
  const { doctorExits, examine } = await import('./doctor.ts');
  const checks = await examine(flags.state);
  if (flags.json) say(jsonSafe({ checks }));
  else for (const { name, ok, says } of checks) say(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(9)} ${safeText(says)}`);
  const finding = checks.find(({ ok }) => !ok)?.finding;
  return finding === undefined ? 0 : doctorExits[finding];
}

const launcher = process.argv[1];
process.exitCode = await main(process.argv.slice(2));
