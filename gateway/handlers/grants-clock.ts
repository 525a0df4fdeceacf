// What ends requests and grants by itself (M14): time, the hours of a recurring grant, and a person who is gone, suspended or locked. Each end is an event, so
// that whoever decides reads no clock. Ends come at a deadline of the monotonic clock, counted from when it was heard of, so that a wall clock set back gives
// nobody lifetime (R11), and at the wall clock's word, so that a machine that slept ends at once what it slept through. Hours go by the wall clock alone.
import type { Grant } from '../access/grant.ts';
import { endedGrant } from '../access/granting.ts';
import type { AccessRequest } from '../access/request.ts';
import { lockOnPerson } from '../access/requesting.ts';
import { nextTurn, windowOpen } from '../access/window.ts';
import { rows, type State } from '../audit/state.ts';
import { mostGrantMinutes } from '../protocol/access-nouns.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Parts } from './call.ts';

/** How long it sleeps at most while there is anything to end: as late as a machine that woke up may notice. */
const beatMs = 1_000;
/** Holders are told so long before the end, ms. */
const warningsMs = [300_000, 60_000] as const;

type Deadline = { readonly until: Instant; readonly mono: number; warned: number | undefined };
/** Whether the time of something is over, by either clock. */
type Over = (id: string, until: Instant, lifeMs: number) => boolean;

const gateway = { actor: { kind: 'gateway' } } as const;
const minuteMs = 60_000;
const lifeOf = (grant: Grant): number => Math.min(grant.terms.minutes, mostGrantMinutes) * minuteMs * (1 + (grant.extended ?? 0));

const over = (request: AccessRequest, cause: 'expired' | 'removed'): NewEvent => ({
  ...gateway,
  type: 'request.ended',
  outcome: 'ok',
  target: request.id,
  data: { request: request.id, cause },
  personal: {},
});

/** The ends that are due. Pure, but for what `isOver` reads. */
function dueEnds(state: State, now: Instant, isOver: Over): readonly NewEvent[] {
  const requests = rows(state.requests).filter(({ state: at }) => at === 'pending');
  const events: NewEvent[] = [];
  const ended = new Set<string>();
  for (const request of requests) {
    const person = state.people[request.person];
    const gone = person?.status !== 'active' || lockOnPerson(state, person) !== undefined;
    if (!gone && !isOver(request.id, request.expiresAt, request.expiresAt - request.at)) continue;
    ended.add(request.id);
    events.push(over(request, gone ? 'removed' : 'expired'));
  }
  for (const grant of rows(state.grants)) {
    if (grant.ended !== undefined) continue;
    const { window } = grant.terms;
    const left = requests.filter(({ id }) => !ended.has(id));
    if (state.people[grant.person] === undefined) events.push(...endedGrant(gateway, grant, left, { cause: 'removed' }));
    else if (isOver(grant.id, grant.until, lifeOf(grant))) events.push(...endedGrant(gateway, grant, left, { cause: 'expired' }));
    else if (window !== undefined && windowOpen(window, now) !== grant.open)
      events.push({
        ...gateway,
        type: 'grant.turned',
        outcome: 'ok',
        target: grant.id,
        data: { grant: grant.id, open: !grant.open },
        personal: {},
      });
  }
  return events;
}

/** Begins to watch; the returned function stops. `soon`: a grant ends in so many ms; said twice. */
export function openGrantClock(
  { log, clock }: Pick<Parts, 'log' | 'clock'>,
  soon: (grant: Grant, inMs: number) => void = () => undefined,
): () => void {
  const deadlines = new Map<string, Deadline>();
  let callOff = (): void => undefined;
  let stopped = false;
  let looking = false;
  /** The log took no end just now: it is not asked again at once. */
  let refused = false;

  function deadlineOf(id: string, until: Instant, lifeMs: number): Deadline {
    let held = deadlines.get(id);
    if (held?.until !== until) {
      held = { until, mono: clock.mono() + Math.min(Math.max(0, until - clock.now()), lifeMs), warned: undefined };
      deadlines.set(id, held);
    }
    return held;
  }
  const isOver: Over = (id, until, lifeMs) => clock.mono() >= deadlineOf(id, until, lifeMs).mono || clock.now() >= until;

  function warn(grant: Grant): void {
    const held = deadlineOf(grant.id, grant.until, lifeOf(grant));
    const left = held.mono - clock.mono();
    const due = warningsMs.findLast((ms) => left <= ms);
    // What lasts no longer than a warning is early needs none of it.
    if (due === undefined || left <= 0 || (held.warned !== undefined && held.warned <= due) || lifeOf(grant) <= due) return;
    held.warned = due;
    soon(grant, left);
  }

  /** When to look again; undefined = when something is asked for or given. */
  function nextLook(): number | undefined {
    const state = log.settled;
    let next: number | undefined;
    const at = (ms: number): void => {
      next = Math.min(next ?? beatMs, Math.max(0, ms));
    };
    for (const row of rows(state.requests))
      if (row.state === 'pending') at(deadlineOf(row.id, row.expiresAt, row.expiresAt - row.at).mono - clock.mono());
    for (const row of rows(state.grants)) {
      if (row.ended !== undefined) continue;
      at(deadlineOf(row.id, row.until, lifeOf(row)).mono - clock.mono());
      if (next !== undefined && next > 0 && row.terms.window !== undefined)
        at((nextTurn(row.terms.window, clock.now()) ?? Number.POSITIVE_INFINITY) - clock.now());
    }
    return next;
  }
  function plan(): void {
    callOff();
    if (stopped) return;
    const next = nextLook();
    if (next !== undefined) callOff = clock.after(refused ? beatMs : next, () => void look());
  }
  async function look(): Promise<void> {
    if (looking || stopped) return;
    looking = true;
    try {
      refused = false;
      if (dueEnds(log.settled, clock.now(), isOver).length > 0)
        await log.commit((state, now) => ({ events: dueEnds(state, now, isOver), answer: undefined }));
    } catch {
      // A log that cannot be written ends the process; one that is slow may take it later.
      refused = true;
    } finally {
      looking = false;
    }
    const state = log.settled;
    for (const id of deadlines.keys())
      if (state.requests[id]?.state !== 'pending' && (state.grants[id] === undefined || state.grants[id].ended !== undefined))
        deadlines.delete(id);
    for (const row of rows(state.grants)) if (row.ended === undefined && row.open) warn(row);
    plan();
  }

  let version = log.settled.accessVersion;
  const stopListening = log.onSettled(() => {
    // Whoever is gone or locked, and what was asked for or given, changes it.
    if (log.settled.accessVersion === version) return;
    version = log.settled.accessVersion;
    void look();
  });
  void look();
  return () => {
    stopped = true;
    stopListening();
    callOff();
  };
}
