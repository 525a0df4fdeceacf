// The fields of a query: what each may be asked, and of which part of a row it speaks. A question is asked of one part at a time, so that an index, which
// holds the parts apart, can answer it for a whole value of a column at once (narrow.ts).
import { openRanges } from '../access/address.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { type AuditRow, outcomes, severities } from '../protocol/nouns.ts';
import { globFits } from './glob.ts';
import { aroundOf, spanOf } from './query-time.ts';

/** The parts of a row that questions are about. */
export type Facets = {
  readonly kind: Pick<AuditRow, 'type' | 'code' | 'severity' | 'outcome'>;
  readonly actor: AuditRow['actor'];
  readonly target: AuditRow['target'];
  readonly session: string | undefined;
  readonly address: string | undefined;
  readonly dataServer: string | undefined;
  readonly dataSession: string | undefined;
  readonly dataPerson: string | undefined;
  readonly dataAction: string | undefined;
  /** All of it: nothing an index can know. */
  readonly row: AuditRow;
};
export type Facet = keyof Facets;

/** From one number to another, both within it. */
export type Range = { readonly from: number; readonly to: number };

/** A question about one part; when and at which number are asked as a range. */
export type Question =
  | {
      readonly [F in Facet]: {
        readonly about: F;
        readonly fits: (part: Facets[F]) => boolean;
        /** Of a part that is text: only this one fits, whatever its case. */
        readonly only?: string;
      };
    }[Facet]
  | ({ readonly about: 'at' | 'seq' } & Range);

export type QueryNode =
  | { readonly all: readonly QueryNode[] }
  | { readonly any: readonly QueryNode[] }
  | { readonly not: QueryNode }
  | Question;

const ever: Range = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** Outside these no row fits: `at` in ms, `seq` in numbers. */
export function boundsOf(node: QueryNode): { readonly at: Range; readonly seq: Range } {
  if ('all' in node)
    return node.all
      .map(boundsOf)
      .reduce((a, b) => ({ at: narrower(a.at, b.at), seq: narrower(a.seq, b.seq) }), { at: ever, seq: ever });
  if ('any' in node) {
    const [first, ...rest] = node.any.map(boundsOf);
    return rest.reduce((a, b) => ({ at: wider(a.at, b.at), seq: wider(a.seq, b.seq) }), first ?? { at: ever, seq: ever });
  }
  if ('not' in node || !('from' in node)) return { at: ever, seq: ever };
  return { at: ever, seq: ever, [node.about]: { from: node.from, to: node.to } };
}
const narrower = (a: Range, b: Range): Range => ({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) });
const wider = (a: Range, b: Range): Range => ({ from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) });

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Whether a row answers a question. */
export function rowFits(question: Question, row: AuditRow): boolean {
  switch (question.about) {
    case 'kind':
      return question.fits(row);
    case 'actor':
      return question.fits(row.actor);
    case 'target':
      return question.fits(row.target);
    case 'session':
      return question.fits(row.session);
    case 'address':
      return question.fits(row.address);
    case 'dataServer':
      return question.fits(textOf(row.data['server']));
    case 'dataSession':
      return question.fits(textOf(row.data['session']));
    case 'dataPerson':
      return question.fits(textOf(row.data['person']));
    case 'dataAction':
      return question.fits(textOf(row.data['action']));
    case 'at':
      return row.at >= question.from && row.at <= question.to;
    case 'seq':
      return row.seq >= question.from && row.seq <= question.to;
    case 'row':
      return question.fits(row);
    default:
      return question satisfies never;
  }
}

/** What one value of a field asks; `value` is in lower case and not empty. The refusal says what would be right. */
type Field = (value: string, now: number) => Result<QueryNode>;

const ask = (...any: readonly Question[]): Result<QueryNode> => fine(any.length === 1 && any[0] !== undefined ? any[0] : { any });
const like =
  (value: string) =>
  (text: string | undefined): boolean =>
    text !== undefined && globFits(value, text.toLowerCase());
