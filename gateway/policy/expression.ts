// A policy as a value: Cedar's JSON of it, read into a small tree. Cedar alone decides; this is for what is said about policies: what they can tell
// apart, whether more proof could turn them to a denial, and which of their conditions are not met. Pure.

type EntityName = { readonly type: string; readonly id: string };
type Variable = 'principal' | 'action' | 'resource' | 'context';

export type Expression =
  | { readonly op: 'value'; readonly value: string | number | boolean }
  | ({ readonly op: 'entity' } & EntityName)
  | { readonly op: 'var'; readonly name: Variable }
  | { readonly op: 'attr' | 'has'; readonly of: Expression; readonly attr: string }
  /** `pattern`: pieces between the stars. */
  | { readonly op: 'like'; readonly of: Expression; readonly pattern: readonly string[] }
  | { readonly op: 'is'; readonly of: Expression; readonly type: string }
  | { readonly op: 'if'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly op: 'set'; readonly items: readonly Expression[] }
  | { readonly op: 'record'; readonly fields: Readonly<Record<string, Expression>> }
  /** Operators and functions by Cedar's names: `&&`, `!`, `==`, `in`, `contains`, `getTag`, `isInRange` … */
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Expression[] };

export type Parsed = {
  readonly effect: 'permit' | 'forbid';
  /** What its scope asks of who asks and of what it is about; each must hold. */
  readonly scope: readonly Expression[];
  readonly actions: readonly string[] | 'all';
  readonly conditions: readonly { readonly kind: 'when' | 'unless'; readonly body: Expression }[];
};

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function entityOf(value: unknown): EntityName | undefined {
  if (!isJson(value)) return undefined;
  const bare = isJson(value['__entity']) ? value['__entity'] : value;
  return typeof bare['type'] === 'string' && typeof bare['id'] === 'string' ? { type: bare['type'], id: bare['id'] } : undefined;
}

const variables: readonly Variable[] = ['principal', 'action', 'resource', 'context'];

function literal(value: unknown): Expression {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return { op: 'value', value };
  const entity = entityOf(value);
  if (entity !== undefined) return { op: 'entity', ...entity };
  if (Array.isArray(value)) return { op: 'set', items: value.map(literal) };
  if (isJson(value))
    return { op: 'record', fields: Object.fromEntries(Object.entries(value).map(([k, field]) => [k, literal(field)])) };
  return { op: 'call', name: 'unknown', args: [] };
}

/** From Cedar's JSON of an expression. What it does not know becomes a call of that name. */
export function expressionOf(json: unknown): Expression {
  const [name, body] = isJson(json) ? (Object.entries(json)[0] ?? ['unknown', undefined]) : ['unknown', undefined];
  const part = (key: string): Expression => expressionOf(isJson(body) ? body[key] : undefined);
  switch (name) {
    case 'Value':
      return literal(body);
    case 'Var': {
      const variable = variables.find((one) => one === body);
      return variable === undefined ? { op: 'call', name: 'unknown', args: [] } : { op: 'var', name: variable };
    }
    case '.':
    case 'has':
      return { op: name === '.' ? 'attr' : 'has', of: part('left'), attr: isJson(body) ? textOf(body['attr']) : '' };
    case 'like': {
      const pattern = isJson(body) && Array.isArray(body['pattern']) ? body['pattern'] : [];
      const pieces = [''];
      for (const piece of pattern)
        if (isJson(piece)) pieces.push((pieces.pop() ?? '') + textOf(piece['Literal']));
        else pieces.push('');
      return { op: 'like', of: part('left'), pattern: pieces };
    }
    case 'is': {
      const is: Expression = { op: 'is', of: part('left'), type: isJson(body) ? textOf(body['entity_type']) : '' };
      return isJson(body) && body['in'] !== undefined ? both('&&', is, both('in', part('left'), part('in'))) : is;
    }
    case 'if-then-else':
      return { op: 'if', test: part('if'), yes: part('then'), no: part('else') };
    case 'Set':
      return { op: 'set', items: Array.isArray(body) ? body.map(expressionOf) : [] };
    case 'Record':
      return {
        op: 'record',
        fields: isJson(body) ? Object.fromEntries(Object.entries(body).map(([k, field]) => [k, expressionOf(field)])) : {},
      };
    default:
      if (Array.isArray(body)) return { op: 'call', name, args: body.map(expressionOf) };
      if (isJson(body) && 'arg' in body) return { op: 'call', name, args: [part('arg')] };
      return { op: 'call', name, args: [part('left'), part('right')] };
  }
}

const both = (name: string, left: Expression, right: Expression): Expression => ({ op: 'call', name, args: [left, right] });
export const negated = (arg: Expression): Expression => ({ op: 'call', name: '!', args: [arg] });

