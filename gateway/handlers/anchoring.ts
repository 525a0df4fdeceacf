// Brings the newest head to every anchor (S75, TRUST §5): at least once a minute while the log grows, and on stop. Each anchor by itself: what one does not
// take waits for it, in order, on disk (outside/anchor-spool.ts). Before anything is delivered after a start or a failure, what the anchor holds is read
// back where it can be (A35): a head that is not of this log raises an alarm, and nothing more is delivered to it, so that its evidence stays the newest
// it has. The way out of that is a new anchor, once somebody knows why.
// How far behind an anchor is: how long the oldest head has waited for it, by the monotonic clock; over a restart, by the wall clock.
import { type Anchor, agrees } from '../audit/anchor.ts';
import type { Trail } from '../audit/trail.ts';
import type { TrailBoard } from '../audit/trail-board.ts';
import type { AnchorSpool, Noted } from '../outside/anchor-spool.ts';
import { causeOf } from '../outside/disk.ts';
import { backoffMs, fractionOf } from '../protocol/backoff.ts';
import type { NewEvent } from '../protocol/events.ts';
import { type AnchorRow, causeFrom, type Head } from '../protocol/trail-nouns.ts';
import type { Parts } from './call.ts';

/** So many heads at once. */
const batch = 64;
/** What an anchor holds is read back at least so often, ms. */
const recheckMs = 3_600_000;
/** On stop, ms: what does not arrive by then waits for the next start. */
const stopMs = 3_000;

export type AnchoringPorts = Pick<Parts, 'log' | 'clock' | 'chance'> & {
  readonly trail: Trail;
  readonly board: TrailBoard;
  readonly spool: AnchorSpool;
  readonly anchors: readonly Anchor[];
  /** Between two heads that are delivered, ms. */
  readonly everyMs: number;
  /** Alarm when an anchor is so far behind, ms. */
  readonly lateMs: number;
  /** The trail is stale when every anchor is so far behind, ms. */
  readonly staleMs: number;
  /** The spool could not be written. */
  readonly trouble: (cause: string) => void;
};

export interface Anchoring {
  /** Delivers the newest head, then lets go of the anchors. */
  close(): Promise<void>;
}

type Course = {
  readonly anchor: Anchor;
  busy: Promise<void> | undefined;
  /** Failures one after the other. */
  failures: number;
  cause: string | undefined;
  /** When what it holds was last seen to be of this log, by the monotonic clock. */
  checkedAt: number | undefined;
  /** Since when it is known to hold another log, by the monotonic clock. */
  conflictAt: number | undefined;
  /** It took something since the start. */
  took: boolean;
  /** Ring when the next thing turns, and when it is tried again. */
  turns: (() => void) | undefined;
  retry: (() => void) | undefined;
};

