// The history of a live session (E30, M4). Reading it is reading its recording: a permission of its own, in the log before a line is given (law 1).
import { fine, refuse } from '../protocol/errors.ts';
import type { Gives, HistoryLine } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import type { Lines } from '../relay/history.ts';
import { historyLineOf } from '../relay/history-lines.ts';
import type { Handler } from './call.ts';
import { isNoted, noteReading } from './reading.ts';
import { sessionFor } from './resolve.ts';

/** Characters of the lines in one answer; more is asked for again. */
const answerCharacters = 48 * 1024;

/** The search under way on a connection. */
const searching = new WeakMap<Connection, AbortController>();

export const showHistory: Handler<'session.history'> = async (call, { session: reference, from, count, find }) => {
  const { parts, connection } = call;
  const found = await sessionFor(call, 'session.history', reference);
  if (!found.ok) return found;
  const { session } = found.value;
  const history = parts.hub.history(session.id);
  if (session.state === 'ended' || history === undefined) return refuse('session-ended', 'its recording can still be read');
  const { id, recording } = session;
  if (!isNoted(call, id))
    await noteReading(call, id, { recording, session: id }, { type: 'recording.read', data: { recording, session: id } });
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