function scopeOf(json: unknown, name: 'principal' | 'resource'): readonly Expression[] {
  if (!isJson(json)) return [];
  const self: Expression = { op: 'var', name };
  const entity = (of: unknown): Expression => {
    const named = entityOf(of);
    return named === undefined ? { op: 'call', name: 'unknown', args: [] } : { op: 'entity', ...named };
  };
  switch (json['op']) {
    case '==':
      return [both('==', self, entity(json['entity']))];
    case 'in':
      return [both('in', self, entity(json['entity']))];
    case 'is':
      return [
        { op: 'is', of: self, type: textOf(json['entity_type']) },
        ...(isJson(json['in']) ? [both('in', self, entity(json['in']['entity']))] : []),
      ];
    default:
      return [];
  }
}

function actionsOf(json: unknown): readonly string[] | 'all' {
  if (!isJson(json) || json['op'] === 'All') return 'all';
  const named = Array.isArray(json['entities']) ? json['entities'] : [json['entity']];
  return named.map((entity) => entityOf(entity)?.id ?? '');
}

/** From Cedar's JSON of a policy. */
export function parsedPolicy(json: unknown): Parsed {
  const policy = isJson(json) ? json : {};
  const conditions = Array.isArray(policy['conditions']) ? policy['conditions'] : [];
  return {
    effect: policy['effect'] === 'permit' ? 'permit' : 'forbid',
    scope: [...scopeOf(policy['principal'], 'principal'), ...scopeOf(policy['resource'], 'resource')],
    actions: actionsOf(policy['action']),
    conditions: conditions.filter(isJson).map((clause) => ({
      kind: clause['kind'] === 'unless' ? ('unless' as const) : ('when' as const),
      body: expressionOf(clause['body']),
    })),
  };
}

/** The parts of an expression, itself first. */
export function* partsOf(of: Expression): Generator<Expression> {
  yield of;
  for (const child of childrenOf(of)) yield* partsOf(child);
}

/** The expressions right below one, in the order they are written. */
export function childrenOf(of: Expression): readonly Expression[] {
  switch (of.op) {
    case 'value':
    case 'entity':
    case 'var':
      return [];
    case 'attr':
    case 'has':
    case 'like':
    case 'is':
      return [of.of];
    case 'if':
      return [of.test, of.yes, of.no];
    case 'set':
      return of.items;
    case 'record':
      return Object.values(of.fields);
    case 'call':
      return of.args;
    default:
      return of satisfies never;
  }
}

export const expressionsOf = ({ scope, conditions }: Parsed): readonly Expression[] => [
  ...scope,
  ...conditions.map(({ body }) => body),
];

/** `context.factor.fresh` of what reads so; undefined of anything else. */
export function pathOf(of: Expression): string | undefined {
  if (of.op === 'var') return of.name;
  if (of.op !== 'attr') return undefined;
  const before = pathOf(of.of);
  return before === undefined ? undefined : `${before}.${of.attr}`;
}

/** Cuts a tree at one operator: `a && b && c` into three. */
export const cutAt = (name: '&&' | '||', of: Expression): readonly Expression[] =>
  of.op === 'call' && of.name === name ? of.args.flatMap((arg) => cutAt(name, arg)) : [of];

const infix = new Set(['&&', '||', '==', '!=', '<', '<=', '>', '>=', '+', '-', '*', 'in']);

/** As Cedar writes it, near enough for people. */
export function sourceOf(of: Expression): string {
  switch (of.op) {
    case 'value':
      return JSON.stringify(of.value);
    case 'entity':
      return `${of.type}::${JSON.stringify(of.id)}`;
    case 'var':
      return of.name;
    case 'attr':
      return `${sourceOf(of.of)}.${of.attr}`;
    case 'has':
      return `${sourceOf(of.of)} has ${of.attr}`;
    case 'like':
      return `${sourceOf(of.of)} like ${JSON.stringify(of.pattern.join('*'))}`;
    case 'is':
      return `${sourceOf(of.of)} is ${of.type}`;
    case 'if':
      return `if ${sourceOf(of.test)} then ${sourceOf(of.yes)} else ${sourceOf(of.no)}`;
    case 'set':
      return `[${of.items.map(sourceOf).join(', ')}]`;
    case 'record':
      return `{${Object.entries(of.fields)
        .map(([k, field]) => `${k}: ${sourceOf(field)}`)
        .join(', ')}}`;
    case 'call': {
      const [first, ...rest] = of.args.map(sourceOf);
      if (infix.has(of.name)) return `(${[first, ...rest].join(` ${of.name} `)})`;
      if (of.name === '!' || of.name === 'neg') return `${of.name === '!' ? '!' : '-'}${first ?? ''}`;
      if (of.name === 'ip' || of.name === 'decimal' || of.name === 'datetime' || of.name === 'duration')
        return `${of.name}(${[first, ...rest].join(', ')})`;
      return `${first ?? ''}.${of.name}(${rest.join(', ')})`;
    }
    default:
      return of satisfies never;
  }
}
