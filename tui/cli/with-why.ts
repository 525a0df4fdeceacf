// Commands that end or remove one thing and must say why: the name, `--why WORDS`, one request.
import { refuse } from '../../gateway/protocol/errors.ts';
import type { RequestType, Takes } from '../../gateway/protocol/operator.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { readArgs } from './globals.ts';

export function withWhy<T extends RequestType>(type: T, body: (name: string, why: string) => Takes<T>): Run {
  return async (face, args) => {
    const read = readArgs(args, { why: { type: 'string' } }, { least: 1, most: 1 });
    if (!read.ok) return read;
    const { why } = read.value.values;
    if (why === undefined) return refuse('usage', '--why is missing');
    const may = mayChange(face);
    if (!may.ok) return may;
    return onLine(face, async ({ link }) => {
      const done = await ask(face, link, type, body(read.value.words[0] ?? '', why));
      if (!done.ok) return done;
      face.document(done.value);
      return { ok: true, value: 0 };
    });
  };
}
