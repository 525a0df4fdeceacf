// Evidence (M10): a file for somebody who will check it without us, given in turns. What is asked for is counted first, so that the record of it, which is
// durable before the first line leaves (law 1, A43), says how much it was. A file is made for one connection from its beginning to its end: whoever comes
// back on another begins again. Memory: one line, one at a time a connection.
import type { Settled } from '../audit/commit.ts';
import { type EvidenceSource, evidenceText } from '../audit/evidence-made.ts';
import { type AuditQuery, parseQuery } from '../audit/query.ts';
import { personActor } from '../identity/happening.ts';
import type { Clock } from '../ports.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { AuditLine } from '../protocol/events.ts';
import { idRandomBytes } from '../protocol/ids.ts';
import type { Takes } from '../protocol/operator.ts';
import { programVersion } from '../protocol/version.ts';
import type { Connection } from '../relay/connection.ts';
import { recordingKeyName } from '../relay/open-hub.ts';
import type { Recording, Session } from '../session/session.ts';
import { fitting } from './audit-search.ts';
import type { Call, Handler } from './call.ts';
import { recordingTarget, sessionFor } from './resolve.ts';

/** Characters of a turn: even if each had to be escaped in the message around them, it stays within its bound. */
const turnCharacters = 96 * 1024;
/** Longest that a turn waits for its next line, ms. */
const turnMs = 1000;

type Asked = Pick<Takes<'audit.export'>, 'session' | 'query'>;

export const exportEvidence: Handler<'audit.export'> = async (call, { session, query, next }) => {
  const { parts, caller, connection, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'audit.export', { kind: 'workspace' }, request);
  if (!allowed.ok) return allowed;
  if ((session === undefined) === (query === undefined)) return refuse('bad-request', 'either a session or a query');
  const of = session === undefined ? fine(undefined) : await sessionToExport(call, session);
  if (!of.ok) return of;
  const key = JSON.stringify([session, query]);
  const going = next === undefined ? await begun(call, key, { session, query }, of.value) : fine(makings.get(connection));
  if (!going.ok) return going;
  const making = going.value;
  if (making === undefined || making.key !== key || (next !== undefined && making.next !== next))
    return refuse('bad-request', 'next: this is not being made; begin again');
  const { lines, more } = await making.turn(parts.clock);
  if (!more) {
    await making.stop();
    return fine({ lines });
  }
  return fine({ lines, next: making.next });
};

type Of = { readonly session: Session; readonly recording: Recording | undefined };

/** A session that may be seen; where there is a recording of it, one that may be exported. Errors: not-found, denied, step-up. */
async function sessionToExport(call: Call, reference: string): Promise<Result<Of>> {
  const found = await sessionFor(call, 'session.see', reference);
  if (!found.ok) return found;
  const { session } = found.value;
  const { settled } = call.parts.log;
  const recording = Object.hasOwn(settled.recordings, session.recording) ? settled.recordings[session.recording] : undefined;
  const target = recording && recordingTarget(settled, recording);
  if (target === undefined) return fine({ session, recording: undefined });
  const allowed = await call.parts.enforcer.enforce(call.caller, 'recording.export', target, call.request);
  return allowed.ok ? fine({ session, recording }) : allowed;
}

const makings = new WeakMap<Connection, Making>();

async function begun(call: Call, key: string, asked: Asked, of: Of | undefined): Promise<Result<Making>> {
  const { parts, connection } = call;
  const query = parseQuery(of === undefined ? (asked.query ?? '') : `session:${of.session.id}`, parts.clock.now());
  if (!query.ok) return query;
  await makings.get(connection)?.stop();
  const name = Buffer.from(parts.chance.bytes(idRandomBytes)).toString('hex');
  const making: Making = new Making(
    key,
    name,
    evidence(call, query.value, asked, of, () => making.stopped),
  );
  const unpark = connection.onClose(() => void making.stop());
  making.onStop = () => {
    unpark();
    if (makings.get(connection) === making) makings.delete(connection);
  };
  makings.set(connection, making);
  return fine(making);
}