/** Begins; without anchors it only sees to it that nothing is called stale. */
export function openAnchoring(ports: AnchoringPorts): Anchoring {
  const { log, clock, chance, trail, board, spool, everyMs, lateMs, staleMs } = ports;
  const names = ports.anchors.map(({ name }) => name);
  const courses = ports.anchors.map(
    (anchor): Course => ({
      anchor,
      busy: undefined,
      failures: 0,
      cause: undefined,
      checkedAt: undefined,
      conflictAt: undefined,
      took: false,
      turns: undefined,
      retry: undefined,
    }),
  );
  /** Since when each head waits, by the monotonic clock. */
  const since = new Map<number, number>();
  const startedAt = clock.mono();
  for (const { size, ts } of spool.heads) since.set(size, startedAt - Math.max(0, clock.now() - ts));
  /** Anchors that were told of as late. */
  const toldLate = new Set(names.filter((name) => spool.taken[name]?.late === true));
  let toldStale: boolean | undefined;
  let gathering: (() => void) | undefined;
  let gatheredAt: number | undefined;
  let closed = false;

  const takenOf = ({ anchor }: Course): Noted | undefined =>
    Object.hasOwn(spool.taken, anchor.name) ? spool.taken[anchor.name] : undefined;
  const waitingFor = (course: Course): readonly Head[] => {
    const taken = takenOf(course)?.size ?? 0;
    return spool.heads.filter(({ size }) => size > taken);
  };
  function lagOf(course: Course): number {
    const now = clock.mono();
    const oldest = waitingFor(course)[0];
    const waited = oldest === undefined ? 0 : now - (since.get(oldest.size) ?? now);
    // Whoever holds another log vouches for nothing of this one, however little waits.
    return Math.max(waited, course.conflictAt === undefined ? 0 : now - course.conflictAt);
  }
  const report = (work: Promise<unknown>): Promise<void> =>
    work.then(
      () => undefined,
      (error: unknown) => ports.trouble(causeOf(error)),
    );
  const tell = (event: Pick<NewEvent, 'type' | 'outcome' | 'data'>): void => {
    const whole = { ...event, actor: { kind: 'gateway' }, personal: {} } as NewEvent;
    // The log cannot be written: then the process ends, and says so itself.
    void log.commit(() => ({ events: [whole], answer: undefined })).catch(() => undefined);
  };

  function stateOf(course: Course, lag: number): AnchorRow['state'] {
    if (course.conflictAt !== undefined) return 'conflict';
    if (lag >= staleMs) return 'stale';
    if (lag >= lateMs) return 'late';
    return takenOf(course) === undefined ? 'waiting' : 'ok';
  }

  /** Says how an anchor stands, and what has turned; looks again when the next thing would turn. */
  function look(course: Course): void {
    course.turns?.();
    course.turns = undefined;
    const { anchor } = course;
    const lag = lagOf(course);
    const waiting = waitingFor(course);
    const taken = takenOf(course);
    const { note } = anchor;
    board.anchor({
      name: anchor.name,
      kind: anchor.kind,
      state: stateOf(course, lag),
      ...(taken === undefined ? {} : { size: taken.size, root: taken.root, at: taken.at }),
      behind: waiting.length,
      ...(course.cause === undefined ? {} : { cause: course.cause }),
      ...(note === undefined ? {} : { note }),
    });
    const late = toldLate.has(anchor.name);
    if (lag >= lateMs && !late && course.conflictAt === undefined) {
      toldLate.add(anchor.name);
      const cause = course.cause ?? 'it does not answer';
      tell({
        type: 'anchor.late',
        outcome: 'failed',
        data: { anchor: anchor.name, since: clock.now() - lag, behind: waiting.length, cause },
      });
      if (taken !== undefined) void report(spool.note(anchor.name, { ...taken, late: true }, names));
    }
    const next = [lateMs, staleMs].filter((limit) => limit > lag).map((limit) => limit - lag);
    if (!closed && (waiting.length > 0 || course.conflictAt !== undefined) && next.length > 0)
      course.turns = clock.after(Math.min(...next), () => {
        look(course);
        judge();
      });
  }

  /** Whether anybody outside still vouches for the log; what turns is an event, so that decisions read no clock. */
  function judge(): void {
    if (closed) return;
    const stale = courses.length > 0 && courses.every((course) => lagOf(course) >= staleMs);
    const was = log.settled.staleSince !== undefined;
    // A restart vouches for nothing: what was stale is so until somebody has taken a head again.
    if (was && courses.length > 0 && !courses.some((course) => course.took && lagOf(course) < staleMs)) return;
    if (stale === was || stale === toldStale) return;
    toldStale = stale;
    if (stale) tell({ type: 'trail.stale', outcome: 'failed', data: { anchors: names } });
    else tell({ type: 'trail.restored', outcome: 'ok', data: { anchors: names } });
  }

  function conflicts(course: Course, cause: string, held: { readonly size: number; readonly root: string }): void {
    course.conflictAt = clock.mono();
    course.cause = cause;
    const { name } = course.anchor;
    tell({ type: 'anchor.conflict', outcome: 'failed', data: { anchor: name, size: held.size, root: held.root } });
    board.conflict({ kind: 'anchor', name, size: held.size, at: clock.now() });
  }

  const nowhere = '0'.repeat(64);
  /** False when it cannot be asked now, or holds another log. */
  async function check(course: Course, own: Head): Promise<boolean> {
    const held = await course.anchor.newest();
    if (!held.ok) {
      course.cause = causeFrom(held.problem.detail ?? held.problem.code);
      return false;
    }
    const taken = takenOf(course);
    if (await agrees(held.value, taken, own, trail)) {
      course.checkedAt = clock.mono();
      return true;
    }
    const { value } = held;
    const shown = value.held === 'head' ? { size: value.size, root: value.root ?? nowhere } : { size: 0, root: nowhere };
    conflicts(
      course,
      value.held === 'head' && value.size >= (taken?.size ?? 0)
        ? `it holds a head of ${value.size} records that is not of this log`
        : `it holds ${value.held === 'head' ? `${value.size} records` : 'nothing'}, and took ${taken?.size ?? 0}`,
      shown,
    );
    return false;
  }

  /** Delivers what waits, until nothing does or something fails. */
  async function deliver(course: Course): Promise<void> {
    const { anchor } = course;
    for (;;) {
      const own = trail.head;
      if (own === undefined || course.conflictAt !== undefined) return;
      const { checkedAt } = course;
      const due = anchor.readsEasily || checkedAt === undefined || clock.mono() - checkedAt >= recheckMs;
      if (due && !(await check(course, own))) return failed(course);
      const heads = waitingFor(course).slice(0, batch);
      const newest = heads.at(-1);
      if (newest === undefined) return succeeded(course);
      const took = await anchor.take(heads);
      if (!took.ok) {
        const cause = causeFrom(took.problem.detail ?? took.problem.code);
        course.cause = cause;
        if (took.problem.code === 'verification' && (await check(course, own)))
          conflicts(course, cause, { size: newest.size, root: newest.root });
        return failed(course);
      }
      course.failures = 0;
      course.cause = undefined;
      course.took = true;
      const late = toldLate.has(anchor.name);
      const noted = { size: newest.size, root: newest.root, at: clock.now(), ...(late ? { late } : {}) };
      await report(spool.note(anchor.name, noted, names));
      const left = new Set(spool.heads.map(({ size }) => size));
      for (const size of since.keys()) if (!left.has(size)) since.delete(size);
      look(course);
      judge();
    }
  }

  /** It holds everything there is. */
  function succeeded(course: Course): void {
    course.failures = 0;
    course.cause = undefined;
    const { name } = course.anchor;
    const taken = takenOf(course);
    if (taken !== undefined && toldLate.delete(name)) {
      tell({ type: 'anchor.restored', outcome: 'ok', data: { anchor: name, size: taken.size } });
      void report(spool.note(name, { size: taken.size, root: taken.root, at: taken.at }, names));
    }
    look(course);
    judge();
  }

  function failed(course: Course): void {
    course.failures += 1;
    course.checkedAt = undefined;
    look(course);
    judge();
    if (course.conflictAt !== undefined || closed) return;
    course.retry?.();
    // Never more rarely than heads come.
    const wait = Math.min(backoffMs(course.failures - 1, fractionOf(chance.bytes(4))), everyMs);
    course.retry = clock.after(wait, () => void go(course));
  }

  function go(course: Course): Promise<void> {
    course.busy ??= deliver(course)
      .catch((error: unknown) => {
        course.cause = causeOf(error);
        failed(course);
      })
      .finally(() => {
        course.busy = undefined;
        // One that came while the last was being finished.
        if (course.failures === 0 && course.conflictAt === undefined && waitingFor(course).length > 0) void go(course);
      });
    return course.busy;
  }

  async function gather(head: Head): Promise<void> {
    gathering?.();
    gathering = undefined;
    gatheredAt = clock.mono();
    const grown = head.size > (spool.heads.at(-1)?.size ?? 0);
    if (grown && courses.some((course) => (takenOf(course)?.size ?? 0) < head.size)) {
      since.set(head.size, clock.mono());
      await report(spool.add(head));
    }
    for (const course of courses) {
      // Whoever waits to try again tries again then.
      if (course.failures === 0) void go(course);
      look(course);
    }
  }

  function noticed(): void {
    if (closed || courses.length === 0 || gathering !== undefined) return;
    const wait = gatheredAt === undefined ? 0 : Math.max(0, gatheredAt + everyMs - clock.mono());
    gathering = clock.after(wait, () => {
      gathering = undefined;
      const { head } = trail;
      if (head !== undefined) void gather(head);
    });
  }

  const stopListening = trail.onHead(noticed);
  for (const course of courses) look(course);
  judge();
  if (trail.head !== undefined) noticed();

  return {
    async close() {
      closed = true;
      stopListening();
      gathering?.();
      for (const course of courses) {
        course.turns?.();
        course.retry?.();
      }
      if (courses.length === 0) return spool.close();
      const head = await trail.sign().catch(() => trail.head);
      if (head !== undefined) await gather(head);
      let callOff = (): void => undefined;
      const enough = new Promise<void>((resolve) => {
        callOff = clock.after(stopMs, resolve);
      });
      await Promise.race([Promise.all(courses.map((course) => go(course))), enough]);
      callOff();
      await Promise.race([Promise.all(courses.map(({ anchor }) => anchor.close())), enough]);
      await spool.close();
    },
  };
}
