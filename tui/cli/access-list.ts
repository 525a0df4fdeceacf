// What is asked for and what is held come in one answer: `requests ls` and `grants ls` each show their half; `--all` shows what is over too.
import { fine } from '../../gateway/protocol/errors.ts';
import type { Gives } from '../../gateway/protocol/operator.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import type { Face } from './face.ts';
import { readArgs } from './globals.ts';

export const accessList =
  (show: (face: Face, listed: Gives<'access.list'>) => void): Run =>
  async (face, args) => {
    const read = readArgs(args, { all: { type: 'boolean' } }, { least: 0, most: 0 });
    if (!read.ok) return read;
    return onLine(face, async ({ link }) => {
      const listed = await ask(face, link, 'access.list', { ended: read.value.values.all === true });
      if (!listed.ok) return listed;
      show(face, listed.value);
      return fine(0);
    });
  };
