// The commands of `sallyport-gateway`: what their words mean, and what they print. The work is done elsewhere, loaded when it is needed.
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import type { CheckVerdict } from './check-line.ts';
import { backup, restore } from './cli-backup.ts';
import { fail, print, readText } from './console.ts';
import { problemSentence, type Result, refuse } from './protocol/errors.ts';
import { fitJson } from './protocol/json.ts';
import { personName } from './protocol/nouns.ts';
import { jsonSafe, safeText } from './protocol/safe-text.ts';
import { programVersion } from './protocol/version.ts';

const help = `sallyport-gateway ${programVersion}: the one door to your servers.

  sallyport-gateway init   --data DIR --issuer URL --client-id ID --superuser email:WHO|sub:WHO
                           [--superuser-name NAME] [--name NAME] [--listen HOST:PORT] [--host NAME]...
                           [--client-secret-file FILE] [--provider-ca FILE] [--seed FILE] [--plain]
      Makes a workspace in an empty folder: keys, certificate authority, first superuser. The client secret is read
      from the file, or from SALLYPORT_CLIENT_SECRET. --plain = no TLS, on loopback only.
  sallyport-gateway serve  --data DIR [--listen HOST:PORT] [--rebuild]
      Runs the gateway. --rebuild makes the saved state anew from the audit log.
  sallyport-gateway verify --data DIR [--key ROOTKEY] [--head FILE]...
      Checks the whole audit log, offline, reading only, also while the gateway runs. --key = the key that init printed;
      without it the one beside the log is used. FILE = heads that an anchor or a witness kept, one a line.
      Exit 0: intact, or purged as recorded. Exit 7 names the first bad record.
  sallyport-gateway backup --data DIR --out FILE (--passphrase-file FILE | --without-keys)
      Everything in one file, 0600, reading only, also while the gateway runs. The keys are sealed with the passphrase, or left
      out and kept by you. It holds names and addresses, and the key that signs the log at this moment.
  sallyport-gateway restore FILE (--data NEW | --verify) [--passphrase-file FILE | --keys DIR]
      Makes an empty folder a workspace again: only when every file is as it was backed up and the whole log verifies.
      --verify = only look. The gateway started on it says so in the log, and signs with a new key from then on.
  sallyport-gateway check  --data DIR
      Goes through the checklist of a safe workspace, and says what mends each line that does not pass. Reads only, also
      while the gateway runs. Exit 0 when every line passes, 7 when one fails or cannot be told.

  --json    print JSON          --help    this page          --version`;

const options = {
  data: { type: 'string' },
  issuer: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret-file': { type: 'string' },
  'provider-ca': { type: 'string' },
  superuser: { type: 'string' },
  'superuser-name': { type: 'string' },
  name: { type: 'string' },
  listen: { type: 'string' },
  host: { type: 'string', multiple: true },
  seed: { type: 'string' },
  plain: { type: 'boolean' },
  rebuild: { type: 'boolean' },
  key: { type: 'string' },
  head: { type: 'string', multiple: true },
  out: { type: 'string' },
  'passphrase-file': { type: 'string' },
  'without-keys': { type: 'boolean' },
  keys: { type: 'string' },
  verify: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

/** Runs a command; gives the exit code. `serve` returns when the gateway has stopped. */
export async function runCommand(args: readonly string[]): Promise<number> {
  let values: Values;
  let positionals: string[];
  try {
    ({ values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true }));
  } catch (error) {
    return fail(refuse('usage', error instanceof Error ? error.message : undefined).problem, false);
  }
  const json = values.json === true;
  const [command, ...rest] = positionals;
  if (values.version === true) return print(programVersion), 0;
  if (values.help === true || command === undefined) return print(help), command === undefined && values.help !== true ? 2 : 0;
  if (command === 'restore') return restore(rest, values, json);
  if (rest.length > 0) return fail(refuse('usage', rest.join(' ')).problem, json);
  const { data } = values;
  if (data === undefined) return fail(refuse('usage', `${command} needs --data DIR`).problem, json);
  switch (command) {
    case 'init':
      return init(data, values, json);
    case 'serve':
      return serve(data, values, json);
    case 'verify':
      return verify(data, values, json);
    case 'backup':
      return backup(data, values, json);
    case 'check':
      return check(data, json);
    default:
      return fail(refuse('usage', command).problem, json);
  }
}

/** `email:WHO` or `sub:WHO`; the name is what stands before the @, unless said. */
function superuserOf(
  values: Values,
): Result<{ readonly name: string; readonly claim: { readonly kind: 'email' | 'sub'; readonly value: string } }> {
  const [, kind, value = ''] = /^(email|sub):(.+)$/.exec(values.superuser ?? '') ?? [];
  if (kind !== 'email' && kind !== 'sub') return refuse('usage', 'init needs --superuser email:WHO or sub:WHO');
  const name = v.safeParse(personName, values['superuser-name'] ?? value.split('@')[0]?.toLowerCase());
  return name.success
    ? { ok: true, value: { name: name.output, claim: { kind, value } } }
    : refuse('usage', `--superuser-name: ${name.issues[0].message}`);
}

/** Characters of a seed: some 50,000 servers. */
const mostSeedLength = 8 * 1024 * 1024;

