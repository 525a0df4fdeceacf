// What this machine is and how it fares, for the server list.
import { readFileSync, statfsSync } from 'node:fs';
import { arch, cpus, freemem, hostname, loadavg, release, type as systemName, totalmem, uptime } from 'node:os';
import type { HostFacts, HostMetrics } from '../gateway/protocol/nouns.ts';
import { programVersion } from '../gateway/protocol/version.ts';
import { ownAccount } from './account.ts';

/** Facts that change with a boot or an upgrade only. */
export function readFacts(): HostFacts {
  return {
    hostname: hostname().slice(0, 255),
    os: (osName(slurp('/etc/os-release')) ?? systemName()).slice(0, 128),
    kernel: release().slice(0, 128),
    arch: arch(),
    cpus: cpus().length,
    memoryBytes: totalmem(),
    bootId: slurp('/proc/sys/kernel/random/boot_id').trim().slice(0, 64),
    user: ownAccount().name.slice(0, 64),
    agentVersion: programVersion,
  };
}

/** How the machine fares now. */
export function readMetrics(): HostMetrics {
  const available = /^MemAvailable:\s*(\d+) kB/m.exec(slurp('/proc/meminfo'))?.[1];
  const free = available === undefined ? freemem() : Number(available) * 1024;
  return {
    load100: Math.round((loadavg()[0] ?? 0) * 100),
    memoryUsedBytes: Math.max(0, totalmem() - free),
    diskUsedPercent: diskUsedPercent('/'),
    uptimeSeconds: Math.floor(uptime()),
  };
}

/** PRETTY_NAME of os-release(5). */
export function osName(osRelease: string): string | undefined {
  return /^PRETTY_NAME=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"']*))\s*$/m
    .exec(osRelease)
    ?.slice(1)
    .find((name) => name !== undefined && name !== '');
}

/** As df(1) counts: of what an ordinary user could have, rounded up. */
function diskUsedPercent(path: string): number {
  try {
    const { blocks, bfree, bavail } = statfsSync(path);
    const used = blocks - bfree;
    return used + bavail === 0 ? 0 : Math.ceil((used / (used + bavail)) * 100);
  } catch {
    return 0;
  }
}

function slurp(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
