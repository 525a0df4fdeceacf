// config.json of a data folder: what `init` wrote and an administrator of the host may edit. Secrets are not here (vault, keys/).
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { Settings } from './handlers/call.ts';
import { type Result, refuse } from './protocol/errors.ts';
import { fit, parseJson } from './protocol/json.ts';
import { trailConfig } from './trail-config.ts';

const hour = 3_600_000;
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(1000));
const byTier = v.strictObject({ normal: milliseconds, important: milliseconds, critical: milliseconds });
const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));

const sessionsMost = v.pipe(v.number(), v.integer(), v.minValue(1));

const limits = v.strictObject({
  loginMs: v.optional(milliseconds, 12 * hour),
  loginIdleMs: v.optional(milliseconds, hour / 2),
  sessionMs: v.optional(byTier, { normal: 24 * hour, important: 24 * hour, critical: 8 * hour }),
  awayMs: v.optional(byTier, { normal: 24 * hour, important: 24 * hour, critical: hour / 4 }),
  idleMs: v.optional(byTier, { normal: 24 * hour, important: 8 * hour, critical: hour }),
  /** A moderator counts as present so long without a key (E3). */
  presenceMs: v.optional(milliseconds, 60_000),
  /** One prolonging of a session; no session lives longer than twice its tier's life. */
  extendMs: v.optional(milliseconds, hour),
  diskFloorBytes: v.optional(bytes, 500 * 1024 * 1024),
  diskHardFloorBytes: v.optional(bytes, 64 * 1024 * 1024),
  /** Kept free for the last events of a disk that fills up (R4); 0 = nothing is. */
  diskReserveBytes: v.optional(bytes, 16 * 1024 * 1024),
  /**
   * What becomes of live sessions below the hard floor (R5). `end-sessions`: they end while there is still room to say so. `until-it-fails`: they go on until
   * their recording cannot be written, are frozen then, and end a minute later. Nothing goes on unrecorded either way.
   */
  diskFull: v.optional(v.picklist(['end-sessions', 'until-it-fails']), 'end-sessions'),
  sessionsPerPerson: v.optional(sessionsMost, 32),
  sessionsPerPersonOnTier: v.optional(v.strictObject({ normal: sessionsMost, important: sessionsMost, critical: sessionsMost }), {
    normal: 32,
    important: 16,
    critical: 4,
  }),
  refreshMs: v.optional(milliseconds, hour / 4),
});

export const configSchema = v.strictObject({
  version: v.literal(1),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** HOST:PORT to listen on; plain sockets are refused unless HOST is loopback (D10). */
  listen: v.pipe(v.string(), v.regex(/^(\[[0-9a-f:.]+\]|[^:]+):\d{1,5}$/i, 'HOST:PORT')),
  tls: v.optional(v.boolean(), true),
  /** Further names and addresses the gateway is reached by; all stand in its certificate, the first in addresses it gives out. */
  hosts: v.optional(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(255))), []),
  /** Addresses whose X-Forwarded-For is believed. */
  trustedProxies: v.optional(v.array(v.string()), []),
  provider: v.strictObject({
    issuer: v.pipe(v.string(), v.url()),
    clientId: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
    scope: v.optional(v.string(), 'openid profile email offline_access'),
    /** PEM of a private CA the provider's certificate is signed with. */
    caFile: v.optional(v.string()),
  }),
  /** HOST:PORT of Prometheus text, on loopback (E45). */
  metrics: v.optional(v.pipe(v.string(), v.regex(/^(\[[0-9a-f:.]+\]|[^:]+):\d{1,5}$/i, 'HOST:PORT'))),
  limits: v.optional(limits, {}),
  ...trailConfig,
});
export type Config = v.InferOutput<typeof configSchema>;

/** The config of a data folder. Errors: not-initialised, bad-request naming the setting. */
export async function readConfig(data: string): Promise<Result<Config>> {
  let source: string;
  try {
    source = await fs.readFile(path.join(data, 'config.json'), 'utf8');
  } catch {
    return refuse('not-initialised', data);
  }
  const parsed = parseJson(source);
  if (!parsed.ok) return refuse('bad-request', `config.json: ${parsed.problem.detail ?? ''}`);
  const fitted = fit(configSchema, parsed.value);
  return fitted.ok ? fitted : refuse('bad-request', `config.json: ${fitted.problem.detail ?? ''}`);
}

/** HOST and PORT of a listen address; port 0 = any free one. */
export function listenAddress(listen: string): { readonly host: string; readonly port: number } {
  const at = listen.lastIndexOf(':');
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(listen.slice(at + 1)) };
}

export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** What handlers may read of the config, once the address is known. */
export const settingsOf = (config: Config, publicUrl: string, caPem: string | undefined): Settings => ({
  name: config.name,
  ...config.limits,
  keepDays: config.trail.keepDays,
  keepRecordingDays: config.trail.keepRecordingDays,
  publicUrl,
  caPem,
});
