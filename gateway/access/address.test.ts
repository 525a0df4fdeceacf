import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type IdPrefix, idRandomBytes, mintId } from '../protocol/ids.ts';
import { type AddressRule, addressVerdict, outsideSentence, ownVerdict, plainCidr } from './address.ts';
import { chooser } from './selector.ts';
import type { Server } from './server.ts';

const id = <P extends IdPrefix>(prefix: P) => mintId(prefix, new Uint8Array(idRandomBytes));
const rule = (cidr: string, effect: AddressRule['effect'] = 'allow', servers?: AddressRule['servers']): AddressRule => ({
  id: id('adr'),
  cidr,
  effect,
  note: '',
  by: id('usr'),
  at: 0,
  ...(servers === undefined ? {} : { servers }),
});
const server = (name: string): Server => ({
  id: id('srv'),
  name,
  labels: {},
  addedAt: 0,
  key: undefined,
  facts: undefined,
});
const outside = (rules: readonly AddressRule[], address: string | undefined, on?: Server) =>
  addressVerdict(rules, address, on).outside;

test('[S51] without rules nobody is outside; with a list that allows, only who is in it is inside', () => {
  expect(outside([], '203.0.113.7')).toBe(false);
  const office = [rule('203.0.113.0/24'), rule('2001:db8::/32')];
  expect(outside(office, '203.0.113.7')).toBe(false);
  expect(outside(office, '2001:db8::7')).toBe(false);
  expect(outside(office, '203.0.114.7')).toBe(true);
  expect(outside(office, '2001:db9::7')).toBe(true);
  // What is no address is nobody's office, and is not what a denial names.
  for (const none of [undefined, '', 'localhost', 'fe80::1%eth0']) {
    expect(outside(office, none)).toBe(true);
    expect(outside([rule('203.0.113.7/32', 'deny')], none)).toBe(false);
  }
});

test('[S52] the longest prefix wins, and between equals the denial', () => {
  const rules = [
    rule('10.0.0.0/8'),
    rule('10.1.0.0/16', 'deny'),
    rule('10.1.2.0/24'),
    rule('10.1.2.3/32', 'deny'),
    rule('10.1.2.3/32'),
  ];
  expect(['10.9.9.9', '10.1.9.9', '10.1.2.9', '10.1.2.3'].map((address) => outside(rules, address))).toEqual([
    false,
    true,
    false,
    true,
  ]);
  expect(outside(rules.toReversed(), '10.1.2.3')).toBe(true);
  expect(outside([rule('10.1.2.3/32', 'deny')], '10.1.2.4')).toBe(false);
});

