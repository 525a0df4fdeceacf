// From what config.json says of a sink to its receiver. Files are read at the start, and only then (A4).
import { createSecretKey, type KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Receiver } from '../audit/sink.ts';
import type { Clock } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { SinkConfig } from '../trail-config.ts';
import { causeOf, type Disk } from './disk.ts';
import { readWhole } from './durable-file.ts';
import { openSinkFile } from './sink-file.ts';
import { openSinkSyslog } from './sink-syslog.ts';
import { openSinkWebhook } from './sink-webhook.ts';
import { openSyslog } from './syslog.ts';

/** Octets of a secret, at least: what is shorter can be guessed from one delivery. */
const leastSecret = 16;

/** The far end of a sink, not yet connected. Error: bad-request naming the sink and what is wrong with its files. */
export async function openReceiver(
  config: SinkConfig,
  ports: { readonly disk: Disk; readonly clock: Clock },
): Promise<Result<Receiver>> {
  const { disk, clock } = ports;
  const bad = (why: string) => refuse('bad-request', `config.json: sink ${config.name}: ${why}`);
  if (config.kind === 'file')
    return path.isAbsolute(config.path) ? fine(openSinkFile(disk, config.path)) : bad('its path is not absolute');
  const ca = config.caFile === undefined ? fine(undefined) : await textOf(disk, config.caFile);
  if (!ca.ok) return bad(ca.problem.detail ?? '');
  switch (config.kind) {
    case 'syslog':
      return fine(
        openSinkSyslog(
          openSyslog({ host: config.host, port: config.port, caPem: ca.value, plain: config.plain, clock }),
          os.hostname(),
        ),
      );
    case 'webhook': {
      const secret = await secretOf(disk, config.secretFile);
      if (!secret.ok) return bad(secret.problem.detail ?? '');
      return fine(openSinkWebhook({ url: config.url, secret: secret.value, caPem: ca.value, clock }));
    }
    default:
      return config satisfies never;
  }
}

async function textOf(disk: Disk, file: string): Promise<Result<string>> {
  try {
    const bytes = await readWhole(disk, file);
    return bytes === undefined ? refuse('bad-request', `there is no ${file}`) : fine(new TextDecoder().decode(bytes));
  } catch (error) {
    return refuse('bad-request', causeOf(error));
  }
}

/** A secret that others can read is none. White space around it is not part of it. */
async function secretOf(disk: Disk, file: string): Promise<Result<KeyObject>> {
  const read = await textOf(disk, file);
  if (!read.ok) return read;
  if (((await stat(file)).mode & 0o077) !== 0) return refuse('bad-request', `${file} can be read by others; it must be 0600`);
  const secret = Buffer.from(read.value.trim());
  if (secret.length < leastSecret) return refuse('bad-request', `${file} holds less than ${leastSecret} characters`);
  return fine(createSecretKey(secret));
}
