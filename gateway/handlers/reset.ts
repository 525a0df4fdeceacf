// factor.reset: a lost authenticator taken away by two people. Seeds leave the vault; what runs in the person's name ends.
import { rows } from '../audit/state.ts';
import { resetFactor as reset } from '../identity/factor-reset.ts';
import { personActor } from '../identity/happening.ts';
import type { Person } from '../identity/person.ts';
import { stillThere } from './administration.ts';
import type { Call, Handler } from './call.ts';
import { callPerson } from './called-on.ts';
import { lastSeen } from './last-seen.ts';
import { personFor } from './resolve.ts';

export const resetFactor: Handler<'factor.reset'> = async (call, { person: reference, why }) => {
  const { parts, caller, request } = call;
  const found = await personFor(call, 'factor.reset', reference);
  if (!found.ok) return found;
  const { person } = found.value;
  const actor = personActor(caller.login, caller.device);
  const done = await parts.log.commit((state, now): ReturnType<typeof reset> => {
    const still = stillThere(state, caller);
    if (!still.ok) return { events: [], answer: still };
    const row = state.people[person.id];
    const asked = row?.resetAsked === undefined ? undefined : state.people[row.resetAsked.by];
    // Whoever asked first counts while they may still ask: not when they were demoted or locked since, or whose it is was given another role.
    const first = asked !== undefined && mayReset(call, asked, row) ? asked : undefined;
    return reset({ person: row, first, logins: rows(state.logins) }, { actor, person: caller.person.id, why, request }, now);
  });
  if (!done.ok) return done;
  if (!done.value.reset) {
    callForSecond(call, person, why);
    return done;
  }
  await parts.vault.remove([`factor:${person.id}`, `enrolling:${person.id}`]);
  // Also what they left running under sign-ins that were over before.
  const left = rows(parts.log.settled.sessions).filter((one) => one.person === person.id && one.state !== 'ended');
  await Promise.all(left.map(({ id }) => parts.hub.kill(id, 'revoked', caller.person.id, 'their second factor was taken away')));
  return done;
};

/** Whether somebody may ask for it now, whatever they would have to prove. */
function mayReset({ parts }: Call, asking: Person, person: Person | undefined): boolean {
  const caller = lastSeen(parts, asking);
  const { verdict } = parts.enforcer.decide(caller, 'factor.reset', { kind: 'person', person });
  return verdict === 'allow' || verdict === 'challenge';
}

/** Everybody who could be the second hears of it, and so does the person whose it is. */
function callForSecond(call: Call, person: Person, why: string): void {
  const { parts, caller } = call;
  const tell = (to: Person, text: string): void => callPerson(parts, to.id, 'review', person.id, text);
  for (const other of rows(parts.log.settled.people)) {
    if (other.id === caller.person.id || other.status !== 'active') continue;
    if (other.id === person.id) tell(other, `${caller.person.name} asks to take away your second factor: ${why}`);
    else if (mayReset(call, other, person))
      tell(
        other,
        `${caller.person.name} asks to take away the second factor of ${person.name} (${why}); a second person does it: sallyport totp reset ${person.name} --why WORDS`,
      );
  }
}
