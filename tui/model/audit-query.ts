// What a face adds to a query before it asks (gateway/audit/QUERIES.md): flags that stand for terms, and that the gateway's own ticking stays out of sight. Pure.

/** That nothing happened, and that the state was saved: true, and no news. */
const ticking = '-type:audit.heartbeat,state.sealed';
const mostQuery = 512;

/**
 * The query for what a person looks at: without heartbeats and seals, unless it asks for types, codes or numbers itself, or speaks of them. The gateway
 * leaves nothing out by itself.
 */
export function asShown(query: string): string {
  if (/(^|[\s(-])(type|event|action|code|seq|text):/i.test(query) || /heartbeat|seal/i.test(query)) return query;
  const shown = query.trim() === '' ? ticking : `${grouped(query)} ${ticking}`;
  return shown.length > mostQuery ? query : shown;
}

/** A query with the terms that flags stand for (S71). */
export function withFlags(
  query: string,
  flags: { readonly action?: string | undefined; readonly at?: string | undefined },
): string {
  const terms = [
    ...(flags.action === undefined ? [] : [`action:${quoted(flags.action)}`]),
    ...(flags.at === undefined ? [] : [`at:${quoted(flags.at)}`]),
  ];
  if (terms.length === 0) return query;
  return [query.trim() === '' ? '' : grouped(query), ...terms].filter((part) => part !== '').join(' ');
}

const quoted = (value: string): string => `"${value.replaceAll('"', '')}"`;

/** OR binds less than what stands beside it. */
const grouped = (query: string): string => (/(^|\s)(OR|\|)(\s|$)/.test(query) ? `(${query})` : query);
