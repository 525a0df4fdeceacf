// Where connections may come from (S51–S52): rules for the workspace, and for chosen servers. Pure.
import { BlockList, isIP, SocketAddress } from 'node:net';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { AddressRuleId, PersonId } from '../protocol/ids.ts';
import type { Instant, Selector } from '../protocol/nouns.ts';
import { type Chooses, chooser, selectorWords } from './selector.ts';
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

/**
 * The answer of the rules to an address: whether it is outside, and by which rule (undefined: no rule fits, and some rule allows others).
 * `list`: of an address outside, a rule of the list that said so.
 */
export type AddressVerdict = { readonly outside: boolean; readonly rule?: AddressRule; readonly list?: AddressRule };

type Family = 'ipv4' | 'ipv6';
/** `address` in its shortest form. */
type Plain = { readonly family: Family; readonly address: string };

const bitsOf: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };
const mapped = 0xffffn;

/** The number a valid address is. */
function numberOf(family: Family, address: string): bigint {
  if (family === 'ipv4') return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const groups = (text: string): readonly bigint[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (!group.includes('.')) return [BigInt(`0x${group}`)];
          const low = numberOf('ipv4', group);
          return [low >> 16n, low & 0xffffn];
        });
  const [before = '', after] = address.split('::');
  const first = groups(before);
  const last = after === undefined ? [] : groups(after);
  const middle = Array.from({ length: 8 - first.length - last.length }, () => 0n);
  return [...first, ...middle, ...last].reduce((sum, group) => sum * 65_536n + group, 0n);
}

function textOf(family: Family, value: bigint): string {
  const cut = (bits: number, count: number): readonly bigint[] =>
    Array.from({ length: count }, (_, i) => (value >> BigInt(bits * (count - 1 - i))) & ((1n << BigInt(bits)) - 1n));
  if (family === 'ipv4') return cut(8, 4).join('.');
  const groups = cut(16, 8).map((group) => group.toString(16));
  return new SocketAddress({ address: groups.join(':'), family }).address;
}

/** Undefined for what is no address; one with a zone is of one link only, and in no range. IPv4 in IPv6 clothes is IPv4. */
function plain(text: string): Plain | undefined {
  const version = isIP(text);
  if (version === 0 || text.includes('%')) return undefined;
  if (version === 4) return { family: 'ipv4', address: text };
  const value = numberOf('ipv6', text);
  if (value >> 32n === mapped) return { family: 'ipv4', address: textOf('ipv4', value & 0xffff_ffffn) };
  return { family: 'ipv6', address: textOf('ipv6', value) };
}

/** Decisions about many servers ask for one address again and again. */
let lastPlain: { readonly text: string; readonly plain: Plain | undefined } | undefined;
function plainOnce(text: string): Plain | undefined {
  if (lastPlain?.text !== text) lastPlain = { text, plain: plain(text) };
  return lastPlain.plain;
}

type Range = Plain & { readonly prefix: number };

/** The range that a text names, its first address made of the bits of the prefix alone; undefined when it names none. `exact`: nothing was cut off. */
function rangeOf(text: string): { readonly range: Range; readonly exact: boolean } | undefined {
  const [, written = '', bits] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(written);
  if (version === 0 || written.includes('%')) return undefined;
  const long: Family = version === 4 ? 'ipv4' : 'ipv6';
  const told = bits === undefined ? bitsOf[long] : Number(bits);
  if (told > bitsOf[long]) return undefined;
  let value = numberOf(long, written);
  let family = long;
  let prefix = told;
  // A range of IPv4 in IPv6 clothes is that range; one that is wider than those clothes is of IPv6.
  if (long === 'ipv6' && value >> 32n === mapped && told >= 96) {
    family = 'ipv4';
    prefix = told - 96;
    value &= 0xffff_ffffn;
  }
  const below = BigInt(bitsOf[family] - prefix);
  const base = (value >> below) << below;
  return { range: { family, address: textOf(family, base), prefix }, exact: base === value };
}

/**
 * A range of addresses in its plain form, `address/prefix`. A bare address is the range of itself. Errors: bad-request (no range; or bits beyond the
 * prefix, where the plain form is proposed).
 */
export function plainCidr(text: string): Result<string> {
  const read = rangeOf(text.trim());
  if (read === undefined)
    return refuse('bad-request', 'a range is an address, or ADDRESS/PREFIX, e.g. 203.0.113.0/24 or 2001:db8::/32');
  const said = `${read.range.address}/${read.range.prefix}`;
  return read.exact ? fine(said) : refuse('bad-request', `bits are set beyond the prefix; did you mean ${said}?`);
}

/** An address in its shortest form, IPv4 in IPv6 clothes as IPv4; undefined for what is none, or is of one link only. So Cedar's `ip` takes it. */
export const shortAddress = (text: string): string | undefined => plain(text)?.address;

/** The network an address is in, `address/prefix`: 24 bits of IPv4, 48 of IPv6. Undefined for what is no address. It says nothing of a country. */
export function networkOf(text: string): string | undefined {
  const address = plain(text);
  const range = address && rangeOf(`${address.address}/${address.family === 'ipv4' ? 24 : 48}`)?.range;
  return range && `${range.address}/${range.prefix}`;
}

