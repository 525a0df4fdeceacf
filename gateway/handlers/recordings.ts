// Recordings: which there are, and one as a file in pieces. A piece is made from the recording itself each time; who asks for the next one soon finds the
// reader where it stopped, otherwise it starts again and skips what was given.

import { removedName } from '../audit/names.ts';
import { inSlices } from '../audit/slices.ts';
import { rows, type State } from '../audit/state.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { Gives } from '../protocol/operator.ts';
import type { Connection } from '../relay/connection.ts';
import { recordingKeyName } from '../relay/open-hub.ts';
import { type CastAbout, type CastExporter, openExport } from '../session/cast-export.ts';
import type { Recording, Session } from '../session/session.ts';
import type { Handler, Parts } from './call.ts';
import { isNoted, noteReading } from './reading.ts';
import { recordingFor, recordingTarget } from './resolve.ts';

const nameOf = (state: State, id: string): string => state.people[id]?.name ?? removedName(id);
const serverNameOf = (state: State, id: string): string => state.servers[id]?.name ?? removedName(id);

export const listRecordings: Handler<'recording.list'> = async ({ parts, caller }) => {
  const recordings = await inSlices(
    rows(parts.log.settled.recordings),
    (recording) => {
      if (recording.purged !== undefined) return undefined;
      const target = recordingTarget(parts.log.settled, recording);
      if (target?.kind !== 'recording' || parts.enforcer.decide(caller, 'recording.see', target).verdict !== 'allow')
        return undefined;
      return rowOf(parts, recording, target.session);
    },
    () => parts.clock.mono(),
  );
  recordings.sort((a, b) => b.startedAt - a.startedAt);
  return fine({ recordings });
};

function rowOf(parts: Parts, recording: Recording, session: Session): Gives<'recording.list'>['recordings'][number] {
  const state = parts.log.settled;
  const { closed } = recording;
  return {
    id: recording.id,
    session: session.id,
    serverName: serverNameOf(state, session.server),
    personName: nameOf(state, session.person),
    startedAt: session.startedAt,
    ...(session.state === 'ended' ? { endedAt: session.ending.at } : {}),
    bytes: closed?.bytes ?? parts.hub.live(session.id)?.bytes ?? (session.state === 'ended' ? session.ending.bytes : 0),
    state:
      closed === undefined ? (session.state === 'ended' ? 'interrupted' : 'live') : closed.incomplete ? 'interrupted' : 'closed',
  };
}

/** Characters of a text piece: every one may become six in the JSON around it. */
const textPiece = 32 * 1024;
/** Bytes of a raw piece; a multiple of 3, so that base64 pieces can be joined. */
const rawPiece = 96 * 1024;

type Piece = { readonly piece: Buffer | string; readonly more: boolean };
/** A reader that stopped after `at` characters or bytes, waiting to be asked to go on: one a connection, and no longer than that. */
type Parked = { readonly key: string; readonly at: number; readonly reader: PieceReader; readonly unpark: () => void };
const parked = new WeakMap<Connection, Parked>();

function take(connection: Connection): Parked | undefined {
  const waiting = parked.get(connection);
  parked.delete(connection);
  waiting?.unpark();
  return waiting;
}
async function park(connection: Connection, reading: Omit<Parked, 'unpark'>): Promise<void> {
  const before = take(connection);
  const unpark = connection.onClose(() => {
    if (parked.get(connection)?.reader === reading.reader) parked.delete(connection);
    reading.reader.stop().catch(() => undefined);
  });
  parked.set(connection, { ...reading, unpark });
  await before?.reader.stop();
}