/** A question that one text alone answers, where there is no `*`. */
const only = (value: string) => (value.includes('*') ? {} : { only: value });
const wrong = (why: string) => refuse('bad-request', why);

const isKind = (target: AuditRow['target'], prefix: string): target is NonNullable<AuditRow['target']> =>
  target?.id.startsWith(prefix) === true;

/** A target of one kind, by name or id. */
const targetOf = (prefix: string, fits: (text: string | undefined) => boolean): Question => ({
  about: 'target',
  fits: (target) => isKind(target, prefix) && (fits(target.name) || fits(target.id)),
});

const typeFits =
  (value: string) =>
  (type: string): boolean =>
    globFits(value, type) || (!value.includes('.') && type.startsWith(`${value}.`));

function oneOf<T extends string>(value: string, of: readonly T[]): Result<(one: T) => boolean> {
  const fitting = of.filter((one) => globFits(value, one));
  return fitting.length === 0 ? wrong(`one of ${of.join(', ')}`) : fine((one) => fitting.includes(one));
}

const instants = 'a span like 30m or 2h, a day like today, tue or 2026-11-22, a time like 15:00 or "tue 15:00"';

function bound(value: string, now: number, of: (span: Range) => Range): Result<QueryNode> {
  const span = spanOf(value, now);
  return span === undefined ? wrong(instants) : ask({ about: 'at', ...of(span) });
}

function textIn(word: string): Question {
  const holds = (value: unknown, depth = 0): boolean =>
    typeof value === 'string'
      ? value.toLowerCase().includes(word)
      : typeof value === 'object' &&
        value !== null &&
        depth < 4 &&
        Object.values(value).some((member) => holds(member, depth + 1));
  return {
    about: 'row',
    fits: (row) =>
      row.summary.toLowerCase().includes(word) ||
      row.type.includes(word) ||
      row.code.toLowerCase() === word ||
      row.actor.name.toLowerCase().includes(word) ||
      row.target?.name.toLowerCase().includes(word) === true ||
      row.address?.toLowerCase().includes(word) === true ||
      holds(row.data),
  };
}

/** Text that a row holds: in its sentence, its type, its names, its address or what else it says. In lower case. */
export const freeText = (word: string): QueryNode => textIn(word);

