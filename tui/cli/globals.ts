// The flags every command takes (DESIGN §4), and reading a command's own flags beside them. Pure.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';

export type Globals = {
  readonly gateway: string | undefined;
  readonly tokenFile: string | undefined;
  readonly ca: string | undefined;
  readonly context: string;
  readonly json: boolean;
  readonly noColour: boolean;
  readonly readonly: boolean;
  readonly totpStdin: boolean;
  readonly help: boolean;
};

const options = {
  gateway: { type: 'string' },
  'token-file': { type: 'string' },
  ca: { type: 'string' },
  ctx: { type: 'string' },
  json: { type: 'boolean' },
  'no-color': { type: 'boolean' },
  readonly: { type: 'boolean' },
  'totp-stdin': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const satisfies ParseArgsOptionsConfig;

export const globalHelp: readonly (readonly [flag: string, does: string])[] = [
  ['--gateway URL', 'the gateway to speak to (default: the one you signed in to)'],
  ['--token-file F', 'the credentials file that login writes (or the environment variable SALLYPORT_TOKEN)'],
  ['--ca FILE', 'the authority that signed the certificate of the gateway'],
  ['--ctx NAME', 'another set of credentials (default: default)'],
  ['--json', 'one JSON document; JSON lines where output goes on'],
  ['--no-color', 'no colour (so does NO_COLOR)'],
  ['--readonly', 'refuse everything that changes something'],
  ['--totp-stdin', 'take the code of a second factor from the first line of stdin'],
  ['--help, --version', ''],
];

export type Line = {
  readonly globals: Globals;
  readonly version: boolean;
  /** The first word that is no flag. */
  readonly command: string | undefined;
  /** Everything else, as it was. */
  readonly rest: readonly string[];
};

/** Finds the command, wherever the global flags stand. What follows `--` belongs to the command. */
export function readLine(args: readonly string[]): Line {
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const first = tokens.find((token) => token.kind === 'positional');
  const text = (name: keyof typeof options): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    version: values['version'] === true,
    globals: {
      gateway: text('gateway'),
      tokenFile: text('token-file'),
      ca: text('ca'),
      context: text('ctx') ?? 'default',
      json: values['json'] === true,
      noColour: values['no-color'] === true,
      readonly: values['readonly'] === true,
      totpStdin: values['totp-stdin'] === true,
      help: values['help'] === true,
    },
    command: first?.value,
    rest: first === undefined ? args : args.filter((_, at) => at !== first.index),
  };
}

export type Args<O extends ParseArgsOptionsConfig> = {
  readonly values: ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>['values'];
  readonly words: readonly string[];
};

/** A command's words and flags; global flags may stand among them. Errors: `usage`, naming what is wrong. */
export function readArgs<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  own: O,
  words: { readonly least: number; readonly most: number },
): Result<Args<O>> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: { ...options, ...own }, allowPositionals: true });
    if (positionals.length < words.least) return refuse('usage', 'something is missing');
    const extra = positionals[words.most];
    if (extra !== undefined) return refuse('usage', `"${extra}" is one word too many`);
    // The options of the command are among the parsed ones; the compiler does not see through the spread.
    return { ok: true, value: { values: values as Args<O>['values'], words: positionals } };
  } catch (cause) {
    return refuse('usage', cause instanceof Error ? cause.message.split('\n')[0] : undefined);
  }
}
