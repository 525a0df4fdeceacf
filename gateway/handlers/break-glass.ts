// What others do about somebody who broke the glass, and what they keep for that day (S53): sealed codes, letting somebody in, the review that must follow.
import { rows } from '../audit/state.ts';
import { letIn, othersReview, review } from '../identity/break-glass.ts';
import { type Entrance, entranceState } from '../identity/entrance.ts';
import { personActor } from '../identity/happening.ts';
import { mintSealedCodes, sealedDigest, sealedRandomBytes } from '../identity/recovery.ts';
import type { BreakGlassRow } from '../protocol/access-nouns.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { BreakGlassId, PersonId } from '../protocol/ids.ts';
import { changing, workspace } from './administration.ts';
import type { Call, Handler, Parts } from './call.ts';

export const listBreakGlass: Handler<'breakglass.list'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'breakglass.see', workspace, request);
  if (!allowed.ok) return allowed;
  const state = parts.log.settled;
  const entrances = rows(state.entrances)
    .map((one) => entranceRow(parts, caller, one))
    .toSorted((a, b) => b.at - a.at);
  return fine({ entrances, sealedLeft: state.sealed?.length ?? 0 });
};

function entranceRow({ log, enforcer, clock }: Parts, caller: Call['caller'], entrance: Entrance): BreakGlassRow {
  const { id, person, why, machine, at, how, by, until, reviewed } = entrance;
  const state = entranceState(entrance, clock.now());
  const nameOf = (of: PersonId): string => log.settled.people[of]?.name ?? 'removed';
  const target = { kind: 'person', person: log.settled.people[person] } as const;
  const may = (action: 'breakglass.approve' | 'breakglass.review'): boolean =>
    person !== caller.person.id && ['allow', 'challenge'].includes(enforcer.decide(caller, action, target).verdict);
  return {
    id,
    person,
    personName: nameOf(person),
    why,
    machine,
    at,
    state,
    ...(how === undefined ? {} : { how }),
    ...(by === undefined ? {} : { by: nameOf(by) }),
    ...(until === undefined ? {} : { until }),
    ...(reviewed === undefined ? {} : { reviewed: { ...reviewed, by: nameOf(reviewed.by) } }),
    mayApprove: state === 'waiting' && how === undefined && may('breakglass.approve'),
    mayReview:
      state === 'over' &&
      reviewed === undefined &&
      !(by === caller.person.id && othersReview(entrance, rows(log.settled.people))) &&
      may('breakglass.review'),
  };
}

export const sealBreakGlass: Handler<'breakglass.seal'> = async (call) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'breakglass.seal', workspace, request);
  if (!allowed.ok) return allowed;
  const codes = [...mintSealedCodes(parts.chance.bytes(sealedRandomBytes))];
  const digests = codes.map((code) => sealedDigest(code) ?? '');
  const data = { by: caller.person.id, digests };
  const sealed = await changing(call, (by) => () => ({
    events: [{ ...by, type: 'breakglass.sealed', outcome: 'ok', data, personal: {} }],
    answer: fine({}),
  }));
  return sealed.ok ? fine({ codes }) : sealed;
};

/** The entrance, when the caller may do that to whoever came by it. */
async function entranceFor(
  call: Call,
  action: 'breakglass.approve' | 'breakglass.review',
  id: BreakGlassId,
): Promise<Result<Entrance>> {
  const { parts, caller, request } = call;
  const entrance = parts.log.settled.entrances[id];
  if (entrance === undefined) return parts.enforcer.unknown(caller, action, request);
  // Of somebody who was removed since: what they did is looked at all the same.
  const person = parts.log.settled.people[entrance.person];
  const allowed = await parts.enforcer.enforce(caller, action, { kind: 'person', person }, request);
  return allowed.ok ? fine(entrance) : allowed;
}
const doer = ({ caller, request }: Call) => ({
  actor: personActor(caller.login, caller.device),
  person: caller.person.id,
  request,
});
export const approveBreakGlass: Handler<'breakglass.approve'> = async (call, { entrance: id, why }) => {
  const found = await entranceFor(call, 'breakglass.approve', id);
  if (!found.ok) return found;
  return changing(call, () => (state, now) => letIn(state.entrances[id], { ...doer(call), why }, now));
};

export const reviewBreakGlass: Handler<'breakglass.review'> = async (call, { entrance: id, finding }) => {
  const found = await entranceFor(call, 'breakglass.review', id);
  if (!found.ok) return found;
  if (finding.trim() === '') return refuse('bad-request', 'finding: some words');
  return changing(call, () => (state) => review(state.entrances[id], { ...doer(call), finding }, rows(state.people)));
};
