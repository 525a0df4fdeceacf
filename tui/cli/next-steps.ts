// What somebody who was refused can do next (E36): commands, from the gateway where policy decided, otherwise from the table of errors.
import { errors, type Problem, type Result } from '../../gateway/protocol/errors.ts';
import type { Link } from '../link/link.ts';
import type { Globals } from './globals.ts';

/** A refusal with the commands that would change it, the nearest first. */
export type Refusal = Problem & { readonly commands?: readonly string[] };

const decided: ReadonlySet<Problem['code']> = new Set<Problem['code']>(['denied', 'step-up', 'approval-needed']);
/** Who reads what is said. */
type Reader = { readonly globals: Pick<Globals, 'json'>; readonly stderr: { readonly isTTY?: boolean } };

/** How long a refusal waits to be told more, ms. */
const mostMs = 3_000;

/** Asks what would change a refusal that policy decided, where somebody reads that: a program (`--json`), or a person at a terminal. */
export async function withCommands<T>(
  { globals, stderr }: Reader,
  link: Pick<Link, 'request'>,
  done: Result<T>,
): Promise<Result<T>> {
  if (done.ok || done.problem.decision === undefined || !decided.has(done.problem.code)) return done;
  if (!globals.json && stderr.isTTY !== true) return done;
  const { action, target } = done.problem.decision;
  const told = await link.request('policy.explain', { action, ...(target === undefined ? {} : { target }) }, mostMs);
  if (!told.ok) return done;
  const { fixes } = told.value;
  // Where nothing that this person may do helps, it is at least explained.
  const explain = `sallyport policy explain ${action}${target === undefined ? '' : ` ${target}`}`;
  const problem: Refusal = { ...done.problem, commands: fixes.length === 0 ? [explain] : fixes };
  return { ok: false, problem };
}

/** Never empty where the table of errors names a command. */
export function commandsFor({ code, commands }: Refusal): readonly string[] {
  if (commands !== undefined) return commands;
  const named = /: (sallyport [^.;]*)$/.exec(errors[code].next)?.[1];
  return named === undefined ? [] : [named];
}
