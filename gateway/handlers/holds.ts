// hold.*: what must be kept, whatever is purged or erased otherwise (TRUST §5: a legal hold blocks purge).
import { holdProblem } from '../audit/holds.ts';
import { removedName } from '../audit/names.ts';
import { rows } from '../audit/state.ts';
import { fine, refuse } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import type { HoldRow } from '../protocol/trail-nouns.ts';
import { changing, workspace } from './administration.ts';
import type { Handler } from './call.ts';

/** More than anybody can look through. */
const mostHolds = 256;

export const listHolds: Handler<'hold.list'> = async ({ parts, caller, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'audit.read', workspace, request);
  if (!allowed.ok) return allowed;
  const { holds, people } = parts.log.settled;
  return fine({
    holds: rows(holds)
      .map((hold): HoldRow => ({ ...hold, by: people[hold.by]?.name ?? removedName(hold.by) }))
      .toSorted((a, b) => b.at - a.at),
  });
};

/** Errors: bad-request (the query), exists, limit. */
export const placeHold: Handler<'hold.place'> = async (call, { name, query, why }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'hold.manage', workspace, request);
  if (!allowed.ok) return allowed;
  const wrong = holdProblem(query, parts.clock.now());
  if (wrong !== undefined) return refuse('bad-request', wrong);
  const hold = mintId('hld', parts.chance.bytes(idRandomBytes));
  return changing(call, (by) => ({ holds }) => {
    if (rows(holds).some((other) => other.name === name)) return { events: [], answer: refuse('exists', name) };
    if (rows(holds).length >= mostHolds) return { events: [], answer: refuse('limit', `${mostHolds} holds`) };
    return {
      events: [
        {
          ...by,
          type: 'hold.placed',
          outcome: 'ok',
          target: hold,
          data: { hold, name, query, by: caller.person.id, why },
          personal: {},
        },
      ],
      answer: fine({ hold }),
    };
  });
};

/** By its id or name. Errors: not-found. */
export const releaseHold: Handler<'hold.release'> = async (call, { hold: reference, why }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'hold.manage', workspace, request);
  if (!allowed.ok) return allowed;
  return changing(call, (by) => ({ holds }) => {
    const hold = rows(holds).find(({ id, name }) => id === reference || name === reference);
    if (hold === undefined) return { events: [], answer: refuse('not-found', reference) };
    return {
      events: [
        {
          ...by,
          type: 'hold.released',
          outcome: 'ok',
          target: hold.id,
          data: { hold: hold.id, by: caller.person.id, why },
          personal: {},
        },
      ],
      answer: fine({}),
    };
  });
};
