// The end of a workspace (S35): two superusers, each with its name typed out, within a quarter of an hour. The log stays, and can be verified.
import { endLogins } from '../identity/ending.ts';
import type { Login } from '../identity/login.ts';
import type { Person } from '../identity/person.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { By } from './change.ts';
import type { Group } from './group.ts';
import type { Lock } from './lock.ts';
import { lockOnPerson } from './requesting.ts';

/** How long the first waits for the second, ms. */
const waitMs = 15 * 60_000;

type Before = {
  readonly workspace: { readonly name: string } | undefined;
  readonly people: Readonly<Record<string, Person>>;
  readonly logins: Readonly<Record<string, Login>>;
  readonly locks: Readonly<Record<string, Lock>>;
  readonly groups: Readonly<Record<string, Group>>;
  readonly deletion?: { readonly by: PersonId; readonly until: Instant; readonly at?: Instant };
};
type Deletion = { readonly deleted: boolean; readonly until?: Instant };

/**
 * The first superuser asks, another one agrees, and it is over: every sign-in ends, and no gateway serves the folder again.
 * Errors: bad-request (the name is not typed as it is), workspace-deleted.
 */
export const deleteWorkspace =
  (by: By, given: { readonly person: PersonId; readonly name: string; readonly why: string }) =>
  (state: Before, now: Instant): { readonly events: readonly NewEvent[]; readonly answer: Result<Deletion> } => {
    const { workspace, people, deletion } = state;
    if (deletion?.at !== undefined) return { events: [], answer: refuse('workspace-deleted') };
    if (workspace === undefined || given.name !== workspace.name)
      return { events: [], answer: refuse('bad-request', `type the name of the workspace as it is: ${workspace?.name ?? ''}`) };
    const about = { ...by, outcome: 'ok', personal: {} } as const;
    const { person, why } = given;
    // Not before it was asked either: a clock set back gives the first no time (R11).
    const waits = deletion !== undefined && now < deletion.until && now >= deletion.until - waitMs;
    const first = waits ? people[deletion.by] : undefined;
    if (waits && first?.id === person) return { events: [], answer: fine({ deleted: false, until: deletion.until }) };
    if (first?.role !== 'superuser' || first.status !== 'active' || lockOnPerson(state, first) !== undefined) {
      const until = now + waitMs;
      return {
        events: [{ ...about, type: 'workspace.deletion-asked', data: { by: person, until, why } }],
        answer: fine({ deleted: false, until }),
      };
    }
    return {
      events: [
        { ...about, type: 'workspace.deleted', data: { by: person, with: first.id, why } },
        ...endLogins(Object.values(state.logins), 'removed', by.actor, by.request),
      ],
      answer: fine({ deleted: true }),
    };
  };
