// A shell on a server where one has left a session that goes on: back to it, or another one?
import type { Step } from './action.ts';
import { step } from './action.ts';
import { ask } from './asking.ts';
import type { Model, Overlay } from './model.ts';
import { ownDetached } from './own.ts';

export type Resume = Extract<Overlay, { overlay: 'resume' }>;

/** Enter on a server: at once where nothing of one's own goes on there. */
export function openOn(model: Model, server: string, name: string): Step {
  const sessions = ownDetached(model).filter((row) => row.server === server);
  if (sessions.length === 0) return anew(model, server, name);
  return step({ ...model, overlay: { overlay: 'resume', server, name, sessions, at: 0 } });
}

export const anew = (model: Model, server: string, name: string): Step =>
  ask({ ...model, overlay: undefined }, { ask: 'open', server, name });

/** What the bar is on: the sessions, then a new shell. */
export function chosenToResume(model: Model, { sessions, at, server, name }: Resume): Step {
  const row = sessions[at];
  if (row === undefined) return anew(model, server, name);
  return ask({ ...model, overlay: undefined }, { ask: 'attach', session: row.id, name });
}

export const movedInResume = (overlay: Resume, by: number): Resume => ({
  ...overlay,
  at: Math.max(0, Math.min(overlay.sessions.length, overlay.at + by)),
});