/** Whether an address is in any of these ranges. Errors: bad-request (of the first that is no plain range). */
export function openRanges(cidrs: readonly string[]): Result<(address: string) => boolean> {
  const ranges: Reading[] = [];
  for (const cidr of cidrs) {
    const read = plainCidr(cidr);
    const named = read.ok ? rangeOf(read.value)?.range : undefined;
    if (!read.ok) return refuse('bad-request', `${cidr}: ${read.problem.detail ?? ''}`);
    if (named !== undefined) ranges.push(readingOf(named));
  }
  return fine((text) => {
    const address = plain(text);
    return address !== undefined && ranges.some((range) => isIn(range, address));
  });
}

type Reading = { readonly family: Family; readonly prefix: number; readonly list: BlockList };
type ReadRule = { readonly range: Reading | undefined; readonly chooses: Chooses | undefined };
/** Each rule is read once: rows are values. */
const readings = new WeakMap<AddressRule, ReadRule>();

function readingOf({ family, address, prefix }: Range): Reading {
  const list = new BlockList();
  list.addSubnet(address, prefix, family);
  return { family, prefix, list };
}

/** Of one family only: a BlockList finds IPv4 in `::/0`. */
const isIn = ({ family, list }: Reading, address: Plain): boolean =>
  family === address.family && list.check(address.address, family);

function readRule(rule: AddressRule): ReadRule {
  let read = readings.get(rule);
  if (read === undefined) {
    const named = rangeOf(rule.cidr)?.range;
    read = {
      range: named === undefined ? undefined : readingOf(named),
      chooses: rule.servers === undefined ? undefined : chooser(rule.servers),
    };
    readings.set(rule, read);
  }
  return read;
}

/** Length of the prefix a rule fits an address with; −1 = it does not. */
function fit(rule: AddressRule, address: Plain): number {
  const { range } = readRule(rule);
  return range !== undefined && isIn(range, address) ? range.prefix : -1;
}

function verdictOf(list: readonly AddressRule[], address: Plain | undefined): AddressVerdict {
  let longest = -1;
  let rule: AddressRule | undefined;
  if (address !== undefined)
    for (const one of list) {
      const prefix = fit(one, address);
      if (prefix > longest || (prefix >= 0 && prefix === longest && one.effect === 'deny')) {
        longest = prefix;
        rule = one;
      }
    }
  if (rule !== undefined) return rule.effect === 'deny' ? { outside: true, rule, list: rule } : { outside: false, rule };
  const allows = list.find(({ effect }) => effect === 'allow');
  return allows === undefined ? { outside: false } : { outside: true, list: allows };
}

/**
 * Whether an address is outside what the rules allow. Rules for a server, when there are any for it, decide instead of those of the workspace;
 * among those that decide the longest prefix wins, and `deny` wins between equals. Without a rule that fits: outside as soon as one rule allows others.
 * Rules for a server that only deny take nothing from those of the workspace: an address none of them fits is for the workspace to judge, or a
 * denial more would open the server to everybody else.
 * An address that is none is outside of every list that allows anybody; one of one link is let in by no rule, and denied by those it would be without
 * its zone.
 */
export function addressVerdict(
  rules: Iterable<AddressRule>,
  address: string | undefined,
  server: Server | undefined,
): AddressVerdict {
  const general: AddressRule[] = [];
  const own: AddressRule[] = [];
  for (const rule of rules) {
    const { chooses } = readRule(rule);
    if (chooses === undefined) general.push(rule);
    else if (server !== undefined && chooses(server)) own.push(rule);
  }
  if (general.length === 0 && own.length === 0) return { outside: false };
  const from = address === undefined ? undefined : plainOnce(address);
  const ofLink = from === undefined && address?.includes('%') === true ? plain(address.replace(/%.*$/, '')) : undefined;
  if (ofLink !== undefined) {
    const denied = verdictOf(
      [...own, ...general].filter(({ effect }) => effect === 'deny'),
      ofLink,
    );
    if (denied.outside) return denied;
  }
  const special = verdictOf(own, from);
  return special.outside || special.rule !== undefined ? special : verdictOf(general, from);
}

/**
 * The verdict on what concerns nobody but the caller: inside where the workspace, or a rule for any server, lets the address in. Who is let in to
 * one server must be able to prove a factor for it.
 */
export function ownVerdict(rules: readonly AddressRule[], address: string | undefined): AddressVerdict {
  const verdict = addressVerdict(rules, address, undefined);
  const from = address === undefined ? undefined : plainOnce(address);
  if (!verdict.outside || from === undefined) return verdict;
  const lets = rules.find((rule) => rule.servers !== undefined && rule.effect === 'allow' && fit(rule, from) >= 0);
  return lets === undefined ? verdict : { outside: false, rule: lets };
}

/** Which list refused which address, in words (S52); only of a verdict that is outside. Without the address where it would stand for ever. */
export function outsideSentence({ rule, list }: AddressVerdict, address?: string): string {
  const whose = list?.servers === undefined ? 'the workspace' : selectorWords(list.servers);
  const from = address === undefined ? 'the address' : `your address ${address}`;
  return rule === undefined
    ? `${from} is outside the address list of ${whose}`
    : `${from} is refused by the rule ${rule.cidr} in the address list of ${whose}`;
}
