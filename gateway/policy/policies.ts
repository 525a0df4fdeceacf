// The policies in force: text, ids, annotations, and the digest that sessions carry. Built-in ones ship as readable files beside this one.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Level, levels } from '../protocol/nouns.ts';
import { cutPolicies, PolicyFault, type PolicyText, prepare } from './cedar.ts';

export type Policies = {
  /** SHA-256 hex over schema and policies; also the name they are prepared under. */
  readonly digest: string;
  readonly byId: ReadonlyMap<string, PolicyText>;
  /** Labels that some policy asks for; the only ones given to it, so that servers differing in others share a decision. */
  readonly tags: ReadonlySet<string> | 'all';
};

const builtin = ['roles', 'doors', 'levels', 'requests', 'sessions', 'moderation', 'recordings', 'step-up'] as const;
const asset = createRequire(import.meta.url);
/** Through package.json "imports", because the built program stands in another folder than these files. */
const read = (name: string): string => readFileSync(asset.resolve(`#policy/${name}`), 'utf8');

/** Built-in policies, checked against the schema. @throws PolicyFault: then nothing may be decided and the gateway must not start. */
export const builtinPolicies = (): Policies =>
  policiesFrom(
    read('sallyport.cedarschema'),
    builtin.map((name) => ({ name: `${name}.cedar`, source: read(`builtin/${name}.cedar`) })),
  );

/** @throws PolicyFault */
export function policiesFrom(schema: string, files: readonly { readonly name: string; readonly source: string }[]): Policies {
  const cut = files.flatMap(({ name, source }) => cutPolicies(name, source));
  for (const { id, annotations } of cut)
    if (annotations['level'] !== undefined && !levels.some((level) => level === annotations['level']))
      throw new PolicyFault(`${id}: @level("${annotations['level']}") is no level`);
  for (const { id, annotations } of cut)
    if (annotations['moderators'] !== undefined && !/^[1-9]$/.test(annotations['moderators']))
      throw new PolicyFault(`${id}: @moderators("${annotations['moderators']}") is not 1 to 9`);
  for (const { id, annotations } of cut)
    if (annotations['approvals'] !== undefined && !/^[1-9]$/.test(annotations['approvals']))
      throw new PolicyFault(`${id}: @approvals("${annotations['approvals']}") is not 1 to 9`);
  const hash = createHash('sha256').update(schema);
  for (const { id, text } of cut) hash.update(JSON.stringify([id, text]));
  const digest = hash.digest('hex');
  prepare(digest, schema, cut);
  return {
    digest,
    byId: new Map(cut.map(({ id, text, annotations }) => [id, { id, text, annotations }])),
    tags: cut.some(({ tags }) => tags === 'all') ? 'all' : new Set(cut.flatMap(({ tags }) => (tags === 'all' ? [] : tags))),
  };
}

/** The level a permit gives by itself, where it has a @level. */
export function levelGiven(policies: Policies, ids: readonly string[]): Level {
  let best = 0;
  for (const id of ids)
    best = Math.max(
      best,
      levels.findIndex((level) => level === policies.byId.get(id)?.annotations['level']),
    );
  return levels[best] ?? 'none';
}

/** How many moderators the policies that denied a shell alone ask for (E2): the most that one of them names in @moderators, at least one. */
export function moderatorsAsked(policies: Policies, ids: readonly string[]): number {
  return Math.max(1, ...ids.map((id) => Number(policies.byId.get(id)?.annotations['moderators'] ?? 1)));
}

/** How many approvals the policies that denied a single one ask for (N of M): the most that one of them names in @approvals, at least two. */
export function approvalsAsked(policies: Policies, ids: readonly string[]): number {
  return Math.max(2, ...ids.map((id) => Number(policies.byId.get(id)?.annotations['approvals'] ?? 2)));
}
