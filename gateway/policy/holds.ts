// What an expression of a policy comes to over facts, for telling people which conditions are not met. Cedar decides; this only explains, and says
// `undefined` of what it does not know. Pure.
import { BlockList, isIP } from 'node:net';
import type { Action } from './actions.ts';
import type { Expression } from './expression.ts';
import type { Facts } from './facts.ts';

type Entity = { readonly type: string; readonly id: string };
type Value = string | number | boolean | Entity | readonly unknown[] | Readonly<Record<string, unknown>> | undefined;

export type Asked = { readonly action: Action; readonly facts: Facts };

const typeOf: Readonly<Record<Facts['resource']['kind'], string>> = {
  workspace: 'Workspace',
  self: 'Person',
  person: 'Person',
  server: 'Server',
  session: 'Session',
  recording: 'Recording',
  request: 'Request',
  grant: 'Grant',
};

const me: Entity = { type: 'Person', id: 'the-one-asking' };
const another: Entity = { type: 'Person', id: 'another' };
const this_: string = 'this';

const isEntity = (value: unknown): value is Entity =>
  typeof value === 'object' && value !== null && 'type' in value && 'id' in value;
const same = (a: unknown, b: unknown): boolean =>
  isEntity(a) && isEntity(b) ? a.type === b.type && a.id === b.id : JSON.stringify(a) === JSON.stringify(b);

function resourceEntity({ resource }: Facts): Entity {
  if (resource.kind === 'self') return me;
  if (resource.kind === 'person') return resource.own ? me : another;
  return { type: typeOf[resource.kind], id: this_ };
}

function attributesOf(entity: Entity, { facts }: Asked): Readonly<Record<string, unknown>> {
  const { principal, resource } = facts;
  const owner = (own: boolean): Entity => (own ? me : another);
  if (same(entity, me)) return { role: principal.role, status: principal.status };
  switch (resource.kind) {
    case 'workspace':
    case 'self':
      return {};
    case 'person':
      return { role: resource.role, status: resource.status };
    case 'server':
      return { tier: resource.tier };
    case 'session':
      return { ...resource, driver: owner(resource.own) };
    case 'recording':
      return { ...resource, driver: owner(resource.own) };
    case 'request':
      return { ...resource, requester: owner(resource.own) };
    case 'grant':
      return { ...resource, holder: owner(resource.own) };
    default:
      return resource satisfies never;
  }
}

function isIn(entity: Entity, of: Entity, { facts }: Asked): boolean {
  if (same(entity, of)) return true;
  const { principal, resource } = facts;
  if (same(entity, me)) {
    if (of.type === 'Role') return of.id === principal.role;
    // A person whom a policy names.
    if (of.type === 'Person') return of.id === principal.id;
    return of.type === 'Group' && principal.groups.includes(of.id);
  }
  if (same(entity, another)) return resource.kind === 'person' && of.type === 'Role' && of.id === resource.role;
  return 'groups' in resource && of.type === 'Group' && resource.groups.includes(of.id);
}

/** The value of an expression; undefined where it is not known or not there. */
export function valueOf(of: Expression, asked: Asked): Value {
  const { facts, action } = asked;
  switch (of.op) {
    case 'value':
      return of.value;
    case 'entity':
      return { type: of.type, id: of.id };
    case 'var':
      if (of.name === 'principal') return me;
      if (of.name === 'resource') return resourceEntity(facts);
      return of.name === 'action' ? { type: 'Action', id: action } : { ...facts.context };
    case 'attr':
    case 'has': {
      const owner = valueOf(of.of, asked);
      if (owner === undefined) return undefined;
      const its = isEntity(owner) ? attributesOf(owner, asked) : (owner as Readonly<Record<string, unknown>>);
      const value = Object.hasOwn(its, of.attr) ? its[of.attr] : undefined;
      return of.op === 'has' ? value !== undefined : (value as Value);
    }
    case 'like': {
      const text = valueOf(of.of, asked);
      return typeof text === 'string' ? likes(of.pattern, text) : undefined;
    }
    case 'is': {
      const entity = valueOf(of.of, asked);
      return isEntity(entity) ? entity.type === of.type : undefined;
    }
    case 'if': {
      const test = valueOf(of.test, asked);
      return typeof test === 'boolean' ? valueOf(test ? of.yes : of.no, asked) : undefined;
    }
    case 'set':
      return of.items.map((item) => valueOf(item, asked));
    case 'record':
      return Object.fromEntries(Object.entries(of.fields).map(([key, field]) => [key, valueOf(field, asked)]));
    case 'call':
      return called(of.name, of.args, asked);
    default:
      return of satisfies never;
  }
}

