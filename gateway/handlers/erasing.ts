// person.erase (D2): whoever was removed is taken out of the log and the state for good: their name, e-mail, addresses and machines. What they did stays, and
// the chain with it. The log tells of it before anything is erased; what a killed gateway left is finished at the next start.
//
// Limits: recordings are not touched; what people typed as a reason, a label or a query is sealed data and stays; nothing outside this folder (sinks,
// backups, terminals) is reached.
import { isAbout, learn, nobodyYet } from '../audit/about.ts';
import { holdingOf, holdsAll, sameHolds } from '../audit/holds.ts';
import type { Erasure } from '../audit/kept.ts';
import { turnTaker } from '../audit/slices.ts';
import { rows, type State } from '../audit/state.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { PersonId } from '../protocol/ids.ts';
import { changing } from './administration.ts';
import type { Call, Handler, Parts } from './call.ts';
import { personFor } from './resolve.ts';

const action = 'person.erase';
/** One at a time. */
const under = new WeakSet<Parts['log']>();

/** Errors: bad-request (somebody who is still here, or held), not-found, ambiguous, busy, changed-meanwhile. */
export const erasePerson: Handler<typeof action> = async (call, { person: reference, why }) => {
  const { parts, caller, request } = call;
  const { log } = parts;
  const state = log.settled;
  const nobody = { kind: 'person', person: undefined } as const;
  const here = rows(state.people).some(({ id, name }) => id === reference || name === reference);
  const gone = here || parts.enforcer.decide(caller, action, nobody).verdict === 'deny' ? [] : departedAs(state, reference);
  const [person, another] = gone;
  if (person === undefined) {
    const found = await personFor(call, action, reference);
    return found.ok
      ? refuse('bad-request', `${found.value.person.name} is still here: sallyport users rm ${found.value.person.name}`)
      : found;
  }
  const allowed = await parts.enforcer.enforce(caller, action, nobody, request);
  if (!allowed.ok) return allowed;
  if (another !== undefined)
    return refuse('ambiguous', `${gone.length} people were called ${reference}: ${gone.join(', ')}`.slice(0, 500));
  if (under.has(log)) return refuse('busy', 'somebody else is being erased');
  under.add(log);
  try {
    return await erase(call, person, why);
  } finally {
    under.delete(log);
  }
};

/** Ids of those who were removed and had this name, or this id. */
const departedAs = (state: State, reference: string): readonly PersonId[] =>
  Object.entries(state.departed ?? {})
    .filter(([id, name]) => id === reference || name === reference)
    // Ids in the state were checked when they were read.
    .map(([id]) => id as PersonId);

async function erase(call: Call, person: PersonId, why: string): Promise<Result<{ records: number }>> {
  const { parts, caller } = call;
  const { log, kept } = parts;
  const looked = new Set(Object.keys(log.settled.holds));
  // What is in closed segments is erased; the log goes on in a new one.
  const end = await kept.rotate();
  const planned = await planFor(parts, person, end);
  if (!planned.ok) return planned;
  const erasure = planned.value;
  const records = erasure.seqs.length;
  await kept.plan(erasure);
  const told = await changing(call, (by) => (state) => {
    if (!sameHolds(state, looked) || state.people[person] !== undefined)
      return { events: [], answer: refuse('changed-meanwhile', 'a hold or a person came between') };
    const data = { person, by: caller.person.id, why, records };
    return {
      events: [{ ...by, type: 'person.erased', outcome: 'ok', target: person, data, personal: {} }],
      answer: fine({ records }),
    };
  });
  if (told.ok) await kept.erase(erasure);
  else await kept.callOff();
  return told;
}

/** What is to be erased of the records before `end`. Error: bad-request naming the hold on any of them. */
async function planFor(parts: Parts, person: PersonId, end: number): Promise<Result<Erasure>> {
  const { log, kept } = parts;
  const state = log.settled;
  const known = nobodyYet(person);
  for await (const settled of unhurried(parts, end)) learn(known, settled);
  const everything = holdsAll(state)?.name;
  if (everything !== undefined) return refuse('bad-request', held(everything));
  const holding = holdingOf(state);
  const seqs: number[] = [];
  for await (const settled of unhurried(parts, end)) {
    if (!isAbout(known, settled)) continue;
    const by = holding(settled);
    if (by !== undefined) return refuse('bad-request', held(by));
    seqs.push(settled.record.seq);
  }
  return fine({ person, after: state.seq, seqs, files: await kept.tornWith([...known.words]) });
}

const held = (by: string): string => `the hold ${by} keeps records about them: sallyport audit holds release ${by}`;

/** Records before `end`, oldest first; other work gets its turn. */
async function* unhurried({ log, clock }: Parts, end: number) {
  const turns = turnTaker(() => clock.mono());
  for await (const settled of log.read(-1)) {
    if (settled.record.seq >= end) return;
    yield settled;
    const turn = turns();
    if (turn !== undefined) await turn;
  }
}
