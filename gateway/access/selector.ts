// Which servers a selector chooses (S37): a name pattern in which only `*` is special, and labels that must all be equal.
// Deliberately no regular expression: a star compiled to `.*` can take minutes on a hostile name (TRUST B2, ReDoS).
import * as v from 'valibot';
import { type Labels, type Selector, selector as selectorSchema } from '../protocol/nouns.ts';

/** Cuts a pattern at its stars: the pieces must stand in the name in this order, the first at its start and the last at its end. */
const piecesOf = (pattern: string): readonly string[] => pattern.split('*');

/** True when the whole name fits. Each piece is looked for once, behind the one before it, so the time is linear in the name for patterns of bounded length. */
function fits(pieces: readonly string[], name: string): boolean {
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return name === first;
  const last = pieces.at(-1) ?? '';
  const end = name.length - last.length;
  if (!name.startsWith(first) || end < first.length || !name.endsWith(last)) return false;
  let from = first.length;
  for (let i = 1; i < pieces.length - 1; i += 1) {
    const piece = pieces[i] ?? '';
    const at = name.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}

/** True when the whole name fits the pattern; `*` stands for any run of characters, also none. */
export const nameFits = (pattern: string, name: string): boolean => fits(piecesOf(pattern), name);

export type Chooses = (server: { readonly name: string; readonly labels: Labels }) => boolean;

/** The selector, ready to be asked about many servers. An empty selector chooses every server. */
export function chooser(selector: Selector): Chooses {
  const pieces = selector.name === undefined ? undefined : piecesOf(selector.name);
  const wanted = Object.entries(selector.labels ?? {});
  return (server) => {
    if (pieces !== undefined && !fits(pieces, server.name)) return false;
    for (const [key, value] of wanted) if (server.labels[key] !== value || !Object.hasOwn(server.labels, key)) return false;
    return true;
  };
}

/** A selector as people say it: `web-* env=prod`, or `every server`. */
export const selectorWords = ({ name, labels }: Selector): string =>
  [...(name === undefined ? [] : [name]), ...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)].join(' ') ||
  'every server';

/** A selector as it is typed: a name or a pattern, and labels, joined by commas: `web-*,env=production`. Undefined when it is none, or chooses everything. */
export function typedSelector(typed: string): Selector | undefined {
  const parts = typed.split(',').filter((part) => part !== '');
  const names = parts.filter((part) => !part.includes('='));
  const labels = parts
    .filter((part) => part.includes('='))
    .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]);
  if (names.length > 1 || parts.length === 0) return undefined;
  const read = v.safeParse(selectorSchema, {
    ...(names[0] === undefined ? {} : { name: names[0] }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
  });
  return read.success ? read.output : undefined;
}
