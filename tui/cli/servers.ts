// Servers: what one may see, and administration.
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Labels, ServerRow } from '../../gateway/protocol/nouns.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { type Cell, type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { fitsSelector, readSelector } from './selector.ts';
import { verbs } from './verbs.ts';
import { withWhy } from './with-why.ts';

const tierPaint = { normal: 'dim', important: 'warn', critical: 'bad' } as const;
const statePaint = { online: 'good', offline: 'bad', 'never-seen': 'dim' } as const;

const headings = ['NAME', 'STATE', 'TIER', 'LEVEL', 'NEEDS', 'SESSIONS', 'USERS', 'LABELS'] as const;
const rowOf = (server: ServerRow): Cell[] => [
  server.name,
  { text: server.state, paint: statePaint[server.state] },
  { text: server.tier, paint: tierPaint[server.tier] },
  server.level,
  server.needs === 'nothing' ? '' : server.needs,
  server.liveSessions === 0 ? '' : server.liveSessions,
  server.users.join(','),
  labelText(server.labels),
];
const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

export const listServers: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 1 });
  if (!read.ok) return read;
  const selector = readSelector(read.value.words[0]);
  if (!selector.ok) return selector;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'server.list', {});
    if (!listed.ok) return listed;
    const servers = listed.value.servers.filter((server) => fitsSelector(server, selector.value));
    face.document(servers);
    face.table(headings, servers.map(rowOf));
    if (servers.length === 0) face.note('No server fits.');
    return { ok: true, value: 0 };
  });
};

/** `K=V`, once a flag. */
function labelsOf(face: Face, given: readonly string[] | undefined): Result<Labels | undefined> {
  if (given === undefined) return { ok: true, value: undefined };
  const labels: Record<string, string> = {};
  for (const one of given) {
    const at = one.indexOf('=');
    if (at < 1) return refuse('usage', `--label ${one}: expected KEY=VALUE`);
    if (Object.hasOwn(labels, one.slice(0, at))) face.note(`--label ${one.slice(0, at)} stands twice; the last one counts`);
    labels[one.slice(0, at)] = one.slice(at + 1);
  }
  return { ok: true, value: labels };
}

const add: Run = async (face, args) => {
  const read = readArgs(args, { label: { type: 'string', multiple: true }, minutes: { type: 'string' } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { values, words } = read.value;
  const labels = labelsOf(face, values.label);
  if (!labels.ok) return labels;
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  if (minutes !== undefined && (!Number.isInteger(minutes) || minutes < 1 || minutes > 15))
    return refuse('usage', '--minutes is a whole number from 1 to 15');
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const body = { name: words[0] ?? '', labels: labels.value ?? {}, ...(minutes === undefined ? {} : { minutes }) };
    const added = await ask(face, link, 'server.add', body);
    if (!added.ok) return added;
    face.document(added.value);
    face.line(`Run this on the server before ${when(added.value.expiresAt)}; it works once and is shown only now:`);
    face.line(added.value.command);
    return { ok: true, value: 0 };
  });
};

const set: Run = async (face, args) => {
  const read = readArgs(args, { label: { type: 'string', multiple: true } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const labels = labelsOf(face, read.value.values.label);
  if (!labels.ok) return labels;
  if (labels.value === undefined) return refuse('usage', 'nothing to set');
  const may = mayChange(face);
  if (!may.ok) return may;
  const body = { server: read.value.words[0] ?? '', labels: labels.value };
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'server.set', body);
    if (!done.ok) return done;
    face.document(done.value);
    return { ok: true, value: 0 };
  });
};

const remove = withWhy('server.remove', (server, why) => ({ server, why }));

export const servers = verbs({ ls: listServers, add, set, rm: remove });