async function init(data: string, values: Values, json: boolean): Promise<number> {
  const { issuer, 'client-id': clientId } = values;
  if (issuer === undefined || clientId === undefined)
    return fail(refuse('usage', 'init needs --issuer URL and --client-id ID').problem, json);
  const superuser = superuserOf(values);
  if (!superuser.ok) return fail(superuser.problem, json);

  let clientSecret = process.env['SALLYPORT_CLIENT_SECRET'];
  if (values['client-secret-file'] !== undefined) {
    const read = await readText(values['client-secret-file']);
    if (!read.ok) return fail(read.problem, json);
    clientSecret = read.value.trim();
  }
  const { initialise } = await import('./init.ts');
  const { seedSchema } = await import('./seed.ts');
  let seed: v.InferOutput<typeof seedSchema> | undefined;
  if (values.seed !== undefined) {
    const read = await readText(values.seed);
    const fitted = read.ok ? fitJson(seedSchema, read.value, mostSeedLength) : read;
    if (!fitted.ok) return fail(refuse('bad-request', `seed: ${fitted.problem.detail ?? ''}`).problem, json);
    seed = fitted.value;
  }
  const made = await initialise({
    data,
    clientSecret,
    superuser: superuser.value,
    seed,
    config: {
      name: values.name ?? 'sallyport',
      listen: values.listen ?? '127.0.0.1:7443',
      hosts: values.host ?? [],
      tls: values.plain !== true,
      trustedProxies: [],
      provider: {
        issuer,
        clientId,
        scope: 'openid profile email offline_access',
        ...(values['provider-ca'] === undefined ? {} : { caFile: values['provider-ca'] }),
      },
    },
  });
  if (!made.ok) return fail(made.problem, json);
  const { gatewayKey, rootKey, tokens } = made.value;
  if (json) print(jsonSafe({ data, gateway: gatewayKey, root: rootKey, tokens }));
  else {
    print(`A workspace is in ${safeText(data)}.`);
    print(`The public key of its gateway is ${gatewayKey}.`);
    print(`Its audit log is bound to ${rootKey}; note it somewhere else, it proves the log.`);
    print(
      `First superuser: ${safeText(superuser.value.name)}, recognised at sign-in by ${superuser.value.claim.kind} ${safeText(superuser.value.claim.value)}.`,
    );
    for (const [name, token] of Object.entries(tokens)) print(`Enrol ${name} within 15 minutes with token ${token}`);
    print(`Next: sallyport-gateway serve --data ${safeText(data)}`);
  }
  return 0;
}

async function serve(data: string, values: Values, json: boolean): Promise<number> {
  const { openGateway } = await import('./gateway.ts');
  const { forbidCoreDumps } = await import('./outside/core-dumps.ts');
  const say = (level: string, event: string, facts: Readonly<Record<string, unknown>>): void =>
    void process.stderr.write(`${jsonSafe({ at: new Date().toISOString(), level, event, ...facts })}\n`);
  if (!(await forbidCoreDumps()))
    say('error', 'core-dumps', { next: 'start it so that it writes no core file: ulimit -c 0, or LimitCORE=0' });
  const stopped = Promise.withResolvers<number>();
  const gateway = await openGateway({
    data,
    listen: values.listen,
    rebuild: values.rebuild === true,
    onFatal: (cause) => {
      process.stderr.write(`sallyport-gateway: ${safeText(problemSentence({ code: 'audit-unavailable', detail: cause }))}\n`);
      // Nothing may be acknowledged any more, so nothing is: the process ends here (law 1).
      process.exit(1);
    },
    log: (level, event, facts) => say(level, event, facts),
  });
  if (!gateway.ok) return fail(gateway.problem, json);
  const { url, fingerprint } = gateway.value;
  if (json) print(jsonSafe({ gateway: url, fingerprint }));
  else print(`Sallyport gateway at ${url}${fingerprint === undefined ? '' : `, CA fingerprint ${fingerprint}`}`);
  const stop = (): void => {
    gateway.value.close().then(
      () => stopped.resolve(0),
      (error: unknown) => {
        process.stderr.write(`sallyport-gateway: ${safeText(String(error))}\n`);
        stopped.resolve(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  return stopped.promise;
}

async function verify(data: string, { key, head }: Values, json: boolean): Promise<number> {
  const { publicKey } = await import('./protocol/trail-nouns.ts');
  if (key !== undefined && !v.is(publicKey, key))
    return fail(refuse('usage', '--key is the key that init printed').problem, json);
  const { verdictLine } = await import('./audit/tell-verdict.ts');
  const { verifyExitCode } = await import('./audit/verify.ts');
  const { verifyFolder } = await import('./outside/verify-folder.ts');
  const told = await verifyFolder(data, { key, headFiles: head ?? [] });
  if (json) print(jsonSafe(told));
  else for (const line of [verdictLine(told), ...told.notes]) print(safeText(line));
  return verifyExitCode(told.verdict);
}

async function check(data: string, json: boolean): Promise<number> {
  const { gatherFacts } = await import('./check-facts.ts');
  const { checkExitCode, checklist } = await import('./check.ts');
  const { realClock } = await import('./outside/clock.ts');
  const facts = await gatherFacts(data, realClock.now);
  if (!facts.ok) return fail(facts.problem, json);
  const lines = checklist(facts.value);
  const code = checkExitCode(lines);
  if (json) {
    print(jsonSafe({ verdict: code === 0 ? 'pass' : 'fail', lines }));
    return code;
  }
  const width = Math.max(...lines.map(({ id }) => id.length));
  for (const { id, verdict, sentence, fix } of lines) {
    print(`${words[verdict].padEnd(7)}  ${id.padEnd(width)}  ${safeText(sentence)}`);
    if (fix !== undefined) print(`${' '.repeat(width + 11)}-> ${safeText(fix)}`);
  }
  const count = (verdict: CheckVerdict): number => lines.filter((line) => line.verdict === verdict).length;
  print(`${lines.length} lines: ${count('pass')} pass, ${count('fail')} fail, ${count('unknown')} cannot be told.`);
  return code;
}
const words: Readonly<Record<CheckVerdict, string>> = { pass: 'pass', fail: 'FAIL', unknown: 'unknown' };
