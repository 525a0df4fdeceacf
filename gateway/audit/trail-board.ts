// How the trail is kept, as of now: what anchors, witnesses and sinks said last. In memory; what matters of it is in the log as events.
import type { AnchorRow, SinkRow, TrailStatus, WitnessConflict } from '../protocol/trail-nouns.ts';
import type { Trail } from './trail.ts';

/** So many conflicts are shown; the log has all. */
const mostConflicts = 20;

export interface TrailBoard {
  status(): TrailStatus;
  anchor(row: AnchorRow): void;
  sink(row: SinkRow): void;
  /** Who holds a head of this log. */
  witness(kind: 'server' | 'person', id: string): void;
  conflict(conflict: WitnessConflict): void;
  /** Told after each change that shows. Returns how to stop. */
  onChange(listener: () => void): () => void;
}

export function openTrailBoard(trail: Trail): TrailBoard {
  const anchors = new Map<string, AnchorRow>();
  const sinks = new Map<string, SinkRow>();
  const witnesses = { server: new Set<string>(), person: new Set<string>() };
  let conflicts: readonly WitnessConflict[] = [];
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => void listener());

  return {
    status() {
      const { head } = trail;
      return {
        ...(head === undefined ? {} : { head: { size: head.size, epoch: head.epoch, at: head.ts } }),
        anchors: [...anchors.values()],
        witnesses: { servers: witnesses.server.size, people: witnesses.person.size },
        conflicts: [...conflicts],
        sinks: [...sinks.values()],
      };
    },
    anchor(row) {
      anchors.set(row.name, row);
      changed();
    },
    sink(row) {
      sinks.set(row.name, row);
      changed();
    },
    witness(kind, id) {
      // Who was made to forget the other log holds this one now.
      const others = conflicts.filter((one) => one.kind !== kind || one.id !== id);
      if (witnesses[kind].has(id) && others.length === conflicts.length) return;
      witnesses[kind].add(id);
      conflicts = others;
      changed();
    },
    conflict(conflict) {
      conflicts = [conflict, ...conflicts.filter(({ kind, name }) => kind !== conflict.kind || name !== conflict.name)].slice(
        0,
        mostConflicts,
      );
      changed();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
