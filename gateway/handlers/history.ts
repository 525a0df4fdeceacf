// The history of a live session (E30, M4). Reading it is reading its recording: a permission of its own, in the log before a line is given (law 1).
import { fine, refuse } from '../protocol/errors.ts';
import type { Gives, HistoryLine } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import type { Lines } from '../relay/history.ts';
import { historyLineOf } from '../relay/history-lines.ts';
import type { Session } from '../session/session.ts';
import type { Call, Handler, Parts } from './call.ts';
import { sessionFor } from './resolve.ts';

/** Characters of the lines in one answer; more is asked for again. */
const answerCharacters = 48 * 1024;
/** One reading is many requests: it is in the log once, as long as they follow each other within this time, ms. */
const readingMs = 600_000;

/** The search under way on a connection. */
const searching = new WeakMap<Connection, AbortController>();

export const showHistory: Handler<'session.history'> = async (call, { session: reference, from, count, find }) => {
  const { parts, connection } = call;
  const found = await sessionFor(call, 'session.history', reference);
  if (!found.ok) return found;
  const { session } = found.value;
  const history = parts.hub.history(session.id);
  if (session.state === 'ended' || history === undefined) return refuse('session-ended', 'its recording can still be read');
  await note(call, session);
  const calledOff = new AbortController();
  const forget = connection.onClose(() => calledOff.abort());
  try {
    if (find !== undefined) {
      searching.get(connection)?.abort();
      searching.set(connection, calledOff);
      const back = find.back === true;
      const done = await history.find(find.text, from ?? (back ? Number.MAX_SAFE_INTEGER : 0), back, calledOff.signal);
      if (!done.ok) return done;
      const { found: line, searched } = done.value;
      const above = Math.floor(count / 4);
      const read = await history.read(Math.max(0, (line ?? 0) - above), line === undefined ? 0 : count, calledOff.signal);
      return read.ok
        ? fine({ ...answerOf(read.value), ...(line === undefined ? { searched } : { found: line, searched }) })
        : read;
    }
    const extent = await history.extent();
    if (!extent.ok) return extent;
    const read = await history.read(from ?? Math.max(0, extent.value.total - count), count, calledOff.signal);
    return read.ok ? fine(answerOf(read.value)) : read;
  } finally {
    forget();
    if (searching.get(connection) === calledOff) searching.delete(connection);
  }
};

function answerOf({ total, settled, from, rows }: Lines): Gives<'session.history'> {
  const lines: HistoryLine[] = [];
  let characters = 0;
  for (const row of rows) {
    const line = historyLineOf(row);
    characters += line.text.length + 6 * (line.looks?.length ?? 0) + 12;
    if (lines.length > 0 && characters > answerCharacters) break;
    lines.push(line);
  }
  return { total, settled, from, lines };
}

const noted = new WeakMap<Parts['log'], Map<string, number>>();

async function note({ parts, caller, request }: Call, session: Session): Promise<void> {
  const begun = noted.get(parts.log) ?? new Map<string, number>();
  noted.set(parts.log, begun);
  const now = parts.clock.mono();
  for (const [name, at] of begun) if (now - at > readingMs) begun.delete(name);
  const mine = `${caller.login.id} ${session.id}`;
  if (begun.has(mine)) return void begun.set(mine, now);
  await parts.log.commit(() => ({
    events: [
      {
        type: 'recording.read',
        outcome: 'ok',
        actor: { kind: 'person', id: caller.person.id, login: caller.login.id, device: caller.device.id },
        target: session.recording,
        session: session.id,
        request,
        data: { recording: session.recording, session: session.id },
        personal: { address: caller.address },
      },
    ],
    answer: undefined,
  }));
  begun.set(mine, parts.clock.mono());
}
