// From a request to its handler: one table, exhaustive by type (T27). Before sign-in only the login requests exist.
import { outsideSentence, ownVerdict } from '../access/address.ts';
import { AuditUnavailable } from '../audit/commit.ts';
import { settingsOf } from '../audit/fold-access.ts';
import { rows } from '../audit/state.ts';
import { type Action, actionOf } from '../policy/actions.ts';
import type { Caller } from '../policy/decision.ts';
import { type Problem, type Result, refuse } from '../protocol/errors.ts';
import { fit } from '../protocol/json.ts';
import { type Gives, type RequestType, requests, type Takes } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import type { Handler, OpenHandler, Parts } from './call.ts';
import { strangersOf } from './strangers.ts';

export type OpenType = { [T in RequestType]: (typeof actionOf)[T] extends 'none' ? T : never }[RequestType];
export type SignedType = Exclude<RequestType, OpenType>;

export type Handlers = {
  readonly open: { readonly [T in OpenType]: OpenHandler<T> };
  readonly signed: { readonly [T in SignedType]: Handler<T> };
};

export interface Dispatch {
  /** The answer to one request; whatever goes wrong is a problem with a code. */
  request(connection: Connection, type: RequestType, body: unknown): Promise<Result<unknown>>;
  /** A sign-in was begun on this connection and is not over. */
  signingIn(connection: Connection): boolean;
}

/** Going away is for everybody. */
const leaves: ReadonlySet<RequestType> = new Set<RequestType>(['login.end', 'session.detach', 'unsubscribe']);

const lists: ReadonlySet<RequestType> = new Set<RequestType>(['server.list', 'session.list', 'recording.list', 'access.list']);

const isOpen = (type: RequestType): type is OpenType => actionOf[type] === 'none';

/** How coarse the time of “there is nothing by that name” is, ms: more than all that may differ between what is hidden and what is not there. */
export const notFoundBucketMs = 25;

/** `bucketMs`: that answer leaves at a whole multiple of it after the question came (TRUST B2, S33); 0 = at once. */
export function openDispatch(
  parts: Parts,
  handlers: Handlers,
  callerOf: (parts: Parts, connection: Connection) => Result<Caller>,
  onBug: (error: unknown, type: RequestType) => void,
  bucketMs = 0,
): Dispatch {
  const begun = new WeakSet<Connection>();
  /** A login that is being proven: what was sent right behind the proof is judged as of after it, and needs no round trip of its own (O12). */
  const proving = new WeakMap<Connection, Promise<unknown>>();
  let counter = 0;

  async function answer<T extends RequestType>(
    connection: Connection,
    type: T,
    body: unknown,
    request: string,
  ): Promise<Result<Gives<T>>> {
    const fitted = fit(requests[type].takes, body);
    if (!fitted.ok) return refuse('bad-request', fitted.problem.detail);
    if (parts.log.settled.deletion?.at !== undefined) return refuse('workspace-deleted');
    const call = { parts, connection, request };
    if (isOpen(type)) {
      const outside = type === 'login.start' ? outsideOf(connection) : undefined;
      if (outside !== undefined) {
        strangersOf(parts).refused(connection.address, 'address outside');
        return refuse('denied', outside);
      }
      begun.add(connection);
      const handle: OpenHandler<T> = pick(handlers.open, type);
      const answered = handle(call, asTaken<T>(fitted.value));
      if (type === 'login.resume')
        proving.set(
          connection,
          answered.catch(() => undefined),
        );
      return answered;
    }
    await proving.get(connection);
    const caller = callerOf(parts, connection);
    if (!caller.ok) {
      // Whoever is not signed in is counted, one record a peer and minute (A38, TRUST §0).
      strangersOf(parts).refused(connection.address, caller.problem.code);
      return caller;
    }
    // What is one's own, and lists that are decided row by row: nobody who is locked, or at an address outside, is told that there is nothing.
    const asked: Action | 'each' | 'none' = actionOf[type];
    if ((asked === 'self.manage' || asked === 'each') && !leaves.has(type)) {
      const own = { kind: 'self' } as const;
      const decision = parts.enforcer.decide(caller.value, 'self.manage', own);
      if (decision.verdict === 'allow') parts.log.decided.note(request, decision);
      else if (decision.verdict === 'deny') {
        const shut = await parts.enforcer.enforce(caller.value, 'self.manage', own, call.request);
        if (!shut.ok) return shut;
      }
    }
    // Policy shows no row to who lacks the factor that everybody must have; an empty list would not say so.
    const { person } = caller.value;
    if (lists.has(type) && person.factor === undefined && settingsOf(parts.log.settled).factorRequired)
      return refuse('factor-none', 'everybody here must have one');
    const handle: Handler<T> = pick(handlers.signed, type);
    return handle({ ...call, caller: caller.value }, asTaken<T>(fitted.value));
  }

  /** Nobody begins to sign in from where no rule lets anybody in (S51). Who is signed in already may come back, and hears why nothing is allowed. */
  function outsideOf({ address }: Connection): string | undefined {
    const verdict = ownVerdict(rows(parts.log.settled.addresses), address);
    return verdict.outside ? outsideSentence(verdict, address) : undefined;
  }

  return {
    async request(connection, type, body) {
      const came = parts.clock.mono();
      counter += 1;
      const request = `${connection.key}.${counter}`;
      try {
        const answered = await answer(connection, type, body, request);
        if (bucketMs > 0 && !answered.ok && answered.problem.code === 'not-found') {
          const taken = (parts.clock.mono() - came) % bucketMs;
          await new Promise<void>((resolve) => void parts.clock.after(bucketMs - taken, resolve));
        }
        return answered;
      } catch (error) {
        const problem: Problem = error instanceof AuditUnavailable ? { code: 'audit-unavailable' } : { code: 'bug' };
        if (problem.code === 'bug') onBug(error, type);
        return { ok: false, problem };
      } finally {
        parts.log.decided.forget(request);
      }
    },
    signingIn: (connection) => begun.has(connection),
  };
}

/** The table's entry for a type, with the type the table promises; TypeScript cannot follow a generic key through a mapped type. */
function pick<H>(table: object, type: string): H {
  return (table as Readonly<Record<string, H>>)[type] as H;
}
/** The value has just been fitted to this very schema. */
const asTaken = <T extends RequestType>(value: unknown): Takes<T> => value as Takes<T>;
