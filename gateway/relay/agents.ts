// Which agents are connected, and what becomes of their sessions when one comes (D6, G5): the same process returning = its sessions go on where
// the recording stops; another process with the same key = the old ones are dead; a session of somebody else = no honest agent (G7).
import type * as v from 'valibot';
import type { Log } from '../audit/commit.ts';
import type { Clock } from '../ports.ts';
import type { agentProof, agentWelcome } from '../protocol/agent.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { ServerId, SessionId } from '../protocol/ids.ts';
import type { HostFacts, HostMetrics, Instant } from '../protocol/nouns.ts';
import type { AgentLeg } from './agent-leg.ts';
import type { Presence } from './hub.ts';
import type { Live } from './live.ts';

export type HeldSessions = v.InferOutput<typeof agentProof>['sessions'];
export type Welcome = Extract<v.InferOutput<typeof agentWelcome>, { type: 'welcome' }>;

/** `begin`: the sessions that go on are joined to the connection; after the welcome is out. */
export type Admitted = { readonly welcome: Welcome; readonly begin: () => void };

export type AgentsParts = {
  readonly log: Log;
  readonly clock: Clock;
  readonly live: (session: SessionId) => Live | undefined;
  readonly liveOn: (server: ServerId) => readonly Live[];
  readonly changed: (server: ServerId) => void;
};

export type Agents = {
  leg(server: ServerId): AgentLeg | undefined;
  presence(server: ServerId): Presence;
  /**
   * Takes a proven agent in: the connection is in the log when this resolves; the welcome is to be sent at once, then `begin` called. Errors: agent-key (removed
   * meanwhile), agent-duplicate (another came meanwhile), bad-message (it names a session of another server).
   * @param replaces the connection that was found dead, if there was one
   */
  admit(
    leg: AgentLeg,
    held: HeldSessions,
    how: { readonly address: string; readonly key: string; readonly replaces: AgentLeg | undefined },
  ): Promise<Result<Admitted>>;
  /** The socket of a leg is closed. */
  gone(leg: AgentLeg, cause: string): void;
  drop(server: ServerId): void;
  close(): void;
};

type Known = {
  leg: AgentLeg | undefined;
  lastSeenAt: Instant | undefined;
  facts: HostFacts | undefined;
  metrics: HostMetrics | undefined;
};

export function openAgents(parts: AgentsParts): Agents {
  const { log, clock } = parts;
  const known = new Map<ServerId, Known>();
  let closing = false;

  const rowOf = (server: ServerId): Known => {
    let row = known.get(server);
    if (row === undefined) {
      row = { leg: undefined, lastSeenAt: undefined, facts: undefined, metrics: undefined };
      known.set(server, row);
    }
    return row;
  };
  const legOf = (server: ServerId): AgentLeg | undefined => known.get(server)?.leg;

  const detach = (leg: AgentLeg, cause: string): void => {
    const row = rowOf(leg.server);
    if (row.leg !== leg) return;
    row.leg = undefined;
    row.lastSeenAt = clock.now();
    row.metrics = leg.metrics;
    leg.gone();
    parts.changed(leg.server);
    if (closing) return;
    // A log that cannot be written ends the process; there is nothing to add here.
    void log
      .commit(() => ({
        events: [
          {
            type: 'server.disconnected',
            actor: { kind: 'server', id: leg.server },
            outcome: 'ok',
            target: leg.server,
            data: { server: leg.server, boot: leg.boot, cause: cause.slice(0, 64) },
            personal: {},
          },
        ],
        answer: undefined,
      }))
      .catch(() => undefined);
  };

  /** Sessions that a restored gateway knows nothing of are reported, never adopted (D6). */
  const report = (leg: AgentLeg, sessions: number, address: string): void => {
    void log
      .commit(() => ({
        events: [
          {
            type: 'agent.refused',
            actor: { kind: 'server', id: leg.server },
            outcome: 'denied',
            target: leg.server,
            data: { server: leg.server, cause: `unknown sessions: ${sessions}` },
            personal: { address },
          },
        ],
        answer: undefined,
      }))
      .catch(() => undefined);
  };

  /** What goes on, what ends, what is not ours. */
  function sort(leg: AgentLeg, held: HeldSessions): Result<Admitted> {
    const resume: Welcome['resume'] = [];
    const end: Welcome['end'] = [];
    const unknown: SessionId[] = [];
    const going: (() => void)[] = [];
    const returning = new Set<SessionId>();
    for (const { session, produced, freed } of held) {
      const row = log.settled.sessions[session];
      if (row === undefined) {
        unknown.push(session);
        continue;
      }
      if (row.server !== leg.server) return refuse('bad-message', 'a session of another server');
      const live = parts.live(session);
      if (row.state === 'ended' || live === undefined || live.ending || live.boot !== leg.boot) {
        end.push({ session, reason: row.state === 'ended' ? row.ending.reason : 'agent-lost' });
        continue;
      }
      returning.add(session);
      const { durable } = live.recorder;
      if (freed > durable || produced < durable) {
        // Bytes that the agent no longer has and we never got, or the other way round: one of us was set back. Not adopted (D6).
        void live.end({ reason: 'unknown-after-restore', produced });
        end.push({ session, reason: 'unknown-after-restore' });
        continue;
      }
      const channel = leg.freeChannel();
      resume.push({ session, channel, durable });
      going.push(() => live.resume(leg.resume(session, channel, live.events), durable, produced));
    }
    for (const live of parts.liveOn(leg.server))
      if (!returning.has(live.session.id) && live.boot !== undefined) void live.end({ reason: 'agent-lost' });
    const begin = (): void => {
      leg.begin();
      for (const go of going) go();
    };
    return fine({ welcome: { type: 'welcome', at: clock.now(), resume, end, unknown }, begin });
  }

  return {
    leg: legOf,
    presence(server) {
      const row = known.get(server);
      return {
        online: row?.leg !== undefined,
        lastSeenAt: row?.leg === undefined ? row?.lastSeenAt : clock.now(),
        facts: row?.leg?.facts ?? row?.facts,
        metrics: row?.leg?.metrics ?? row?.metrics,
      };
    },
    async admit(leg, held, { address, key, replaces }) {
      const { server, boot, facts } = leg;
      const enrolled = await log.commit((state) => {
        const good = state.servers[server]?.key === key;
        return {
          events: good
            ? [
                {
                  type: 'server.connected',
                  actor: { kind: 'server', id: server },
                  outcome: 'ok',
                  target: server,
                  data: { server, boot, facts },
                  personal: { address },
                },
              ]
            : [],
          answer: good,
        };
      });
      if (!enrolled || closing) return refuse('agent-key');
      const row = rowOf(server);
      if (row.leg !== undefined && row.leg !== replaces) return refuse('agent-duplicate');
      if (row.leg !== undefined) {
        const dead = row.leg;
        detach(dead, 'replaced');
        dead.wire.close(refuse('agent-duplicate', 'replaced by a new connection').problem);
      }
      row.leg = leg;
      row.facts = facts;
      const admitted = sort(leg, held);
      if (!admitted.ok) row.leg = undefined;
      else if (admitted.value.welcome.unknown.length > 0) report(leg, admitted.value.welcome.unknown.length, address);
      parts.changed(server);
      return admitted;
    },
    gone: detach,
    drop(server) {
      legOf(server)?.close(refuse('agent-key', 'the server was removed').problem);
    },
    close() {
      closing = true;
      for (const { leg } of known.values()) leg?.wire.close(refuse('starting').problem);
    },
  };
}
