// A request that may need a fresh second factor, asked from inside a session: the code is asked for here, proven for exactly this action and
// target (O7), and the request made again.
import type { Result } from '../../gateway/protocol/errors.ts';
import type { Gives, RequestType, Takes } from '../../gateway/protocol/operator.ts';
import type { Link } from '../link/link.ts';

/** Wrong codes a person may type. */
const attempts = 3;

/** What a person answers to a label; undefined = they do not want to. */
export type AskCode = (label: string) => Promise<string | undefined>;

/** The answer; the first refusal where no code was given; the refusal of the code after too many wrong ones. */
export async function requestWithCode<T extends RequestType>(
  link: Link,
  type: T,
  body: () => Takes<T>,
  askCode: AskCode,
): Promise<Result<Gives<T>>> {
  return withCode(link, type, body, askCode, await link.request(type, body()));
}

/** The same, where the request was made already and `first` is its answer. */
export async function withCode<T extends RequestType>(
  link: Link,
  type: T,
  body: () => Takes<T>,
  askCode: AskCode,
  first: Result<Gives<T>>,
): Promise<Result<Gives<T>>> {
  if (first.ok || first.problem.code !== 'step-up' || first.problem.decision === undefined) return first;
  const { action, target } = first.problem.decision;
  let hint = '';
  for (let attempt = 1; ; attempt += 1) {
    const code = await askCode(`${hint}code of your authenticator`);
    if (code === undefined || code === '') return first;
    const proven = await link.request('factor.prove', {
      code: code.replaceAll(' ', ''),
      action,
      ...(target === undefined ? {} : { target }),
    });
    if (proven.ok) return link.request(type, body());
    const again = proven.problem.code === 'code-wrong' || proven.problem.code === 'code-used';
    if (!again || attempt === attempts) return proven;
    hint = proven.problem.code === 'code-used' ? 'already used, wait for the next · ' : 'not right · ';
  }
}
