// What changes something must say why: reading `--why WORDS` beside the words of a command, and commands that are nothing but one request with it.
import { type GenericSchema, type InferOutput, safeParse } from 'valibot';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { RequestType, Takes } from '../../gateway/protocol/operator.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';

const oneWord = { least: 1, most: 1 } as const;

/** Words and a reason, for a command that takes no other flags. Errors: `usage`, `readonly`. */
export function readWhy(
  face: Face,
  args: readonly string[],
  words: { readonly least: number; readonly most: number } = oneWord,
): Result<{ readonly words: readonly string[]; readonly why: string }> {
  const read = readArgs(args, { why: { type: 'string' } }, words);
  if (!read.ok) return read;
  const { why } = read.value.values;
  if (why === undefined || why.trim() === '') return refuse('usage', '--why is missing');
  const may = mayChange(face);
  return may.ok ? fine({ words: read.value.words, why }) : may;
}

/** The id of one thing, typed in full. `told`: what it is, how its id begins and which command shows it. Errors: `usage`. */
export function readId<S extends GenericSchema<unknown, string>>(
  schema: S,
  word: string | undefined,
  told: { readonly what: string; readonly begins: string; readonly shown: string },
): Result<InferOutput<S>> {
  const id = safeParse(schema, word);
  return id.success
    ? fine(id.output)
    : refuse('usage', `the id of ${told.what} begins with ${told.begins}; sallyport ${told.shown} shows it`);
}

/** The id of one thing and a reason. Errors: `usage`, `readonly`. */
export function readIdAndWhy<S extends GenericSchema<unknown, string>>(
  face: Face,
  args: readonly string[],
  schema: S,
  told: Parameters<typeof readId>[2],
): Result<{ readonly id: InferOutput<S>; readonly why: string }> {
  const read = readWhy(face, args);
  if (!read.ok) return read;
  const id = readId(schema, read.value.words[0], told);
  return id.ok ? fine({ id: id.value, why: read.value.why }) : id;
}

/** One request about one thing, by its name, with a reason; prints its answer with --json only. */
export function withWhy<T extends RequestType>(type: T, body: (name: string, why: string) => Takes<T>): Run {
  return async (face, args) => {
    const read = readWhy(face, args);
    if (!read.ok) return read;
    const { words, why } = read.value;
    return onLine(face, async ({ link }) => {
      const done = await ask(face, link, type, body(words[0] ?? '', why));
      if (!done.ok) return done;
      face.document(done.value);
      return fine(0);
    });
  };
}
