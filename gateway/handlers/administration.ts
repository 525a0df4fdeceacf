// What the administrative handlers share: how a change is committed once it is allowed, and by whom.
import type { By } from '../access/change.ts';
import { groupsOf, lockOn } from '../access/lock.ts';
import { rows, type State } from '../audit/state.ts';
import type { Caller } from '../policy/decision.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Call } from './call.ts';

export const workspace = { kind: 'workspace' } as const;

/** Whether whoever was just allowed something is still who they were then: active, of that role, signed in, not locked. Errors: login-revoked, access-locked. */
export function stillThere(state: State, { person, login, device }: Caller): Result<undefined> {
  const still = state.people[person.id];
  if (still?.status !== 'active' || still.role !== person.role || state.logins[login.id] === undefined)
    return refuse('login-revoked');
  const lock = lockOn(rows(state.locks), {
    person: person.id,
    role: person.role,
    login: login.id,
    device: device.id,
    server: undefined,
    groups: groupsOf(state.groups, person.id),
  });
  return lock === undefined ? fine(undefined) : refuse('access-locked', lock.why);
}

/**
 * Commits a change that was just allowed. Between the decision and its turn in the queue the person may have been suspended, demoted, locked or signed
 * out: then nothing changes. Errors: login-revoked, access-locked, and those of the change.
 */
export function changing<T>(
  { parts, caller, request }: Call,
  change: (by: By) => (state: State, now: Instant) => { readonly events: readonly NewEvent[]; readonly answer: Result<T> },
): Promise<Result<T>> {
  const { person, login, device } = caller;
  const made = change({ actor: { kind: 'person', id: person.id, login: login.id, device: device.id }, request });
  return parts.log.commit((state, now) => {
    const still = stillThere(state, caller);
    return still.ok ? made(state, now) : { events: [], answer: still };
  });
}
