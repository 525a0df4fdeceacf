// Part of the composition root: what keeps heads of this gateway outside of it, and the heads that this gateway keeps for others, as config.json says. Fixed
// at the start: nothing of it can be set through the API (A4).
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Anchor } from './audit/anchor.ts';
import type { Config } from './config.ts';
import { type Anchored, type AnchoredChain, openAnchored } from './handlers/anchored.ts';
import { type AnchoringPorts, openAnchoring } from './handlers/anchoring.ts';
import { openFileAnchor } from './outside/anchor-file.ts';
import { openGatewayAnchor } from './outside/anchor-gateway.ts';
import { openS3Anchor } from './outside/anchor-s3.ts';
import { openAnchorSpool } from './outside/anchor-spool.ts';
import { openSyslogAnchor } from './outside/anchor-syslog.ts';
import { openAnchoredFile } from './outside/anchored-file.ts';
import type { dataFolder } from './outside/data-folder.ts';
import { causeOf, type Disk } from './outside/disk.ts';
import { fine, type Result, refuse } from './protocol/errors.ts';

type AnchorsPorts = Omit<AnchoringPorts, 'spool' | 'anchors' | 'everyMs' | 'lateMs' | 'staleMs'> & {
  readonly disk: Disk;
  /** Of this gateway's own log. */
  readonly chain: string;
};

export interface Anchors {
  /** Answers `POST /anchor`; undefined = this gateway keeps the heads of nobody. */
  readonly anchored: Anchored | undefined;
  /** Delivers the newest head, as far as that is possible in a few seconds. */
  close(): Promise<void>;
}

/** Errors: bad-request, naming the anchor whose files cannot be read, or two of one name. */
export async function openAnchors(
  config: Pick<Config, 'anchors' | 'anchored' | 'trail'>,
  folder: ReturnType<typeof dataFolder>,
  ports: AnchorsPorts,
): Promise<Result<Anchors>> {
  const { disk, clock, chance, chain, trail } = ports;
  for (const rows of [config.anchors, config.anchored]) {
    const twice = rows.find(({ name }, at) => rows.findIndex((other) => other.name === name) !== at);
    if (twice !== undefined) return refuse('bad-request', `config.json: two anchors are called ${twice.name}`);
  }
  const anchors: Anchor[] = [];
  for (const one of config.anchors) {
    try {
      const caPem = 'caFile' in one && one.caFile !== undefined ? await readFile(one.caFile, 'utf8') : undefined;
      anchors.push(openOne(one, caPem));
    } catch (error) {
      return refuse('bad-request', `config.json: anchors: ${one.name}: ${causeOf(error)}`);
    }
  }
  function openOne(one: Config['anchors'][number], caPem: string | undefined): Anchor {
    switch (one.kind) {
      case 'file':
        if (!isAbsolute(one.path)) throw new Error('its path is not absolute');
        return openFileAnchor(one.name, one.path, chain);
      case 's3':
        return openS3Anchor(one, chain);
      case 'syslog':
        return openSyslogAnchor(one.name, { host: one.host, port: one.port, plain: one.plain, caPem, clock });
      case 'gateway':
        return openGatewayAnchor(one.name, one.url, caPem, trail);
      default:
        return one satisfies never;
    }
  }

  const kept: AnchoredChain[] = [];
  for (const one of config.anchored) {
    const file = await openAnchoredFile(disk, folder.anchored, one.name);
    if (!file.ok) ports.trouble(file.problem.detail ?? file.problem.code);
    kept.push({ ...one, file: file.ok ? file.value : undefined });
  }
  const anchoring = openAnchoring({
    ...ports,
    spool: await openAnchorSpool(disk, chance, folder.anchors),
    anchors,
    everyMs: config.trail.anchorMs,
    lateMs: config.trail.lateMs,
    staleMs: config.trail.staleMs,
  });
  return fine({
    anchored: kept.length === 0 ? undefined : openAnchored(ports, kept),
    async close() {
      await anchoring.close();
      for (const { file } of kept) await file?.close();
    },
  });
}
