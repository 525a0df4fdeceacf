// Figures (load, memory, bytes of output) change every few seconds and are worth a repaint once a minute: an idle dashboard writes nothing
// between its ticks, on a slow link above all. What else changes is told at once.
import type { ServerRow, SessionRow } from '../../gateway/protocol/nouns.ts';
import type { Push } from '../../gateway/protocol/operator.ts';
import type { TrailStatus } from '../../gateway/protocol/trail-nouns.ts';
import type { Model } from '../model/model.ts';

export type FigureHold = {
  /** The push, without rows that differ from the model's in figures only; undefined when nothing is left of it. */
  readonly sift: (push: Push) => Push | undefined;
  /** What was held back: the newest row of each. */
  readonly release: () => readonly Push[];
};

export function holdFigures(model: () => Model): FigureHold {
  const servers = new Map<string, ServerRow>();
  const sessions = new Map<string, SessionRow>();
  let trail: Extract<Push, { type: 'trail.changed' }> | undefined;
  const sift = <R extends { readonly id: string }>(
    push: { readonly whole: boolean; readonly rows: readonly R[]; readonly gone: readonly string[] },
    known: ReadonlyMap<string, R>,
    held: Map<string, R>,
    core: (row: R) => string,
  ): R[] => {
    if (push.whole) held.clear();
    for (const id of push.gone) held.delete(id);
    return push.rows.filter((row) => {
      const before = known.get(row.id);
      const figuresOnly = !push.whole && before !== undefined && core(before) === core(row);
      if (figuresOnly) held.set(row.id, row);
      else held.delete(row.id);
      return !figuresOnly;
    });
  };
  return {
    sift: (push) => {
      if (push.type === 'servers.changed') {
        const rows = sift(push, model().servers.rows, servers, serverCore);
        return rows.length === 0 && push.gone.length === 0 && !push.whole ? undefined : { ...push, rows };
      }
      if (push.type === 'servers.window') {
        const { servers: list, looking } = model();
        // The answer to what was asked goes through whole; so does whatever says more than figures.
        const quiet =
          !push.anew &&
          push.order === undefined &&
          push.gone.length === 0 &&
          push.number === looking?.heard &&
          push.total === list.total &&
          push.match === list.match &&
          push.from === list.first;
        const rows = sift({ ...push, whole: push.anew }, list.rows, servers, serverCore);
        if (!quiet) {
          for (const row of push.rows) servers.delete(row.id);
          return push;
        }
        return rows.length === 0 ? undefined : { ...push, rows };
      }
      if (push.type === 'sessions.changed') {
        const rows = sift(push, model().sessions.rows, sessions, sessionCore);
        return rows.length === 0 && push.gone.length === 0 && !push.whole ? undefined : { ...push, rows };
      }
      if (push.type === 'trail.changed') {
        const { status } = model().trail;
        trail = status !== undefined && trailCore(status) === trailCore(push.status) ? push : undefined;
        return trail === undefined ? push : undefined;
      }
      return push;
    },
    release: () => {
      const out: Push[] = [];
      if (servers.size > 0) out.push(figuresOf(model(), [...servers.values()]));
      if (sessions.size > 0) out.push({ type: 'sessions.changed', whole: false, rows: [...sessions.values()], gone: [] });
      if (trail !== undefined) out.push(trail);
      trail = undefined;
      servers.clear();
      sessions.clear();
      return out;
    },
  };
}

/** The rows as the list takes them: one that is kept by the gateway stays so. */
function figuresOf({ servers: { far, total, match, first }, looking }: Model, rows: ServerRow[]): Push {
  if (!far || looking === undefined) return { type: 'servers.changed', whole: false, rows, gone: [] };
  const number = Math.max(1, looking.heard);
  return { type: 'servers.window', number, anew: false, total, match, from: first, rows, gone: [] };
}

/** How far each anchor and sink is changes with every record; that they keep up does not. */
const trailCore = ({ head: _head, anchors, sinks, ...core }: TrailStatus): string =>
  JSON.stringify([
    core,
    anchors.map(({ name, state, cause }) => [name, state, cause]),
    sinks.map(({ name, state }) => [name, state]),
  ]);

const serverCore = ({ metrics: _metrics, lastSeenAt: _seen, ...core }: ServerRow): string => JSON.stringify(core);
/** When it ends is put off by every key that is typed; the minute will do, as long as it ends for the same reason. */
const sessionCore = ({ bytes: _bytes, ends, ...core }: SessionRow): string => JSON.stringify([core, ends?.reason]);
