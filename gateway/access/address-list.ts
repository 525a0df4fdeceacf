// Changes to the address rules (S51): kept in their plain form, and never by mistake a list that shuts out whoever makes it.
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { AddressRuleId, PersonId } from '../protocol/ids.ts';
import type { Instant, Selector } from '../protocol/nouns.ts';
import { type AddressRule, addressVerdict, outsideSentence } from './address.ts';
import type { By } from './change.ts';

type Rules = { readonly addresses: Readonly<Record<string, AddressRule>> };
type Changed = (rules: Rules, now: Instant) => { readonly events: readonly NewEvent[]; readonly answer: Result<object> };

/** Whoever makes the change, and the address they make it from. */
type From = { readonly person: PersonId; readonly address: string; readonly force: boolean };

/** Each is looked at with every decision. */
const mostRules = 500;

/** Whether whoever makes a change could not make the next one: outside the workspace's own list by it, and not already. */
function shutOut(before: readonly AddressRule[], after: readonly AddressRule[], { address }: From): string | undefined {
  if (addressVerdict(before, address, undefined).outside) return undefined;
  const verdict = addressVerdict(after, address, undefined);
  return verdict.outside ? outsideSentence(verdict, address) : undefined;
}

const lockout = (why: string) => refuse('address-lockout', `${why}; to do it all the same: --force`);

/** `cidr` in its plain form. Errors: exists, limit, address-lockout. */
export const addAddressRule =
  (
    by: By,
    given: {
      readonly rule: AddressRuleId;
      readonly cidr: string;
      readonly effect: AddressRule['effect'];
      readonly servers?: Selector;
      readonly note: string;
    },
    from: From,
  ): Changed =>
  ({ addresses }, now) => {
    const { rule, cidr, effect, note } = given;
    const before = Object.values(addresses);
    const servers = given.servers === undefined ? {} : { servers: given.servers };
    const same = before.find(
      (one) => one.cidr === cidr && one.effect === effect && JSON.stringify(one.servers) === JSON.stringify(given.servers),
    );
    if (same !== undefined) return { events: [], answer: refuse('exists', `${cidr} is ${same.id}`) };
    if (before.length >= mostRules) return { events: [], answer: refuse('limit', `${mostRules} address rules`) };
    const made: AddressRule = { id: rule, cidr, effect, note, by: from.person, at: now, ...servers };
    const shut = shutOut(before, [...before, made], from);
    if (shut !== undefined && !from.force) return { events: [], answer: lockout(shut) };
    const data = { rule, cidr, effect, ...servers, note, by: from.person, forced: shut !== undefined };
    return {
      events: [{ ...by, type: 'address.added', outcome: 'ok', target: rule, data, personal: {} }],
      answer: fine({}),
    };
  };

/** Errors: not-found, address-lockout. */
export const removeAddressRule =
  (by: By, given: { readonly rule: AddressRuleId; readonly why: string }, from: From): Changed =>
  ({ addresses }) => {
    const row = addresses[given.rule];
    if (row === undefined) return { events: [], answer: refuse('not-found') };
    const before = Object.values(addresses);
    const left = before.filter(({ id }) => id !== row.id);
    const shut = shutOut(before, left, from);
    if (shut !== undefined && !from.force) return { events: [], answer: lockout(shut) };
    const { cidr, effect } = row;
    const data = { rule: row.id, cidr, effect, by: from.person, why: given.why, forced: shut !== undefined };
    return {
      events: [{ ...by, type: 'address.removed', outcome: 'ok', target: row.id, data, personal: {} }],
      answer: fine({}),
    };
  };