export const exportRecording: Handler<'recording.export'> = async (call, { recording: reference, format, at = 0 }) => {
  const { parts, connection } = call;
  const found = await recordingFor(call, 'recording.export', reference);
  if (!found.ok) return found;
  const { recording, session } = found.value;
  if (recording.purged !== undefined)
    return refuse('not-found', `it was purged on ${new Date(recording.purged).toISOString().slice(0, 10)}`);
  const key = `${recording.id} ${format}`;
  const waiting = take(connection);
  const goesOn = waiting?.key === key && waiting.at === at;
  if (!goesOn) await waiting?.reader.stop();
  // Whoever asks for the middle of a recording first has not begun one.
  if (at === 0 || !isNoted(call, key))
    await noteReading(
      call,
      key,
      { recording: recording.id, session: recording.session },
      { type: 'recording.exported', data: { recording: recording.id, format } },
    );
  const going = goesOn ? fine(waiting.reader) : await startReader(parts, recording, session, format, at);
  if (!going.ok) return going;
  const reader = going.value;
  const { piece, more } = await reader.next();
  const next = at + piece.length;
  if (more) await park(connection, { key, at: next, reader });
  else await reader.stop();
  return fine({
    piece: typeof piece === 'string' ? piece : piece.toString('base64'),
    encoding: typeof piece === 'string' ? 'utf8' : 'base64',
    ...(more ? { next } : {}),
  });
};

async function startReader(
  parts: Parts,
  recording: Recording,
  session: Session,
  format: 'v2' | 'v3' | 'txt' | 'raw',
  at: number,
): Promise<Result<PieceReader>> {
  const secret = parts.vault.get(recordingKeyName(recording.id));
  if (secret === undefined) return refuse('not-found', 'the key of this recording is gone');
  const state = parts.log.settled;
  const about: CastAbout = {
    title: `${nameOf(state, session.person)} on ${serverNameOf(state, session.server)}`,
    size: session.size,
    startedAt: session.startedAt,
    exitCode: session.state === 'ended' ? session.ending.code : undefined,
    nameOf: (person) => nameOf(state, person),
  };
  const reader = new PieceReader(
    parts.casts.read(recording.id, secret)[Symbol.asyncIterator](),
    openExport(format, about),
    format === 'raw',
  );
  return (await reader.skip(at)) ? fine(reader) : refuse('bad-request', 'at: the recording is shorter than that');
}

/** Cuts an export into pieces of bounded size. */
class PieceReader {
  readonly #frames: ReturnType<ReturnType<Parts['casts']['read']>[typeof Symbol.asyncIterator]>;
  readonly #exporter: CastExporter;
  readonly #raw: boolean;
  #text = '';
  #bytes: Buffer = Buffer.alloc(0);
  #over = false;

  constructor(
    frames: ReturnType<ReturnType<Parts['casts']['read']>[typeof Symbol.asyncIterator]>,
    exporter: CastExporter,
    raw: boolean,
  ) {
    this.#frames = frames;
    this.#exporter = exporter;
    this.#raw = raw;
  }

  get #held(): number {
    return this.#raw ? this.#bytes.length : this.#text.length;
  }

  async #fill(least: number): Promise<void> {
    const parts: Uint8Array[] = [this.#bytes];
    let held = this.#held;
    while (!this.#over && held < least) {
      const step = await this.#frames.next();
      if (step.done === true) this.#over = true;
      const added = step.done === true ? this.#exporter.end() : this.#exporter.take(step.value);
      held += added.length;
      if (typeof added === 'string') this.#text += added;
      else parts.push(added);
    }
    if (parts.length > 1) this.#bytes = Buffer.concat(parts);
  }

  #take(most: number): Buffer | string {
    if (this.#raw) {
      const piece = this.#bytes.subarray(0, most);
      this.#bytes = this.#bytes.subarray(piece.length);
      return piece;
    }
    // Never between the halves of a character beyond the basic plane.
    const last = this.#text.charCodeAt(most - 1);
    const piece = this.#text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
    this.#text = this.#text.slice(piece.length);
    return piece;
  }

  /** Passes over the first `count` characters or bytes; false when there are fewer. */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      await this.#fill(Math.min(left, rawPiece));
      const passed = this.#take(Math.min(left, rawPiece)).length;
      if (passed === 0) return this.#held > 0;
      left -= passed;
    }
    return true;
  }

  async next(): Promise<Piece> {
    const size = this.#raw ? rawPiece : textPiece;
    await this.#fill(size + 1);
    const piece = this.#take(size);
    return { piece, more: this.#held > 0 || !this.#over };
  }

  async stop(): Promise<void> {
    await this.#frames.return?.();
  }
}