const fields = {
  actor: (value) =>
    ask({ about: 'actor', fits: ({ kind, id, name }) => like(value)(name) || like(value)(id) || like(value)(kind) }),
  server: (value) => ask(targetOf('srv_', like(value)), { about: 'dataServer', fits: like(value), ...only(value) }),
  target: (value) =>
    ask(
      { about: 'target', fits: (target) => like(value)(target?.name) || like(value)(target?.id) },
      { about: 'dataServer', fits: like(value), ...only(value) },
    ),
  person: (value) =>
    ask(
      { about: 'actor', fits: ({ kind, id, name }) => kind === 'person' && (like(value)(name) || like(value)(id)) },
      targetOf('usr_', like(value)),
      { about: 'dataPerson', fits: like(value), ...only(value) },
    ),
  group: (value) => ask(targetOf('grp_', like(value))),
  session: (value) =>
    ask({ about: 'session', fits: like(value), ...only(value) }, { about: 'dataSession', fits: like(value), ...only(value) }),
  type: (value) => ask({ about: 'kind', fits: ({ type }) => typeFits(value)(type) }),
  action: (value) =>
    ask({ about: 'kind', fits: ({ type }) => typeFits(value)(type) }, { about: 'dataAction', fits: like(value), ...only(value) }),
  code: (value) => ask({ about: 'kind', fits: ({ code }) => like(value)(code) }),
  outcome: (value) => {
    const fits = oneOf(value, outcomes);
    return fits.ok ? ask({ about: 'kind', fits: ({ outcome }) => fits.value(outcome) }) : fits;
  },
  severity: (value) => {
    const [, sign, name] = /^(>=?|<=?)?(.*)$/.exec(value) ?? [];
    const fits = oneOf(name ?? '', severities);
    if (!fits.ok || sign === undefined)
      return fits.ok ? ask({ about: 'kind', fits: ({ severity }) => fits.value(severity) }) : fits;
    const at = severities.findIndex((one) => one === name);
    return ask({
      about: 'kind',
      fits: ({ severity }) => {
        const is = severities.indexOf(severity);
        return (sign.endsWith('=') && is === at) || (sign.startsWith('>') ? is > at : is < at);
      },
    });
  },
  address: (value) => {
    if (!value.includes('/')) return ask({ about: 'address', fits: like(value), ...only(value) });
    const inside = openRanges([value]);
    return inside.ok
      ? ask({ about: 'address', fits: (address) => address !== undefined && inside.value(address) })
      : wrong('a range like 10.0.0.0/8');
  },
  since: (value, now) => bound(value, now, ({ from }) => ({ ...ever, from })),
  until: (value, now) => bound(value, now, ({ to }) => ({ ...ever, to })),
  at: (value, now) => {
    const span = aroundOf(value, now);
    return span === undefined
      ? wrong(`${instants}, with ±30m after it, or two of them with .. between`)
      : ask({ about: 'at', ...span });
  },
  seq: (value) => {
    const [, from, dots, to] = /^(\d{1,15})?(\.\.)?(\d{1,15})?$/.exec(value) ?? [];
    if (from === undefined && to === undefined) return wrong('a number, or a range like 100..200');
    const least = Number(from ?? 0);
    return ask({ about: 'seq', from: least, to: dots === undefined ? least : Number(to ?? Number.MAX_SAFE_INTEGER) });
  },
  text: (value) => fine(textIn(value)),
} as const satisfies Readonly<Record<string, Field>>;

export type FieldName = keyof typeof fields;
/** Every field, by its own name. */
export const fieldNames: readonly FieldName[] = Object.keys(fields).filter((key): key is FieldName => Object.hasOwn(fields, key));

/** Other words people try. */
const alsoCalled: Readonly<Record<string, FieldName>> = {
  who: 'actor',
  by: 'actor',
  user: 'actor',
  host: 'server',
  on: 'server',
  ip: 'address',
  from: 'address',
  addr: 'address',
  event: 'type',
  result: 'outcome',
  level: 'severity',
  after: 'since',
  before: 'until',
  when: 'at',
};
export const fieldAliases: readonly (readonly [alias: string, field: FieldName])[] = Object.entries(alsoCalled);

/** The field of a name; the refusal names the nearest one. */
export function fieldOf(name: string): Result<Field> {
  const own: string | undefined = Object.hasOwn(alsoCalled, name) ? alsoCalled[name] : name;
  const known = fieldNames.find((field) => field === own);
  if (known !== undefined) return fine(fields[known]);
  const nearest = [...fieldNames, ...Object.keys(alsoCalled)]
    .map((field) => ({ field, far: field.startsWith(name) && name.length > 1 ? 1 : distance(name, field) }))
    .toSorted((a, b) => a.far - b.far)[0];
  const meant =
    nearest !== undefined && nearest.far <= Math.max(1, Math.min(3, name.length / 2))
      ? ` did you mean ${nearest.field}:?`
      : ` fields are ${fieldNames.join(', ')};`;
  return wrong(`there is no field ${name.slice(0, 32)};${meant} in quotes it is text`);
}

/** Letters to change, add, take away or swap with their neighbour to get from one word to the other. */
function distance(a: string, b: string): number {
  if (a.length > 32) return a.length;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 99) + 1 : 99;
      next.push(Math.min((row[j] ?? 99) + 1, (next[j - 1] ?? 99) + 1, (row[j - 1] ?? 99) + (same ? 0 : 1), swapped));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 99;
}
