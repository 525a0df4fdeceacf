// What the checklist rests on, gathered: a shell that reads the data folder, the clock and the disk, and asks the identity provider to describe itself.
// It changes nothing and needs no gateway to run or to be stopped. What cannot be looked at is said so; nothing is guessed.
import { X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { settingsOf } from './audit/fold-access.ts';
import { rows, type State } from './audit/state.ts';
import { isWhole } from './audit/verify.ts';
import { dutiesOf } from './check-duties.ts';
import type { CheckedPerson, CheckFacts } from './check-line.ts';
import { readAdded, readState } from './check-log.ts';
import { type Config, isLoopback, readConfig } from './config.ts';
import { fileStanding, standingNote } from './outside/anchor-file.ts';
import { readSpool } from './outside/anchor-spool.ts';
import { dataFolder } from './outside/data-folder.ts';
import { errno, realDisk } from './outside/disk.ts';
import { isFolderLocked } from './outside/folder-lock.ts';
import { describeProvider } from './outside/oidc.ts';
import { verifyFolder } from './outside/verify-folder.ts';
import { openPolicySets, servable } from './policy/in-force.ts';
import { builtinPolicies, type Policies } from './policy/policies.ts';
import { fine, type Result, refuse } from './protocol/errors.ts';
import type { Instant } from './protocol/nouns.ts';

type Folder = ReturnType<typeof dataFolder>;

/** Errors: those of {@link readConfig}; everything else is a fact. */
export async function gatherFacts(data: string, now: () => Instant): Promise<Result<CheckFacts>> {
  const read = await readConfig(data);
  if (!read.ok) return read;
  const config = read.value;
  const folder = dataFolder(data);
  const provider = askProvider(config);
  const log = await verifyFolder(data);
  // What the log says is believed as far as it verifies.
  const believed = isWhole(log.verdict) ? await readState(realDisk, folder).catch(() => undefined) : undefined;
  const people = believed === undefined ? undefined : rows(believed.state.people);
  const addedAt = people?.some(({ status }) => status === 'invited') === true ? await readAdded(realDisk, folder) : new Map();
  return fine({
    now: now(),
    data: /^[\w./-]+$/.test(data) ? data : `'${data.replaceAll("'", String.raw`'\''`)}'`,
    config,
    files: await lookAtFiles(folder, config),
    lock: await lookAtLock(data),
    log,
    savedState: (await isThere(folder.state)) ? 'there' : 'missing',
    lastRecordAt: believed?.lastAt,
    certificates: await lookAtCertificates(folder),
    provider: await provider,
    disk: await lookAtDisk(folder),
    people: people?.map(
      ({ id, name, role, status, factor }): CheckedPerson => ({
        name,
        role,
        status,
        hasFactor: factor !== undefined,
        addedAt: addedAt.get(id),
      }),
    ),
    factorRequired: believed && settingsOf(believed.state).factorRequired,
    duties: believed && lookAtDuties(believed.state, now()),
    anchors: { rows: await lookAtAnchors(folder, config) },
  });
}

let base: Policies | undefined;

function lookAtDuties(state: State, now: Instant): CheckFacts['duties'] {
  base ??= builtinPolicies();
  if (!servable(base, state).ok) return undefined;
  return dutiesOf(state, openPolicySets(base, () => state.policy).now(), now);
}

const isThere = (file: string): Promise<boolean> =>
  fs.lstat(file).then(
    () => true,
    () => false,
  );

async function askProvider({ provider }: Config): ReturnType<typeof describeProvider> {
  let caPem: string | undefined;
  try {
    caPem = provider.caFile === undefined ? undefined : await fs.readFile(provider.caFile, 'utf8');
  } catch {
    return refuse('bad-request', `${provider.caFile} cannot be read`);
  }
  return describeProvider({ issuer: provider.issuer, clientId: provider.clientId, caPem });
}

async function lookAtFiles(folder: Folder, config: Config): Promise<CheckFacts['files']> {
  const found = { count: 0, loose: [] as string[], foreign: [] as string[], strange: [] as string[], unreadable: [] as string[] };
  // Certificates are for everybody to have.
  const open = new Set([folder.ca, path.join(folder.keys, 'server.pem')]);
  let owner: number | undefined;
  const look = async (at: string): Promise<void> => {
    const name = path.relative(folder.root, at) || '.';
    let stat: Stats;
    let inside: readonly string[];
    try {
      stat = at === folder.root ? await fs.stat(at) : await fs.lstat(at);
      inside = stat.isDirectory() ? await fs.readdir(at) : [];
    } catch (error) {
      // A running gateway replaces its files: what went in between is not missing.
      if (errno(error) !== 'ENOENT') found.unreadable.push(name);
      return;
    }
    owner ??= stat.uid;
    if (at !== folder.root) found.count += 1;
    if (!stat.isDirectory() && !stat.isFile()) found.strange.push(name);
    else if ((stat.mode & 0o077) !== 0 && !(open.has(at) && (stat.mode & 0o022) === 0)) found.loose.push(name);
    if (stat.uid !== owner) found.foreign.push(name);
    for (const one of inside.toSorted()) await look(path.join(at, one));
  };
  await look(folder.root);
  const keys = [
    folder.signerKey,
    folder.vaultKey,
    ...(config.tls ? [path.join(folder.keys, 'ca.key')] : []),
    // A workspace of 0.1.0 has none before its first epoch ends.
    ...((await isThere(folder.rootKey)) ? [folder.epochKey] : []),
  ];
  const missingKeys: string[] = [];
  for (const key of keys) if (!(await isThere(key))) missingKeys.push(path.relative(folder.root, key));
  return { ...found, missingKeys };
}

async function lookAtAnchors({ anchors: folder, root }: Folder, { anchors }: Config): Promise<CheckFacts['anchors']['rows']> {
  if (anchors.length === 0) return [];
  // What may not be read took nothing, as far as can be told from here.
  const { heads, taken } = await readSpool(realDisk, folder).catch(() => ({
    heads: [],
    taken: {} as Awaited<ReturnType<typeof readSpool>>['taken'],
  }));
  // Of the gateway, whoever runs the check.
  const { uid } = await fs.stat(root);
  return Promise.all(
    anchors.map(async (anchor) => {
      const took = taken[anchor.name];
      return {
        name: anchor.name,
        against: await againstAnchor(anchor, uid),
        takenAt: took?.at,
        waitsSince: heads.find(({ size }) => size > (took?.size ?? 0))?.ts,
      };
    }),
  );
}

/** Only what can be seen from here: a name that leads back to this host by another way does not show. */
async function againstAnchor(anchor: Config['anchors'][number], uid: number): Promise<string | undefined> {
  if (anchor.kind === 'file')
    try {
      return standingNote(await fileStanding(anchor.path, uid));
    } catch (error) {
      return errno(error) ?? 'it cannot be looked at';
    }
  const host =
    anchor.kind === 'syslog'
      ? anchor.host
      : new URL(anchor.kind === 's3' ? (anchor.endpoint ?? 'https://s3.amazonaws.com') : anchor.url).hostname;
  return isLoopback(host.replace(/^\[|\]$/g, '')) || host === os.hostname() ? 'it is on this host' : undefined;
}

async function lookAtLock(data: string): Promise<CheckFacts['lock']> {
  if (await isFolderLocked(data)) return 'held';
  try {
    return (await fs.lstat(path.join(data, 'gateway.lock'))).isFile() ? 'free' : 'blocked';
  } catch {
    return 'free';
  }
}

async function lookAtCertificates(folder: Folder): Promise<CheckFacts['certificates']> {
  const end = async (file: string): Promise<Instant | undefined> => {
    try {
      return Date.parse(new X509Certificate(await fs.readFile(file)).validTo);
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined;
      throw error;
    }
  };
  try {
    const authority = await end(folder.ca);
    if (authority === undefined) return refuse('not-initialised', 'ca.pem is missing');
    return fine({ authority, server: await end(path.join(folder.keys, 'server.pem')) });
  } catch {
    return refuse('not-initialised', 'ca.pem or keys/server.pem is no certificate that can be read');
  }
}

async function lookAtDisk(folder: Folder): Promise<CheckFacts['disk']> {
  try {
    const both = await Promise.all([folder.root, folder.recordings].map((at) => fs.statfs(at)));
    const [first, ...rest] = both.map(({ bavail, blocks, bsize }) => ({ free: bavail * bsize, total: blocks * bsize }));
    return rest.reduce((least, one) => (least === undefined || one.free < least.free ? one : least), first);
  } catch {
    return undefined;
  }
}
