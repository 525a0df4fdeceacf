// What the face knows of the audit trail: how the gateway says it is kept, for those who may read the log; and what this program remembers of it as a
// witness, which it believes before anything the gateway says (A28).
import type { Problem } from '../../gateway/protocol/errors.ts';
import type { TrailStatus } from '../../gateway/protocol/trail-nouns.ts';
import { type Effect, type Step, step } from './action.ts';
import type { Ask } from './ask.ts';
import { sayProblem } from './messages.ts';
import type { Model } from './model.ts';

/** As link/log-witness.ts found it. `remembered`, `shown`: sizes. */
export type WitnessedLog =
  | { readonly log: 'held'; readonly size: number; readonly kept: Problem | undefined }
  | {
      readonly log: 'conflict';
      readonly remembered: number;
      readonly shown: number;
      readonly why: string;
      readonly problem: Problem;
    }
  | { readonly log: 'unproven'; readonly problem: Problem };

export type TrailSeen = {
  readonly status: TrailStatus | undefined;
  readonly own: WitnessedLog | undefined;
  /** When the log was asked for last, wall clock, ms. */
  readonly askedAt: number;
};
export const noTrailSeen: TrailSeen = { status: undefined, own: undefined, askedAt: 0 };

/** Between two looks at the log, ms. */
const everyMs = 300_000;

/** Asks for the log at each minute that is due; never while the line is a session's. */
export function witnessDue(model: Model): readonly Effect[] {
  const due = model.now - model.trail.askedAt >= everyMs || model.now < model.trail.askedAt;
  return model.line.line === 'open' && model.self !== undefined && !model.away && due ? [{ effect: 'witness' }] : [];
}

export const asked = (model: Model): Model => ({ ...model, trail: { ...model.trail, askedAt: model.now } });

/** What came of it. A conflict is not undone by a better answer: it stays until it is forgotten, which the file knows. */
export function witnessed(model: Model, own: WitnessedLog, now: number): Step {
  const before = model.trail.own;
  // A line that was down meanwhile says nothing of the log.
  if (own.log === 'unproven' && (own.problem.code === 'unreachable' || before?.log === 'conflict')) return step(model);
  const next: Model = { ...model, trail: { ...model.trail, own } };
  if (own.log !== 'conflict' || before?.log === 'conflict') return step(next);
  return sayProblem(next, now, own.problem);
}

const opening: ReadonlySet<Ask['ask']> = new Set<Ask['ask']>(['open', 'attach', 'take-over', 'join', 'watch']);

/** Why nothing new is opened, if it is this; undefined otherwise. */
export const openingRefused = (model: Model, what: Ask['ask'] | 'wall'): Problem | undefined =>
  model.trail.own?.log === 'conflict' && (what === 'wall' || opening.has(what)) ? model.trail.own.problem : undefined;

/** How long ago the newest head was taken by an anchor that works, and the worst that is to be said of any. */
export type AnchorsSeen =
  | { readonly anchors: 'none' | 'waiting' }
  | { readonly anchors: 'ok' | 'late' | 'stale'; readonly at: number }
  | { readonly anchors: 'conflict' };

export function anchorsSeen({ anchors }: TrailStatus): AnchorsSeen {
  if (anchors.some(({ state }) => state === 'conflict')) return { anchors: 'conflict' };
  const at = Math.max(...anchors.map((one) => one.at ?? 0));
  if (anchors.length === 0) return { anchors: 'none' };
  const worst = (['stale', 'late'] as const).find((state) => anchors.some((one) => one.state === state));
  if (worst !== undefined) {
    const behind = anchors.filter(({ state }) => state === worst).map((one) => one.at ?? 0);
    return { anchors: worst, at: Math.min(...behind) };
  }
  return anchors.every(({ state }) => state === 'waiting') ? { anchors: 'waiting' } : { anchors: 'ok', at };
}
