// The composition root: from a data folder to a running gateway. Every part is made here, once, and handed what it needs; nothing decides here.
import fs from 'node:fs/promises';
import os from 'node:os';
import { openAnchors } from './anchors.ts';
import { rows } from './audit/state.ts';
import { openTrailBoard } from './audit/trail-board.ts';
import { isLoopback, listenAddress, readConfig, settingsOf } from './config.ts';
import { openBreakGlassWatch } from './handlers/break-glass-watch.ts';
import type { Parts } from './handlers/call.ts';
import { callerOf, callersOf, touch } from './handlers/caller.ts';
import { openCampaignDeadlines } from './handlers/campaign-deadlines.ts';
import { openRefresher } from './handlers/continuous.ts';
import { notFoundBucketMs, openDispatch } from './handlers/dispatch.ts';
import { openEnforcer } from './handlers/enforce.ts';
import { enrol } from './handlers/enrolment.ts';
import { openExpiry } from './handlers/expiry.ts';
import { openGrantNews } from './handlers/grants-news.ts';
import { strangersOf } from './handlers/strangers.ts';
import { openSubscriptions } from './handlers/subscribe.ts';
import { handlerTable } from './handlers/table.ts';
import { clientSecretName } from './init.ts';
import { certificateDigest, serverCertificate } from './outside/ca.ts';
import { openCastStore } from './outside/cast-file.ts';
import { realChance } from './outside/chance.ts';
import { realClock } from './outside/clock.ts';
import { dataFolder } from './outside/data-folder.ts';
import { causeOf, realDisk } from './outside/disk.ts';
import { lockFolder } from './outside/folder-lock.ts';
import { openIdentityProvider } from './outside/oidc.ts';
import { loadSigner } from './outside/signer.ts';
import { openVault } from './outside/vault.ts';
import { servable } from './policy/in-force.ts';
import { builtinPolicies } from './policy/policies.ts';
import { fine, type Result, refuse } from './protocol/errors.ts';
import { idRandomBytes, mintId } from './protocol/ids.ts';
import { openHub } from './relay/open-hub.ts';
import { openSignals } from './signals.ts';
import { acceptAgent } from './wire/agent-socket.ts';
import { acceptOperator } from './wire/operator-socket.ts';
import { openServer } from './wire/server.ts';
import { openWorkspaceLog } from './workspace-log.ts';

export type GatewayOptions = {
  readonly data: string;
  /** Instead of the config's. */
  readonly listen: string | undefined;
  /** Make the saved state anew from the log. */
  readonly rebuild: boolean;
  /** The log cannot be written: the process must end at once. */
  readonly onFatal: (cause: string) => void;
  readonly log: (level: 'info' | 'error', event: string, facts: Readonly<Record<string, unknown>>) => void;
};

export interface Gateway {
  readonly url: string;
  /** SHA-256 of the CA certificate, hex; undefined on plain loopback. */
  readonly fingerprint: string | undefined;
  close(): Promise<void>;
}

