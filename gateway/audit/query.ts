// The query language of the audit log, the same for pages, tails, sinks, alerts and holds; QUERIES.md beside the programs tells people of it.
//   actor:uma server:db-* type:session.* since:2h outcome:denied "free text"
// Terms stand side by side and must all fit. `key:a,b` = either; `-term` must not fit; `A OR B` = either; ( ) group; `*` stands for anything in a value;
// a value or text with spaces stands in double quotes. Case does not count, but for OR, AND and NOT.
//
// `now` is what `since:2h`, `today` and the like count from: once, when a query is parsed. A page parses its query when it is asked for, a live tail when it
// begins: what happens later is always since then. Whoever keeps a query (a hold, a sink, an alert) decides by the `now` they hand in.
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { AuditRow } from '../protocol/nouns.ts';
import { fieldOf, freeText, type QueryNode, rowFits } from './query-fields.ts';

export type AuditQuery = ((row: AuditRow) => boolean) & {
  /** What it asks, for an index to narrow by. */
  readonly node: QueryNode;
};

const maxTerms = 32;
/** `key:a,b` has two. */
const maxValues = 64;
const maxDepth = 8;

/** Parses a query; `now` = what relative instants count from, ms. Error: bad-request naming the term and what would be right. */
export function parseQuery(query: string, now: number): Result<AuditQuery> {
  const tokens = tokensOf(query);
  const terms = tokens.filter(({ token }) => token === 'term');
  if (terms.length > maxTerms) return refuse('bad-request', `more than ${maxTerms} terms`);
  if (terms.reduce((sum, { text }) => sum + (/^-?[a-z]+:/i.test(text) ? valuesOf(text).length : 1), 0) > maxValues)
    return refuse('bad-request', `more than ${maxValues} values`);
  const reader: Reader = { tokens, at: 0, now };
  const node = either(reader, 0);
  if (!node.ok) return node;
  if (reader.at < tokens.length) return refuse('bad-request', 'a ) without its (');
  return fine(Object.assign((row: AuditRow) => nodeFits(node.value, row), { node: node.value }));
}

function nodeFits(node: QueryNode, row: AuditRow): boolean {
  if ('all' in node) return node.all.every((one) => nodeFits(one, row));
  if ('any' in node) return node.any.some((one) => nodeFits(one, row));
  if ('not' in node) return !nodeFits(node.not, row);
  return rowFits(node, row);
}

type Token = { readonly token: 'term' | 'open' | 'close' | 'or' | 'not'; readonly text: string };

function tokensOf(query: string): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (const [raw] of query.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)) {
    let text = raw;
    while (/^-?\(./.test(text) || text === '(' || text === '-(') {
      if (text.startsWith('-')) tokens.push({ token: 'not', text: '-' });
      tokens.push({ token: 'open', text: '(' });
      depth += 1;
      text = text.slice(text.startsWith('-') ? 2 : 1);
    }
    // A parenthesis that nothing opened, or one in quotes, is text.
    let closing = 0;
    while (depth > 0 && text.endsWith(')') && text.split('"').length % 2 === 1) {
      text = text.slice(0, -1);
      depth -= 1;
      closing += 1;
    }
    if (text === 'OR' || text === '|') tokens.push({ token: 'or', text });
    else if (text === 'NOT') tokens.push({ token: 'not', text });
    else if (text !== '' && text !== 'AND') tokens.push({ token: 'term', text });
    for (; closing > 0; closing -= 1) tokens.push({ token: 'close', text: ')' });
  }
  return tokens;
}

type Reader = { readonly tokens: readonly Token[]; at: number; readonly now: number };

/** `A B OR C D` */
function either(reader: Reader, depth: number): Result<QueryNode> {
  const any: QueryNode[] = [];
  for (;;) {
    const one = together(reader, depth);
    if (!one.ok) return one;
    any.push(one.value);
    if (reader.tokens[reader.at]?.token !== 'or') break;
    reader.at += 1;
    const empty = any.some((node) => 'all' in node && node.all.length === 0);
    const after = reader.tokens[reader.at]?.token;
    if (empty || after === undefined || after === 'or' || after === 'close')
      return refuse('bad-request', 'OR stands between two terms');
  }
  const [only] = any;
  return fine(any.length === 1 && only !== undefined ? only : { any });
}

/** `A B C` */
function together(reader: Reader, depth: number): Result<QueryNode> {
  const all: QueryNode[] = [];
  for (;;) {
    const token = reader.tokens[reader.at]?.token;
    if (token === undefined || token === 'or' || token === 'close') return fine({ all });
    const one = single(reader, depth);
    if (!one.ok) return one;
    all.push(one.value);
  }
}

function single(reader: Reader, depth: number): Result<QueryNode> {
  const token = reader.tokens[reader.at];
  reader.at += 1;
  switch (token?.token) {
    case 'not': {
      const after = reader.tokens[reader.at]?.token;
      if (after !== 'term' && after !== 'open') return refuse('bad-request', `${token.text} stands before a term`);
      const node = single(reader, depth);
      return node.ok ? fine({ not: node.value }) : node;
    }
    case 'open': {
      if (depth >= maxDepth) return refuse('bad-request', `more than ${maxDepth} ( in each other`);
      const node = either(reader, depth + 1);
      if (!node.ok) return node;
      if (reader.tokens[reader.at]?.token !== 'close') return refuse('bad-request', 'a ( without its )');
      reader.at += 1;
      return 'all' in node.value && node.value.all.length === 0 ? refuse('bad-request', 'nothing stands between ( and )') : node;
    }
    default: {
      const text = token?.text ?? '';
      if (text.length > 1 && text.startsWith('-')) {
        const node = termOf(text.slice(1), reader.now);
        return node.ok ? fine({ not: node.value }) : node;
      }
      return termOf(text, reader.now);
    }
  }
}

const unquoted = (text: string): string => text.replaceAll('"', '');
/** Values of a term: commas in quotes are part of one. */
const valuesOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:[^,"]|"[^"]*"?)+/g)]
    .map(([value]) => unquoted(value).trim().toLowerCase())
    .filter((value) => value !== '');

function termOf(term: string, now: number): Result<QueryNode> {
  const colon = /^[a-z]+:/i.exec(term)?.[0].length;
  if (colon === undefined) {
    const word = unquoted(term).toLowerCase();
    return fine(word === '' ? { all: [] } : freeText(word));
  }
  const bad = (why: string | undefined) => refuse('bad-request', `${term.slice(0, 64)}: ${why ?? 'not understood'}`);
  const field = fieldOf(term.slice(0, colon - 1).toLowerCase());
  if (!field.ok) return bad(field.problem.detail);
  const values = valuesOf(term.slice(colon));
  if (values.length === 0) return bad('a value is missing');
  const any: QueryNode[] = [];
  for (const value of values) {
    const one = field.value(value, now);
    if (!one.ok) return bad(one.problem.detail);
    any.push(one.value);
  }
  const [only] = any;
  return fine(any.length === 1 && only !== undefined ? only : { any });
}
