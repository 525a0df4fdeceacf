// A noun with verbs: `users add …`. Pure dispatch.
import { refuse } from '../../gateway/protocol/errors.ts';
import type { Run } from './command.ts';
import { readLine } from './globals.ts';

/** Without a verb, the first of the table runs. */
export function verbs(table: Readonly<Record<string, Run>>): Run {
  return async (face, args) => {
    const { command, rest } = readLine(args);
    const verb = command ?? Object.keys(table)[0] ?? '';
    const run = Object.hasOwn(table, verb) ? table[verb] : undefined;
    return run === undefined ? refuse('usage', verb.slice(0, 64)) : run(face, rest);
  };
}
