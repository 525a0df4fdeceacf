// What a person may ask about the session they drive (`~#`, `~w`), as lines of text. Pure but for the figures of the link. Made safe where drawn.
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Link } from '../link/link.ts';

export function watchersLine(session: SessionRow): string {
  const watching = session.participants.filter((one) => one.role !== 'driver');
  if (watching.length === 0) return 'nobody is watching';
  return `watching: ${watching.map((one) => (one.role === 'observer' ? one.name : `${one.name} (${one.role})`)).join(', ')}`;
}

export function sessionFacts(session: SessionRow, size: TerminalSize, link: Link, pendingKeys: number): string[] {
  const trip = link.roundTripMs();
  const { sent, received } = link.traffic();
  return [
    `session    ${session.id}`,
    `server     ${session.serverName} (${session.tier}), as ${session.osUser ?? "the agent's user"}, level ${session.level}`,
    `since      ${new Date(session.startedAt).toISOString().slice(0, 19)}Z · ${session.bytes} bytes of output · ${size.cols}×${size.rows}`,
    `recording  ${session.recording} (${session.rec})`,
    `link       ${link.url} · ${trip === undefined ? 'down' : `${trip.toFixed(trip < 10 ? 1 : 0)} ms`} · ${received} bytes in, ${sent} out${
      pendingKeys === 0 ? '' : ` · ${pendingKeys} typed bytes on the way`
    }`,
    watchersLine(session),
  ];
}
