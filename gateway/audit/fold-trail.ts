// What the events of the trail itself do to the state: fold.ts calls this for them. Exhaustive by type.
import type { PersonId } from '../protocol/ids.ts';
import { trailEvents } from '../protocol/trail-events.ts';
import type { FoldedEvent } from './folded.ts';
import type { State } from './state.ts';
import { change, put } from './table.ts';

export type TrailEvent = Extract<FoldedEvent, { readonly type: keyof typeof trailEvents }>;

export const isTrail = (event: FoldedEvent): event is TrailEvent => Object.hasOwn(trailEvents, event.type);

/** Whoever is erased was removed before: what is left is the name they had, and where they were. As a fold of their records without personal parts has it. */
function erase(state: State, person: PersonId): void {
  if (state.departed?.[person] !== undefined) {
    const { [person]: _, ...others } = state.departed;
    state.departed = others;
    if (Object.keys(others).length === 0) delete state.departed;
  }
  for (const session of Object.values(state.sessions))
    if (session.participants.some((one) => one.person === person && one.address !== undefined))
      put(state.sessions, {
        ...session,
        participants: session.participants.map((one) => {
          const { address: _, ...rest } = one;
          return one.person === person ? rest : one;
        }),
      });
  for (const entrance of Object.values(state.entrances))
    if (entrance.person === person) put(state.entrances, { ...entrance, machine: '', address: '' });
}

/** Puts into `state` what the event says; a row is replaced, never changed. */
export function foldTrail(state: State, event: TrailEvent): void {
  switch (event.type) {
    case 'epoch.began':
      state.epochs = [...(state.epochs ?? []), event.data];
      state.epochAt = event.at;
      return;
    case 'hold.placed': {
      const { hold, name, query, by, why } = event.data;
      put(state.holds, { id: hold, name, query, why, by, at: event.at });
      return;
    }
    case 'hold.released':
      delete state.holds[event.data.hold];
      if (Object.keys(state.holds).length === 0) delete state.gone;
      return;
    case 'segment.purged':
      state.purged = Math.max(state.purged ?? 0, event.data.last);
      return;
    case 'recording.purged':
      change(state.recordings, event.data.recording, (row) => ({ ...row, purged: event.at }));
      return;
    case 'person.erased':
      return erase(state, event.data.person);
    case 'trail.stale':
      state.staleSince = event.at;
      return;
    case 'trail.restored':
      delete state.staleSince;
      return;
    case 'audit.heartbeat':
    case 'gateway.restored':
    case 'audit.exported':
    case 'anchor.late':
    case 'anchor.restored':
    case 'anchor.conflict':
    case 'witness.conflict':
    case 'anchored.conflict':
    case 'sink.late':
    case 'sink.restored':
    case 'sink.tested':
    case 'alert.raised':
      return;
    default:
      event satisfies never;
  }
}
