// What every command of `sallyport-gateway` says and how: lines, refusals, and files that are named on the command line.
import fs from 'node:fs/promises';
import { exitCodeOf, type Problem, problemSentence, type Result, refuse } from './protocol/errors.ts';
import { jsonSafe, safeText } from './protocol/safe-text.ts';

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Says why it was refused; gives the exit code. */
export function fail(problem: Problem, json: boolean): number {
  if (json) print(jsonSafe({ error: { ...problem, sentence: problemSentence(problem) } }));
  else process.stderr.write(`sallyport-gateway: ${safeText(problemSentence(problem))}\n`);
  return exitCodeOf(problem);
}

/** Error: usage. */
export async function readText(file: string): Promise<Result<string>> {
  try {
    return { ok: true, value: await fs.readFile(file, 'utf8') };
  } catch {
    return refuse('usage', `${file} cannot be read`);
  }
}
