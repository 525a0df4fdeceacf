// Where somebody is, as far as an address can say it: what is compared to tell a new address from a known one (T23).
import { isIPv4, isIPv6 } from 'node:net';
import type { Login } from './login.ts';
import type { Person } from './person.ts';

/** IPv4 whole (also in IPv6 clothes), IPv6 by its first 64 bits; undefined when it is no address. */
export function placeOf(address: string): string | undefined {
  const bare = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return undefined;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length - (right.at(-1)?.includes('.') === true ? 1 : 0));
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** Whether a second factor was ever proven from where this sign-in was made (T23). */
export const isFamiliar = (person: Pick<Person, 'addresses'>, login: Pick<Login, 'address'>): boolean =>
  person.addresses?.includes(placeOf(login.address) ?? '') === true;
