// The programs of the system that this agent starts, by absolute path: nothing is looked for where somebody's PATH points.
import { accessSync, constants, statSync } from 'node:fs';

/** Where the system keeps a program of that name; undefined when it has none. */
export function findTool(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
    .map((folder) => `${folder}/${name}`)
    .find((path) => unfitProgram(path) === undefined);
}

/** Why the program at that path cannot be started; undefined when it can. */
export function unfitProgram(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return `${path} is not a program`;
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return `${path} cannot be run`;
  }
}
