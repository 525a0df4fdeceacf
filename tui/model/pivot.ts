// From a row of the audit tail to its neighbours: who, where, from where and in which session, as a term of the query language
// (gateway/audit/QUERIES.md). Pure. A term stands for one fact: another row's takes its place.
import type { AuditRow } from '../../gateway/protocol/nouns.ts';

export const pivots = ['actor', 'server', 'address', 'session'] as const;
export type Pivot = (typeof pivots)[number];

/** Other words for the same field: whoever typed one of them gets it replaced, not doubled. */
const names: Readonly<Record<Pivot, readonly string[]>> = {
  actor: ['actor', 'who', 'by', 'user'],
  server: ['server', 'host', 'on'],
  address: ['address', 'ip', 'from', 'addr'],
  session: ['session'],
};
const lacks: Readonly<Record<Pivot, string>> = {
  actor: 'This record names nobody.',
  server: 'This record is of no server.',
  address: 'This record says no address.',
  session: 'This record is of no session.',
};
/** `actor:` asks for a kind, too. */
const kinds: ReadonlySet<string> = new Set(['person', 'server', 'gateway', 'stranger'] satisfies AuditRow['actor']['kind'][]);
const mostQuery = 512;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value : undefined);

/** What the row says of that fact: a name where it means nothing else, an id otherwise. */
function factOf(row: AuditRow, pivot: Pivot): string | undefined {
  switch (pivot) {
    case 'actor': {
      const { kind, id } = row.actor;
      if (kind === 'gateway' || kind === 'stranger') return kind;
      const name = text(row.actor.name);
      return name === undefined || kinds.has(name.toLowerCase()) ? (text(id) ?? name) : name;
    }
    case 'server': {
      const { target } = row;
      return target?.id.startsWith('srv_') === true ? (text(target.name) ?? target.id) : text(row.data['server']);
    }
    case 'address':
      return text(row.address);
    case 'session':
      return text(row.session) ?? text(row.data['session']);
    default:
      return pivot satisfies never;
  }
}

/** `field:value`. A quotation mark cannot be asked for, nor can spaces at the ends: there anything fits. */
function termOf(pivot: Pivot, value: string): string {
  const asked = value.replaceAll('"', '*').replace(/^\s+|\s+$/gu, '*');
  return /^[\p{L}\p{N}_.@:*-]+$/u.test(asked) ? `${pivot}:${asked}` : `${pivot}:"${asked}"`;
}

/**
 * The query that asks for rows like this one in that fact, too. A sentence where the row says nothing of it, or the query takes no more. `query` is one the
 * gateway answered.
 */
export function pivoted(query: string, row: AuditRow, pivot: Pivot): { readonly query: string } | { readonly lacks: string } {
  const fact = factOf(row, pivot);
  if (fact === undefined) return { lacks: lacks[pivot] };
  const term = termOf(pivot, fact);
  const words = wordsOf(query);
  if (words === undefined) return { lacks: 'The filter has a ) without its (: put it in quotes first.' };
  const either = words.some(({ depth, word }) => depth === 0 && (word === 'OR' || word === '|'));
  const grouped = either && query.trim() !== '' ? `(${words.map(({ word }) => word).join(' ')})` : undefined;
  const own = grouped === undefined ? words.filter((_, at) => !isSameFact(words, at, pivot)).map(({ word }) => word) : [grouped];
  const asked = [...own, term].join(' ');
  return asked.length > mostQuery ? { lacks: 'The filter is too long for more: esc clears it.' } : { query: asked };
}

type Word = { readonly word: string; readonly depth: number };

/** The words of a query and how deep in parentheses they begin, as the gateway reads them; undefined: a parenthesis that nothing opened. */
function wordsOf(query: string): readonly Word[] | undefined {
  const closed = query.split('"').length % 2 === 0 ? `${query}"` : query;
  const words: Word[] = [];
  let depth = 0;
  for (const [word] of closed.matchAll(/(?:[^\s"]|"[^"]*")+/g)) {
    let inner = word;
    // It says nothing, and stands in nobody's way: NOT speaks of what comes after it.
    if (word === 'AND') continue;
    words.push({ word, depth: /^-?\(/.test(word) ? depth + 1 : depth });
    while (/^-?\(./.test(inner) || inner === '(' || inner === '-(') {
      depth += 1;
      inner = inner.slice(inner.startsWith('-') ? 2 : 1);
    }
    while (depth > 0 && inner.endsWith(')') && inner.split('"').length % 2 === 1) {
      inner = inner.slice(0, -1);
      depth -= 1;
    }
    if (inner.endsWith(')') && depth === 0) return undefined;
  }
  return words;
}

/** Asks for the same fact, for all rows: what is in parentheses or asked not to fit stays. */
function isSameFact(words: readonly Word[], at: number, pivot: Pivot): boolean {
  const here = words[at];
  if (here === undefined || here.depth > 0 || words[at - 1]?.word === 'NOT') return false;
  const field = /^([a-z]+):/i.exec(here.word)?.[1]?.toLowerCase();
  return field !== undefined && names[pivot].includes(field);
}
