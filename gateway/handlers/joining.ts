// Coming into somebody else's session: as peer, observer or moderator, each a permission of its own (T2); invitations and their codes (S61); and the
// keyboard on its way from one to the other (M12).
import { createHash } from 'node:crypto';
import { rows } from '../audit/state.ts';
import type { Chance } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import type { JoinableRole } from '../protocol/nouns.ts';
import { fits } from '../relay/re-check.ts';
import { shared, unshared } from '../session/control.ts';
import { handed } from '../session/hand-over.ts';
import type { Invite, Session } from '../session/session.ts';
import type { Call, Handler } from './call.ts';
import { changingSession, doerOf } from './control.ts';
import { sessionFor } from './resolve.ts';
import { sessionRow } from './rows.ts';

const actionOf = { peer: 'session.join', observer: 'session.watch', moderator: 'session.moderate' } as const satisfies Record<
  JoinableRole,
  string
>;

const codePattern = /^[a-hj-km-np-z2-9]{4}-[a-hj-km-np-z2-9]{4}$/;
const codeLetters = 'abcdefghjkmnpqrstuvwxyz23456789';
/** 31 letters that are not mistaken for each other, eight of them: 39 bits, for one person, for a while. */
function mintCode(chance: Pick<Chance, 'bytes'>): string {
  const letters: string[] = [];
  while (letters.length < 8)
    for (const byte of chance.bytes(16)) if (byte < 248 && letters.length < 8) letters.push(codeLetters[byte % 31] ?? '');
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}
const digestOf = (code: string): string => createHash('sha256').update(`sallyport-invite-v1\0${code}`).digest('hex');

/** The invitation of the caller that a code names; somebody else's code is nothing to them. */
function invited({ parts, caller }: Call, code: string): { readonly session: Session; readonly invite: Invite } | undefined {
  const digest = digestOf(code);
  for (const session of rows(parts.log.settled.sessions)) {
    if (session.state === 'ended') continue;
    const invite = session.invites?.find((one) => one.person === caller.person.id && one.codeDigest === digest);
    if (invite !== undefined && parts.clock.now() < invite.expiresAt) return { session, invite };
  }
  return undefined;
}

/** Whether a shell of that level and user may be typed into by the caller. */
export const fitting = (session: Session, decision: Parameters<typeof fits>[1]): Result<undefined> =>
  fits(session, decision)
    ? fine(undefined)
    : refuse(
        'denied',
        `it is a ${session.level} shell${session.user === undefined ? '' : ` as ${session.user}`}, which you do not have there`,
      );

export const joinSession: Handler<'session.join'> = async (call, { session: reference, role: wanted, size, framesPerSecond }) => {
  const invitation = codePattern.test(reference) ? invited(call, reference) : undefined;
  const role = wanted ?? invitation?.invite.role ?? 'observer';
  const found = await sessionFor(call, actionOf[role], invitation?.session.id ?? reference);
  if (!found.ok) return found;
  const { session, decision } = found.value;
  if (session.state === 'ended') return refuse('session-ended');
  const fit = role === 'peer' ? fitting(session, decision) : fine(undefined);
  if (!fit.ok) return fit;
  const { parts, caller, connection, request } = call;
  const { policies } = decision;
  const seat = await parts.hub.join(session, caller, connection, { role, size, framesPerSecond, policies, request });
  if (!seat.ok) return seat;
  const row = parts.log.settled.sessions[session.id] ?? session;
  return fine({
    session: sessionRow(parts, caller, row),
    ...seat.value,
    role,
    ...(role === 'moderator' ? { presenceMs: parts.settings.presenceMs } : {}),
  });
};

export const watchSession: Handler<'session.watch'> = async (call, { session, size, framesPerSecond }) => {
  const joined = await joinSession(call, {
    session,
    role: 'observer',
    size,
    ...(framesPerSecond === undefined ? {} : { framesPerSecond }),
  });
  if (!joined.ok) return joined;
  const { role: _, ...seat } = joined.value;
  return fine(seat);
};

export const askSession: Handler<'session.ask'> = async ({ parts, connection, request }, { channel }) => {
  const done = await parts.hub.ask(connection, channel, request);
  return done.ok ? fine({}) : done;
};
export const giveSession: Handler<'session.give'> = ({ parts, connection, request }, { channel, to }) =>
  parts.hub.give(connection, channel, to, request);
export const presentSession: Handler<'session.present'> = ({ parts, connection, request }, { channel }) =>
  parts.hub.present(connection, channel, request);

/** Takes the keyboard for the caller, in the log; driving is decided after that, by itself. */
export async function takeOver(call: Call, reference: string): Promise<Result<undefined>> {
  const found = await sessionFor(call, 'session.take-over', reference);
  if (!found.ok) return found;
  const { session, decision } = found.value;
  if (session.state === 'ended') return refuse('session-ended');
  const fit = fitting(session, decision);
  if (!fit.ok) return fit;
  const { actor, person, request } = doerOf(call);
  return changingSession(call, session, (row) => ({
    events: handed(row, { actor, by: person, to: person, how: 'taken', request }),
    answer: fine(undefined),
  }));
}

/** Invitations of one session at once. */
const mostInvites = 32;

export const shareSession: Handler<'session.share'> = async (call, { session: reference, person: name, role, minutes }) => {
  const found = await sessionFor(call, 'session.share', reference);
  if (!found.ok) return found;
  const { parts, caller } = call;
  const person = rows(parts.log.settled.people).find((row) => row.name === name || row.id === name);
  // One answer for who is not here and who may not come: a name is no way to find out who works here.
  if (person?.status !== 'active' || person.id === caller.person.id) return refuse('not-found', name);
  const code = mintCode(parts.chance);
  const invite = mintId('inv', parts.chance.bytes(idRandomBytes));
  const expiresAt = parts.clock.now() + minutes * 60_000;
  const invitation = { invite, person: person.id, role, codeDigest: digestOf(code), expiresAt };
  return changingSession(call, found.value.session, (row) => {
    if (row.state !== 'ended' && (row.invites ?? []).length >= mostInvites)
      return { events: [], answer: refuse('limit', `${mostInvites} invitations`) };
    const told = { id: invite, session: row.id, personName: person.name, role, by: caller.person.name, expiresAt };
    return { events: shared(row, doerOf(call), invitation), answer: fine({ invite: told, code }) };
  });
};

export const unshareSession: Handler<'session.unshare'> = async (call, { invite }) => {
  const session = rows(call.parts.log.settled.sessions).find(
    (row) => row.state !== 'ended' && row.invites?.some((one) => one.id === invite) === true,
  );
  const found = await sessionFor(call, 'session.share', session?.id ?? invite);
  if (!found.ok) return found;
  return changingSession(call, found.value.session, (row) => ({
    events: unshared(row, invite, doerOf(call)),
    answer: fine({}),
  }));
};
