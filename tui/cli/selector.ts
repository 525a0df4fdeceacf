// A chosen set of servers as typed: a name or a pattern with `*`, and labels, joined by commas. Pure.

import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { fit } from '../../gateway/protocol/json.ts';
import { type Selector, type ServerRow, selector as selectorSchema } from '../../gateway/protocol/nouns.ts';

/** `web-*,env=prod`. Nothing chooses all. Errors: `usage`. */
export function readSelector(given: string | undefined): Result<Selector> {
  if (given === undefined || given === '') return { ok: true, value: {} };
  let name: string | undefined;
  const labels: Record<string, string> = {};
  for (const part of given.split(',')) {
    const at = part.indexOf('=');
    if (at > 0) labels[part.slice(0, at)] = part.slice(at + 1);
    else if (name === undefined) name = part;
    else return refuse('usage', `${given}: more than one name`);
  }
  const fitted = fit(selectorSchema, {
    ...(name === undefined ? {} : { name }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  });
  return fitted.ok ? fitted : refuse('usage', `${given}: ${fitted.problem.detail ?? 'no selector'}`);
}

/** The same way round; `*` chooses all. */
export const selectorText = ({ name, labels }: Selector): string =>
  [...(name === undefined ? [] : [name]), ...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)].join(',') ||
  '*';

export function fitsSelector(server: Pick<ServerRow, 'name' | 'labels'>, { name, labels }: Selector): boolean {
  const pattern = name === undefined ? undefined : new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  if (pattern?.test(server.name) === false) return false;
  return Object.entries(labels ?? {}).every(([key, value]) => Object.hasOwn(server.labels, key) && server.labels[key] === value);
}

/** The same, as it was typed. */
export const selectorWords = ({ name, labels }: Selector): string =>
  [...(name === undefined ? [] : [name]), ...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)].join(',') ||
  '*';
