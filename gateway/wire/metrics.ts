// What a monitoring system asks (E45): Prometheus text on a port of its own, `metrics` in config.json; on loopback only, since it asks nobody who they
// are. Counts and ages, no names: no server, person or address stands in it. `/health` on the main port says whether the gateway serves.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Log } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import type { TrailBoard } from '../audit/trail-board.ts';
import { isLoopback, listenAddress } from '../config.ts';
import type { Clock } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { events } from '../protocol/events.ts';
import type { Hub } from '../relay/hub.ts';

export type MetricsParts = {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly board: TrailBoard;
  readonly hub: Pick<Hub, 'presence'>;
};

export interface Metrics {
  readonly port: number;
  close(): Promise<void>;
}

/** Errors: bad-request when `listen` is not loopback, or cannot be listened on. */
export async function openMetrics(listen: string, parts: MetricsParts): Promise<Result<Metrics>> {
  const { host, port } = listenAddress(listen);
  if (!isLoopback(host)) return refuse('bad-request', `metrics are for loopback only, not ${host}`);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const stop = register(registry, parts);
  const server = http.createServer((request, response) => {
    const found = request.method === 'GET' && request.url === '/metrics' && request.headers.origin === undefined;
    if (!found) return void response.writeHead(404).end();
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  const listening = await new Promise<Result<number>>((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(refuse('bad-request', `cannot listen on ${listen}: ${error.code ?? error.message}`)),
    );
    server.listen(port, host, () => resolve(fine((server.address() as AddressInfo).port)));
  });
  if (!listening.ok) {
    stop();
    return listening;
  }
  return fine({
    port: listening.value,
    async close() {
      stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  });
}

/** Gauges are read when they are asked for, counters count as the log settles. */
function register(registry: Registry, { clock, log, board, hub }: MetricsParts): () => void {
  const gauge = (name: string, help: string, read: () => number): void => {
    registry.registerMetric(
      new Gauge({
        name: `sallyport_${name}`,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      }),
    );
  };
  const labelled = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => readonly (readonly [labels: Record<Label, string>, value: number])[],
  ): void => {
    registry.registerMetric(
      new Gauge({
        name: `sallyport_${name}`,
        help,
        labelNames: [...labelNames],
        registers: [],
        collect() {
          this.reset();
          for (const [labels, value] of read()) this.set(labels, value);
        },
      }),
    );
  };
  const seconds = (at: number | undefined): number => (at === undefined ? -1 : Math.max(0, (clock.now() - at) / 1000));

  gauge('audit_records', 'Records in the audit log', () => log.settled.seq + 1);
  gauge('audit_head_age_seconds', 'Since the newest signed head; -1 before the first', () => seconds(board.status().head?.at));
  labelled('anchor_age_seconds', 'Since an anchor took its newest head; -1 before the first', ['anchor'], () =>
    board.status().anchors.map(({ name, at }) => [{ anchor: name }, seconds(at)]),
  );
  labelled('anchor_behind', 'Heads that wait for an anchor', ['anchor'], () =>
    board.status().anchors.map(({ name, behind }) => [{ anchor: name }, behind]),
  );
  labelled('sink_behind', 'Records that a sink has not taken yet', ['sink'], () =>
    board.status().sinks.map(({ name, behind }) => [{ sink: name }, behind]),
  );
  gauge(
    'trail_conflicts',
    'Anchors and witnesses that hold a head that is not of this log',
    () => board.status().conflicts.length,
  );
  labelled('witnesses', 'Who holds a head of this log', ['kind'], () => {
    const { servers, people } = board.status().witnesses;
    return [
      [{ kind: 'server' }, servers],
      [{ kind: 'person' }, people],
    ];
  });
  gauge('sessions_live', 'Live sessions', () => rows(log.settled.sessions).filter(({ state }) => state !== 'ended').length);
  labelled('servers', 'Servers by whether their agent is connected', ['state'], () => {
    const servers = rows(log.settled.servers);
    const online = servers.filter(({ id }) => hub.presence(id).online).length;
    return [
      [{ state: 'online' }, online],
      [{ state: 'offline' }, servers.length - online],
    ];
  });
  gauge('sign_ins', 'Sign-ins that are not over', () => rows(log.settled.logins).length);

  const settled = new Counter({
    name: 'sallyport_audit_events_total',
    help: 'Events since this gateway started',
    labelNames: ['severity', 'outcome'],
    registers: [],
  });
  registry.registerMetric(settled);
  return log.onSettled((group) => {
    for (const { event, record } of group) settled.inc({ severity: events[event.type].severity, outcome: record.outcome });
  });
}
