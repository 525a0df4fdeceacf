// `sallyport-gateway init`: a new workspace in an empty folder. Everything is made beside it and moved into place at the end, so a folder is
// either a workspace or not one.
import fs from 'node:fs/promises';
import path from 'node:path';
import type * as v from 'valibot';
import { addPerson } from './access/people.ts';
import { openLog } from './audit/log.ts';
import { type Config, configSchema } from './config.ts';
import type { Claim } from './identity/person.ts';
import { certificateDigest, makeAuthority } from './outside/ca.ts';
import { realChance } from './outside/chance.ts';
import { openCheckpoint } from './outside/checkpoint.ts';
import { realClock } from './outside/clock.ts';
import { dataFolder } from './outside/data-folder.ts';
import { realDisk } from './outside/disk.ts';
import { createEpochKeys } from './outside/epoch-keys.ts';
import { openJournal } from './outside/journal.ts';
import { createSigner } from './outside/signer.ts';
import { openTrailFiles } from './outside/trail-files.ts';
import { createVaultKey, openVault } from './outside/vault.ts';
import { fine, type Result, refuse } from './protocol/errors.ts';
import { idRandomBytes, mintId } from './protocol/ids.ts';
import { fit } from './protocol/json.ts';
import { programVersion } from './protocol/version.ts';
import { plantSeed, type Seed } from './seed.ts';
import type { trailConfig } from './trail-config.ts';

export type InitOptions = {
  readonly data: string;
  readonly config: Omit<Config, 'version' | 'limits' | 'metrics' | keyof typeof trailConfig> &
    Partial<Pick<v.InferInput<typeof configSchema>, keyof typeof trailConfig>>;
  readonly clientSecret: string | undefined;
  readonly superuser: { readonly name: string; readonly claim: Claim };
  readonly seed: Seed | undefined;
};
export type Initialised = {
  readonly gatewayKey: string;
  /** What the audit log is bound to: the public half of its first key. */
  readonly rootKey: string;
  readonly caPem: string;
  readonly tokens: Readonly<Record<string, string>>;
};

/** Name of the provider's client secret in the vault. */
export const clientSecretName = 'provider:client-secret';

const zeroDigest = '0'.repeat(64);

/** Errors: already-initialised (the folder is not empty), bad-request, audit-unavailable. */
export async function initialise(options: InitOptions): Promise<Result<Initialised>> {
  const target = path.resolve(options.data);
  const held = await fs.readdir(target).catch(() => []);
  if (held.length > 0) return refuse('already-initialised', target);
  const made = `${target}.new-${Buffer.from(realChance.bytes(6)).toString('hex')}`;
  try {
    await fs.mkdir(made, { recursive: true, mode: 0o700 });
    const result = await fill(made, options);
    if (!result.ok) return result;
    await fs.rename(made, target);
    return result;
  } finally {
    await fs.rm(made, { recursive: true, force: true });
  }
}

async function fill(data: string, { config: given, clientSecret, superuser, seed }: InitOptions): Promise<Result<Initialised>> {
  const fitted = fit(configSchema, { version: 1, ...given });
  if (!fitted.ok) return refuse('bad-request', fitted.problem.detail);
  const config = fitted.value;
  const folder = dataFolder(data);
  await fs.mkdir(folder.keys, { mode: 0o700 });
  await fs.mkdir(folder.recordings, { mode: 0o700 });
  await fs.writeFile(folder.config, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  const caPem = await makeAuthority(folder, config.name, realClock.now(), realChance.bytes(16));
  const signer = await createSigner(realDisk, realChance, folder.signerKey);
  if (!signer.ok) return signer;
  const epochKeys = await createEpochKeys(realDisk, realChance, folder);
  if (!epochKeys.ok) return epochKeys;
  const vaultKey = await createVaultKey(realDisk, realChance, folder.vaultKey);
  if (!vaultKey.ok) return vaultKey;
  const vault = await openVault(realDisk, realChance, { file: folder.vault, key: folder.vaultKey });
  if (!vault.ok) return vault;

  const journal = await openJournal({ disk: realDisk, folder: folder.audit });
  const trail = await openTrailFiles(realDisk, realChance, folder, signer.value);
  if (!trail.ok) return trail;
  const log = await openLog({
    journal,
    ...trail.value,
    checkpoint: openCheckpoint(realDisk, realChance, folder.state),
    clock: realClock,
    chance: realChance,
    boot: mintId('boo', realChance.bytes(idRandomBytes)),
    version: programVersion,
    onFatal: () => undefined,
  });
  if (!log.ok) return log;
  try {
    if (clientSecret !== undefined) await vault.value.put(clientSecretName, new TextEncoder().encode(clientSecret));
    const caDigest = config.tls ? certificateDigest(caPem) : undefined;
    await log.value.commit(() => ({
      events: [
        {
          type: 'workspace.initialised',
          actor: { kind: 'gateway' },
          outcome: 'ok',
          data: {
            chain: log.value.chain,
            gatewayKey: signer.value.publicKey,
            caDigest: caDigest ?? zeroDigest,
            issuer: config.provider.issuer,
            clientId: config.provider.clientId,
            name: config.name,
          },
          personal: {},
        },
      ],
      answer: undefined,
    }));
    const person = mintId('usr', realChance.bytes(idRandomBytes));
    const first = await log.value.commit(addPerson({ actor: { kind: 'gateway' } }, { person, ...superuser, role: 'superuser' }));
    if (!first.ok) return first;
    const tokens = seed === undefined ? fine({}) : await plantSeed(log.value, realChance, seed, caDigest);
    return tokens.ok
      ? fine({ gatewayKey: signer.value.publicKey, rootKey: log.value.trail.rootKey, caPem, tokens: tokens.value })
      : tokens;
  } finally {
    await log.value.close();
  }
}
