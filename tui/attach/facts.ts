// What a person may ask about the session they are in (`~#`), as lines of text. Pure but for the figures of the link. Made safe where drawn.
import type { SessionRow, TerminalSize } from '../../gateway/protocol/nouns.ts';
import type { Link } from '../link/link.ts';
import { bytes } from '../present/times.ts';
import type { Seat } from './seat.ts';

export const nameOfPerson = (name: string | undefined): string => name ?? 'somebody else';

/** Wall clock of this machine, to the minute; with the date when it is not today. */
export function clockTime(at: number, now: number): string {
  const when = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  const time = `${two(when.getHours())}:${two(when.getMinutes())}`;
  if (when.toDateString() === new Date(now).toDateString()) return time;
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${time}`;
}

/** How output reaches this terminal just now (D5). */
const modes = { stream: 'every byte as it comes', paint: 'the newest screen' } as const;

export function sessionFacts(
  session: SessionRow,
  size: TerminalSize,
  link: Pick<Link, 'url' | 'figures'>,
  mode: ReturnType<Seat['mode']>,
  pendingKeys: number,
  now: number,
): string[] {
  const { roundTripMs: trip, bytesIn, bytesOut, goodput } = link.figures();
  return [
    `session    ${session.id}`,
    `server     ${session.serverName} (${session.tier}), as ${session.osUser ?? "the agent's user"}, level ${session.level}`,
    `opened     by ${session.personName} at ${clockTime(session.startedAt, now)} · ${session.bytes} bytes of output · ${size.cols}×${size.rows}`,
    ...(session.ends === undefined ? [] : [`ends       at ${clockTime(session.ends.at, now)} [${session.ends.reason}]`]),
    `recording  ${session.recording} (${session.rec})`,
    `link       ${link.url} · ${trip === undefined ? 'down' : `${trip.toFixed(trip < 10 ? 1 : 0)} ms`} · ${bytes(goodput)}B/s · ${bytes(bytesIn)}B in, ${bytes(bytesOut)}B out${
      pendingKeys === 0 ? '' : ` · ${pendingKeys} typed bytes on the way`
    }`,
    `shown      ${mode === undefined ? 'nothing yet' : `${mode}: ${modes[mode]}`}`,
  ];
}