/** Errors: not-initialised, locked, bad-request, state-missing, state-altered, verification, gateway-key, epoch-key, workspace-deleted, audit-unavailable. */
export async function openGateway(options: GatewayOptions): Promise<Result<Gateway>> {
  const read = await readConfig(options.data);
  if (!read.ok) return read;
  const config = read.value;
  const folder = dataFolder(options.data);
  const listen = listenAddress(options.listen ?? config.listen);
  if (!config.tls && !isLoopback(listen.host))
    return refuse('bad-request', `plain sockets are for loopback only, not ${listen.host}`);

  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
    closers.length = 0;
  };
  const lock = await lockFolder(folder.root);
  if (!lock.ok) return lock;
  closers.push(() => lock.value.release());

  const opened = await open();
  if (!opened.ok) await closeAll();
  return opened;

  async function open(): Promise<Result<Gateway>> {
    const signer = await loadSigner(realDisk, folder.signerKey);
    if (!signer.ok) return signer;
    const vault = await openVault(realDisk, realChance, { file: folder.vault, key: folder.vaultKey });
    if (!vault.ok) return vault;
    const boot = mintId('boo', realChance.bytes(idRandomBytes));
    const opened = await openWorkspaceLog({
      limits: config.limits,
      folder,
      signer: signer.value,
      vault: vault.value,
      boot,
      rebuild: options.rebuild,
      onFatal: options.onFatal,
      report: (event, facts) => options.log('error', event, facts),
    });
    if (!opened.ok) return opened;
    closers.push(() => opened.value.close());
    const { log, kept, index } = opened.value;

    const caPem = config.tls ? await fs.readFile(folder.ca, 'utf8') : undefined;
    const providerCa = config.provider.caFile;
    const secret = vault.value.get(clientSecretName);
    const provider = openIdentityProvider({
      issuer: config.provider.issuer,
      clientId: config.provider.clientId,
      scope: config.provider.scope,
      clientSecret: secret === undefined ? undefined : new TextDecoder().decode(secret),
      caPem: providerCa === undefined ? undefined : await fs.readFile(providerCa, 'utf8'),
    });
    const base = builtinPolicies();
    const fits = servable(base, log.settled);
    if (!fits.ok) return fits;
    const enforcer = openEnforcer(log, realClock, base);
    const casts = openCastStore(realDisk, realChance, folder.recordings);
    // What the log says was purged and a killed gateway left.
    const gone = rows(log.settled.recordings).flatMap(({ id, purged }) => (purged === undefined ? [] : [id]));
    await casts.remove(gone).catch((error: unknown) => options.log('error', 'recording.trouble', { cause: causeOf(error) }));

    // The address is known once the port is; who gives it out does so later than that.
    let publicUrl = '';
    const settings = {
      ...settingsOf(config, '', caPem),
      get publicUrl() {
        return publicUrl;
      },
    };
    const { trail } = log;
    const board = openTrailBoard(trail);
    const outside = { disk: realDisk, clock: realClock, chance: realChance, log, board };
    const told = await openSignals(config, folder, outside);
    if (!told.ok) return told;
    closers.push(() => told.value.close());
    const anchors = await openAnchors(config, folder, {
      ...outside,
      trail,
      chain: log.chain,
      trouble: (cause) => options.log('error', 'anchors.trouble', { cause }),
    });
    if (!anchors.ok) return anchors;
    closers.push(() => anchors.value.close());
    const core = {
      trail,
      board,
      kept,
      clock: realClock,
      chance: realChance,
      log,
      index,
      vault: vault.value,
      signer: signer.value,
      casts,
      enforcer,
      settings,
    };
    const hub = await openHub({
      ...core,
      onTyped: (connection) => touch(core, connection),
      onCalled(people, push) {
        for (const person of people) for (const connection of callersOf(core).connectionsOfPerson(person)) connection.push(push);
      },
    });
    closers.push(() => hub.close());
    const parts: Parts = { ...core, provider, hub, signals: told.value.signals };
    const strangers = strangersOf(parts);
    closers.push(() => strangers.close());
    const subscriptions = openSubscriptions(parts);
    closers.push(() => subscriptions.close());
    closers.push(openExpiry(parts));
    closers.push(openGrantNews(parts));
    closers.push(openCampaignDeadlines(parts));
    closers.push(openBreakGlassWatch(parts));
    const alerting = told.value.watch(parts);
    closers.push(() => alerting.close());
    const refresher = openRefresher(parts);
    closers.push(() => refresher.close());
    const bug = (error: unknown, type: string): void =>
      options.log('error', 'bug', { type, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    const dispatch = openDispatch(parts, handlerTable(subscriptions), callerOf, bug, notFoundBucketMs);

    const hosts = [...new Set([...config.hosts, listen.host, 'localhost', '127.0.0.1', '::1', os.hostname()])].filter(
      (host) => host !== '0.0.0.0' && host !== '::',
    );
    let ready = false;
    const server = await openServer({
      clock: realClock,
      ...listen,
      tls: config.tls ? await serverCertificate(folder, hosts, realClock.now(), realChance.bytes(16)) : undefined,
      caPem,
      trustedProxies: config.trustedProxies,
      ready: () => ready,
      operator: (socket, address, proven, raw, hello) =>
        acceptOperator(socket, raw, address, { parts, dispatch, boot, stranger: strangers.refused, proven, hello }),
      agent: (socket, address, proven, tlsBinding) =>
        acceptAgent(socket, { address, tlsBinding, proven, bug: (error) => bug(error, 'agent') }, parts, hub),
      enrol: (address, body) => enrol(parts, address, body),
      anchor: anchors.value.anchored?.handle,
      stranger: strangers.refused,
      bug: (error) => bug(error, 'enroll'),
    });
    if (!server.ok) return server;
    if (config.metrics !== undefined) {
      const { openMetrics } = await import('./wire/metrics.ts');
      const metrics = await openMetrics(config.metrics, parts);
      if (!metrics.ok) {
        await server.value.close();
        return metrics;
      }
      closers.push(() => metrics.value.close());
    }
    const host = config.hosts[0] ?? (isLoopback(listen.host) ? listen.host : os.hostname());
    publicUrl = `${config.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${server.value.port}`;
    ready = true;
    closers.push(async () => {
      ready = false;
      await server.value.close();
    });
    return fine({ url: publicUrl, fingerprint: caPem === undefined ? undefined : certificateDigest(caPem), close: closeAll });
  }
}