test('[S51] IPv4 in IPv6 clothes is IPv4, in rules and in connections; 0.0.0.0/0 is all of IPv4 and ::/0 all of IPv6', () => {
  const four = [rule('203.0.113.0/24')];
  for (const same of ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:cb00:7107', '0:0:0:0:0:ffff:cb00:7107'])
    expect(outside(four, same)).toBe(false);
  expect(outside([rule('::ffff:203.0.113.0/120')], '203.0.113.7')).toBe(false);
  expect(outside([rule('0.0.0.0/0')], '::ffff:1.2.3.4')).toBe(false);
  expect(outside([rule('0.0.0.0/0')], '2001:db8::1')).toBe(true);
  expect(outside([rule('::/0')], '2001:db8::1')).toBe(false);
  expect(outside([rule('::/0')], '1.2.3.4')).toBe(true);
});

test('[S52] the rules for a server decide there instead of those of the workspace; those that only deny take none of it away', () => {
  const office = rule('203.0.113.0/24');
  const partner = rule('198.51.100.0/24', 'allow', { name: 'db-*' });
  const rules = [office, partner];
  const [db, web] = [server('db-1'), server('web-1')];
  expect([db, web, undefined].map((on) => outside(rules, '198.51.100.4', on))).toEqual([false, true, true]);
  expect([db, web, undefined].map((on) => outside(rules, '203.0.113.7', on))).toEqual([true, false, false]);
  const less = [office, rule('203.0.113.9/32', 'deny', { name: 'db-*' })];
  expect(outside(less, '203.0.113.9', db)).toBe(true);
  expect(outside(less, '203.0.113.7', db)).toBe(false);
  expect(outside(less, '198.51.100.4', db)).toBe(true);
  // Who is let in to one server may do what is their own, and nothing else of the workspace.
  expect(ownVerdict(rules, '198.51.100.4').outside).toBe(false);
  expect(ownVerdict(rules, '192.0.2.1').outside).toBe(true);
});

test('[S52] a refusal names the address and the list', () => {
  const rules = [rule('203.0.113.0/24'), rule('203.0.113.9/32', 'deny'), rule('198.51.100.0/24', 'allow', { name: 'db-*' })];
  const said = (address: string, on?: Server) => outsideSentence(addressVerdict(rules, address, on), address);
  expect(said('192.0.2.1')).toBe('your address 192.0.2.1 is outside the address list of the workspace');
  expect(said('203.0.113.9')).toBe(
    'your address 203.0.113.9 is refused by the rule 203.0.113.9/32 in the address list of the workspace',
  );
  expect(said('192.0.2.1', server('db-1'))).toBe('your address 192.0.2.1 is outside the address list of db-*');
});

test('[S51] a range is kept in its plain form; bits beyond the prefix are refused, and the plain form proposed', () => {
  const plain = (text: string): string => {
    const read = plainCidr(text);
    return read.ok ? read.value : `${read.problem.code}: ${read.problem.detail}`;
  };
  expect(
    ['203.0.113.7', ' 10.0.0.0/8', '2001:DB8:0:0::/32', '::1', '::ffff:10.0.0.0/104', '0.0.0.0/0', '::/0'].map(plain),
  ).toEqual(['203.0.113.7/32', '10.0.0.0/8', '2001:db8::/32', '::1/128', '10.0.0.0/8', '0.0.0.0/0', '::/0']);
  expect(plain('10.1.2.3/8')).toBe('bad-request: bits are set beyond the prefix; did you mean 10.0.0.0/8?');
  expect(plain('2001:db8::1/64')).toBe('bad-request: bits are set beyond the prefix; did you mean 2001:db8::/64?');
  for (const none of [
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/08',
    '10.0.0/8',
    '10.0.0.0/8/8',
    'fe80::1%eth0/64',
    '010.0.0.1',
    'office',
    '1.2.3.4/-1',
  ])
    expect(plain(none)).toMatch(/^bad-request: a range is/);
});

// The naive way: bits as characters.
const four = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
const six = fc.array(fc.oneof(fc.constantFrom(0, 0xffff, 0x2001), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
type Bits = { readonly text: string; readonly bits: string };
const fourBits = four.map(
  (parts): Bits => ({
    text: parts.join('.'),
    bits: parts.map((part) => part.toString(2).padStart(8, '0')).join(''),
  }),
);
const sixBits = six
  .filter((groups) => !(groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff))
  .map(
    (groups): Bits => ({
      text: groups.map((group) => group.toString(16)).join(':'),
      bits: groups.map((group) => group.toString(2).padStart(16, '0')).join(''),
    }),
  );
const address = fc.oneof(fourBits, sixBits);
const fromBits = (bits: string): string =>
  bits.length === 32
    ? (bits.match(/.{8}/g) ?? []).map((part) => Number.parseInt(part, 2)).join('.')
    : (bits.match(/.{16}/g) ?? []).map((part) => Number.parseInt(part, 2).toString(16)).join(':');
type Naive = { readonly rule: AddressRule; readonly start: string; readonly long: number };
/** Ranges near each other and near the address, so that they meet. */
const scene = fc
  .tuple(
    address,
    fc.array(fc.tuple(fc.option(address), fc.nat(128), fc.boolean(), fc.constantFrom(undefined, 'db-*', 'web-*')), {
      maxLength: 6,
    }),
  )
  .map(([asked, made]) => ({
    asked,
    rules: made.map(([other, prefix, allows, name]): Naive => {
      const { bits } = other ?? asked;
      const start = bits.slice(0, Math.min(prefix, bits.length));
      const cidr = `${fromBits(start.padEnd(bits.length, '0'))}/${start.length}`;
      return { rule: rule(cidr, allows ? 'allow' : 'deny', name === undefined ? undefined : { name }), start, long: bits.length };
    }),
  }));

test('[S51, S52] the verdict is that of comparing bits one by one, whatever the order of the rules and the clothes of the address', () => {
  const judge = (list: readonly Naive[], bits: string): 'allow' | 'deny' | undefined => {
    const fitting = list.filter(({ start, long }) => long === bits.length && bits.startsWith(start));
    const most = Math.max(...fitting.map(({ start }) => start.length));
    const best = fitting.filter(({ start }) => start.length === most).map((one) => one.rule.effect);
    return best.includes('deny') ? 'deny' : best[0];
  };
  fc.assert(
    fc.property(scene, fc.constantFrom(undefined, 'db-1', 'web-1', 'mail'), ({ asked, rules }, name) => {
      const on = name === undefined ? undefined : server(name);
      const own = rules.filter(({ rule: { servers } }) => servers !== undefined && on !== undefined && chooser(servers)(on));
      const general = rules.filter(({ rule: { servers } }) => servers === undefined);
      const close = (list: readonly Naive[]): boolean => list.some((one) => one.rule.effect === 'allow');
      const special = judge(own, asked.bits) ?? (close(own) ? 'deny' : undefined);
      const naive = special ?? judge(general, asked.bits) ?? (close(general) ? 'deny' : 'allow');
      const all = rules.map((one) => one.rule);
      const dressed = asked.bits.length === 32 ? `::ffff:${asked.text}` : asked.text.toUpperCase();
      expect(outside(all, asked.text, on)).toBe(naive === 'deny');
      expect(outside(all.toReversed(), dressed, on)).toBe(naive === 'deny');
    }),
  );
});

test('[S51] a plain range stays what it is, and what is proposed for another is plain', () => {
  fc.assert(
    fc.property(address, fc.nat(128), ({ text, bits }, prefix) => {
      const long = Math.min(prefix, bits.length);
      const read = plainCidr(`${text}/${long}`);
      const said = read.ok ? read.value : (/did you mean (.*)\?$/.exec(read.problem.detail ?? '')?.[1] ?? '');
      expect(read.ok).toBe(!bits.slice(long).includes('1'));
      expect(plainCidr(said)).toEqual({ ok: true, value: said });
      expect(outside([rule(said)], text)).toBe(false);
    }),
  );
});

test('[S51] an address of one link is denied by the rules that deny it without its zone, and let in by none', () => {
  const deny: AddressRule = {
    id: `adr_${'a'.repeat(26)}` as never,
    cidr: '::/0',
    effect: 'deny',
    note: '',
    by: `usr_${'a'.repeat(26)}` as never,
    at: 0,
  };
  expect(addressVerdict([deny], 'fe80::1', undefined).outside).toBe(true);
  expect(addressVerdict([deny], 'fe80::1%eth0', undefined)).toMatchObject({ outside: true, rule: deny });
  expect(addressVerdict([{ ...deny, effect: 'allow' }], 'fe80::1%eth0', undefined).outside).toBe(true);
  expect(addressVerdict([{ ...deny, cidr: '10.0.0.0/8' }], 'fe80::1%eth0', undefined).outside).toBe(false);
  expect(addressVerdict([], 'fe80::1%eth0', undefined).outside).toBe(false);
});