/** Whether it holds; undefined where that is not known. */
export function holds(of: Expression, asked: Asked): boolean | undefined {
  const value = valueOf(of, asked);
  return typeof value === 'boolean' ? value : undefined;
}

function called(name: string, args: readonly Expression[], asked: Asked): Value {
  const [first, second] = args;
  if (first === undefined) return undefined;
  if (name === '&&' || name === '||') {
    const left = holds(first, asked);
    if (left === (name === '||')) return left;
    const right = second === undefined ? undefined : holds(second, asked);
    return left === undefined && right === (name === '||') ? right : left === undefined ? undefined : right;
  }
  const a = valueOf(first, asked);
  if (name === '!') return typeof a === 'boolean' ? !a : undefined;
  if (name === 'neg') return typeof a === 'number' ? -a : undefined;
  if (name === 'isEmpty') return Array.isArray(a) ? a.length === 0 : undefined;
  if (name === 'hasTag' || name === 'getTag')
    return tagOf(name, second === undefined ? undefined : valueOf(second, asked), asked);
  if (name === 'ip') return a;
  if (name === 'isIpv4' || name === 'isIpv6') return typeof a === 'string' ? isIP(a) === (name === 'isIpv4' ? 4 : 6) : undefined;
  const b = second === undefined ? undefined : valueOf(second, asked);
  if (a === undefined || b === undefined) return undefined;
  switch (name) {
    case '==':
      return equal(a, b, asked);
    case '!=':
      return !equal(a, b, asked);
    case 'in':
      if (!isEntity(a)) return undefined;
      return Array.isArray(b) ? b.some((one) => isEntity(one) && isIn(a, one, asked)) : isEntity(b) && isIn(a, b, asked);
    case 'contains':
      return Array.isArray(a) ? a.some((one) => same(one, b)) : undefined;
    case 'containsAll':
      return Array.isArray(a) && Array.isArray(b) ? b.every((two) => a.some((one) => same(one, two))) : undefined;
    case 'containsAny':
      return Array.isArray(a) && Array.isArray(b) ? b.some((two) => a.some((one) => same(one, two))) : undefined;
    case 'isInRange':
      return typeof a === 'string' && typeof b === 'string' ? inRange(a, b) : undefined;
    default:
      return typeof a === 'number' && typeof b === 'number' ? counted(name, a, b) : undefined;
  }
}

/** A person whom a policy names may be the one asking. */
function equal(a: Value, b: Value, { facts }: Asked): boolean {
  const named = (one: Value, other: Value): boolean =>
    isEntity(one) && isEntity(other) && same(one, me) && other.type === 'Person' && other.id === facts.principal.id;
  return same(a, b) || named(a, b) || named(b, a);
}

function counted(name: string, a: number, b: number): Value {
  switch (name) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      return undefined;
  }
}

function tagOf(name: 'hasTag' | 'getTag', key: Value, { facts }: Asked): Value {
  const { resource } = facts;
  if (typeof key !== 'string' || !('tags' in resource)) return name === 'hasTag' ? false : undefined;
  const value = Object.hasOwn(resource.tags, key) ? resource.tags[key] : undefined;
  return name === 'hasTag' ? value !== undefined : value;
}

function inRange(address: string, range: string): boolean | undefined {
  const [from = '', bits] = range.split('/');
  const family = isIP(from) === 4 ? 'ipv4' : isIP(from) === 6 ? 'ipv6' : undefined;
  if (family === undefined || isIP(address) === 0) return undefined;
  const list = new BlockList();
  if (bits === undefined) list.addAddress(from, family);
  else list.addSubnet(from, Number(bits), family);
  return isIP(address) === isIP(from) && list.check(address, family);
}

function likes(pattern: readonly string[], text: string): boolean {
  const [first = ''] = pattern;
  if (pattern.length === 1) return text === first;
  const last = pattern.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const piece of pattern.slice(1, -1)) {
    const at = text.indexOf(piece, from);
    if (at < 0 || at + piece.length > text.length - last.length) return false;
    from = at + piece.length;
  }
  return true;
}
