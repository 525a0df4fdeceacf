// What the events of the trail itself do to the state: fold.ts calls this for them. Exhaustive by type.
import { trailEvents } from '../protocol/trail-events.ts';
import type { FoldedEvent } from './folded.ts';
import type { State } from './state.ts';
import { change, put } from './table.ts';

export type TrailEvent = Extract<FoldedEvent, { readonly type: keyof typeof trailEvents }>;

export const isTrail = (event: FoldedEvent): event is TrailEvent => Object.hasOwn(trailEvents, event.type);

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
      return;
    case 'segment.purged':
      state.purged = Math.max(state.purged ?? 0, event.data.last);
      return;
    case 'person.erased':
      // Whoever is erased was removed before: only the row that stayed for its name is left.
      change(state.people, event.data.person, (row) => ({ ...row, name: `erased-${row.id.slice(-6)}` }));
      return;
    case 'audit.heartbeat':
    case 'gateway.restored':
    case 'audit.exported':
    case 'anchor.late':
    case 'anchor.restored':
    case 'anchor.conflict':
    case 'witness.conflict':
    case 'sink.late':
    case 'sink.restored':
    case 'sink.tested':
    case 'alert.raised':
      return;
    default:
      event satisfies never;
  }
}