/** Counts, records, and gives the text. */
async function* evidence(
  call: Call,
  query: AuditQuery,
  asked: Asked,
  of: Of | undefined,
  stopped: () => boolean,
): AsyncGenerator<string> {
  const { parts, caller, request } = call;
  const { log, clock } = parts;
  const range = { from: 0, to: log.settled.seq };
  const session = of?.session;
  let records = 0;
  let opened = false;
  for await (const { event } of until(stopped, fitting(parts, query, range))) {
    records += 1;
    opened ||= event.type === 'recording.started' && event.data.recording === of?.recording?.id;
  }
  if (stopped()) return;
  await log.commit(() => ({
    events: [
      {
        type: 'audit.exported',
        outcome: 'ok',
        actor: personActor(caller.login, caller.device),
        ...(session === undefined ? {} : { session: session.id, target: session.id }),
        request,
        data: {
          ...(session === undefined ? { query: asked.query ?? '' } : { session: session.id }),
          records,
          size: range.to + 1,
        },
        personal: { address: caller.address },
      },
    ],
    answer: undefined,
  }));
  // Without the record of its beginning nobody could tell that the key is the right one.
  const recording = opened ? of?.recording : undefined;
  const secret = recording && parts.vault.get(recordingKeyName(recording.id));
  const source: EvidenceSource = {
    product: `sallyport ${programVersion}`,
    by: { id: caller.person.id, name: caller.person.name },
    madeAt: clock.now(),
    asked: session === undefined ? { query: asked.query ?? '' } : { session: session.id, live: session.state !== 'ended' },
    trail: parts.trail,
    anchored: parts.board.status().anchors,
    lines: linesOf(until(stopped, fitting(parts, query, range))),
    ...(recording === undefined || secret === undefined
      ? {}
      : {
          recording: {
            id: recording.id,
            session: recording.session,
            key: secret,
            chunks: parts.casts.chunks(recording.id),
          },
        }),
  };
  yield* evidenceText(source);
}

async function* until<T>(stopped: () => boolean, all: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const one of all) {
    if (stopped()) return;
    yield one;
  }
}

/** The lines that settled events came from. */
async function* linesOf(all: AsyncIterable<Settled>): AsyncGenerator<AuditLine> {
  for await (const { record, personal, salt } of all)
    yield personal === undefined || salt === undefined ? { record } : { record, personal: { salt, data: { ...personal } } };
}

/** A file that is being given. */
class Making {
  stopped = false;
  onStop: () => void = () => undefined;
  readonly key: string;
  readonly #name: string;
  readonly #text: AsyncGenerator<string>;
  #turns = 0;
  #pending: Promise<IteratorResult<string, unknown>> | undefined;
  #rest = '';

  constructor(key: string, name: string, text: AsyncGenerator<string>) {
    this.key = key;
    this.#name = name;
    this.#text = text;
  }

  /** Goes into the next turn: a turn is given once. */
  get next(): string {
    return `${this.#name}.${this.#turns}`;
  }

  /** As much as a message holds, or as came in time. */
  async turn(clock: Clock): Promise<{ readonly lines: string[]; readonly more: boolean }> {
    this.#turns += 1;
    const lines: string[] = [];
    const late = Promise.withResolvers<'late'>();
    const silence = clock.after(turnMs, () => late.resolve('late'));
    try {
      for (let room = turnCharacters; room > 0; ) {
        if (this.#rest === '') {
          this.#pending ??= this.#text.next();
          const step = await Promise.race([this.#pending, late.promise]);
          if (step === 'late') break;
          this.#pending = undefined;
          if (step.done === true) return { lines, more: false };
          this.#rest = step.value;
        }
        const piece = this.#take(room);
        lines.push(piece);
        room -= piece.length;
      }
      return { lines, more: true };
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      silence();
    }
  }

  /** Never between the halves of a character beyond the basic plane. */
  #take(most: number): string {
    const last = this.#rest.charCodeAt(most - 1);
    const piece = this.#rest.slice(0, last >= 0xd800 && last <= 0xdbff ? most + 1 : most);
    this.#rest = this.#rest.slice(piece.length);
    return piece;
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.onStop();
    // What it was about to read is not waited for.
    this.#pending?.catch(() => undefined);
    this.#text.return(undefined).catch(() => undefined);
  }
}
