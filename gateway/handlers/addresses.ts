// address.*: where connections may come from (S51, S52). What a change does to live sessions is seen to by whoever listens to the log; an open
// connection that is outside from now on is refused from now on.
import { type AddressRule, addressVerdict, outsideSentence, plainCidr } from '../access/address.ts';
import { addAddressRule, removeAddressRule } from '../access/address-list.ts';
import { chooser } from '../access/selector.ts';
import { removedName } from '../audit/names.ts';
import { rows, type State } from '../audit/state.ts';
import type { AddressRuleRow } from '../protocol/access-nouns.ts';
import { fine, refuse } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { changing, workspace } from './administration.ts';
import type { Call, Handler, Parts } from './call.ts';
import { callersOf } from './caller.ts';

const ruleRow = (state: State, { id, cidr, effect, servers, note, by, at }: AddressRule): AddressRuleRow => ({
  id,
  cidr,
  effect,
  ...(servers === undefined ? {} : { servers }),
  note,
  by: state.people[by]?.name ?? removedName(by),
  at,
});

/** Rules of the workspace first, then those of servers; each oldest first. */
export const listAddress: Handler<'address.list'> = async ({ parts, caller, connection, request }) => {
  const allowed = await parts.enforcer.enforce(caller, 'address.see', workspace, request);
  if (!allowed.ok) return allowed;
  const state = parts.log.settled;
  return fine({
    rules: rows(state.addresses)
      .toSorted((a, b) => Number(a.servers !== undefined) - Number(b.servers !== undefined) || a.at - b.at)
      .map((rule) => ruleRow(state, rule)),
    peer: connection.address,
  });
};

/** How many live sessions of people who are inside now would be outside: by their connections, or else where they signed in. */
function sessionsShut(parts: Parts, before: readonly AddressRule[], after: readonly AddressRule[]): number {
  const state = parts.log.settled;
  return rows(state.sessions).filter((session) => {
    if (session.state === 'ended') return false;
    const server = state.servers[session.server];
    const lines = callersOf(parts).connectionsOf(session.login);
    const signedIn = state.logins[session.login]?.address;
    const addresses = lines.length > 0 ? lines.map(({ address }) => address) : signedIn === undefined ? [] : [signedIn];
    const outside = (rules: readonly AddressRule[]): boolean =>
      addresses.some((address) => addressVerdict(rules, address, server).outside);
    return !outside(before) && outside(after);
  }).length;
}

/** A rule for servers may shut its maker out of those: that is allowed, and said. */
function warningOf({ parts, connection }: Call, { servers }: AddressRule): { readonly warning?: string } {
  if (servers === undefined) return {};
  const state = parts.log.settled;
  const shut = rows(state.servers)
    .filter(chooser(servers))
    .map((server) => addressVerdict(rows(state.addresses), connection.address, server))
    .find(({ outside }) => outside);
  return shut === undefined ? {} : { warning: outsideSentence(shut, connection.address) };
}

export const addAddress: Handler<'address.add'> = async (call, { cidr, effect, servers, note, force }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'address.manage', workspace, request);
  if (!allowed.ok) return allowed;
  const plain = plainCidr(cidr);
  if (!plain.ok) return plain;
  const id = mintId('adr', parts.chance.bytes(idRandomBytes));
  const given = { cidr: plain.value, effect, note, ...(servers === undefined ? {} : { servers }) };
  const from = { person: caller.person.id, address: caller.address, force: force === true };
  // Counted before anything ends.
  const before = rows(parts.log.settled.addresses);
  const sessions = sessionsShut(parts, before, [...before, { ...given, id, by: from.person, at: parts.clock.now() }]);
  const done = await changing(call, (by) => addAddressRule(by, { ...given, rule: id }, from));
  if (!done.ok) return done;
  const row = parts.log.settled.addresses[id];
  if (row === undefined) return refuse('not-found');
  return fine({ rule: ruleRow(parts.log.settled, row), sessions, ...warningOf(call, row) });
};

export const removeAddress: Handler<'address.remove'> = async (call, { rule, why, force }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'address.manage', workspace, request);
  if (!allowed.ok) return allowed;
  const before = rows(parts.log.settled.addresses);
  const left = before.filter(({ id }) => id !== rule);
  const sessions = sessionsShut(parts, before, left);
  const from = { person: caller.person.id, address: caller.address, force: force === true };
  const done = await changing(call, (by) => removeAddressRule(by, { rule, why }, from));
  return done.ok ? fine({ sessions }) : done;
};
