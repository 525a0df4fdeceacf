// What rules raise of a part of the log that nobody watched while it was written: gathered, and told in so many alerts and no more. Pure.
// One alert for each rule and each of what it counts by, per span of the rule in the time of the log; of many more than `mostAlerts` the
// most severe and newest are told, and one alert says how many are not.
import { type AlertRule, moreAlerts } from './alert-rules.ts';
import type { Raised } from './alerts.ts';

export const mostAlerts = 100;
/** Kept while they are gathered; beyond that the oldest are only counted. */
const mostGathered = 5_000;
/** Numbers of records that an alert names, and those of one that are remembered to know it again. */
const mostSeqs = 10;
const mostKnown = 64;

type Due = { raised: Raised; readonly at: number; known: readonly string[] };
/** As it stands in the log. */
export type ToldAlert = { readonly rule: string; readonly seqs: readonly number[] };

const knownAs = (rule: string, seqs: readonly number[]): string => `${rule} ${seqs.at(-1)}`;
const lastOf = ({ raised }: Due): number => raised.seqs.at(-1) ?? 0;

export class DueAlerts {
  readonly #due = new Map<string, Due>();
  /** The newest of each rule and each of what it counts by. */
  readonly #open = new Map<string, Due>();
  #left = { count: 0, to: -1 };

  /** A rule fits; `now` by the time of the log. */
  raise(raised: Raised, now: number): void {
    const { rule } = raised;
    const last = knownAs(rule.name, raised.seqs);
    const key = JSON.stringify([rule.name, rule.by === 'address' ? raised.address : raised.about]);
    const open = this.#open.get(key);
    if (open !== undefined && now - open.at < rule.withinMs) {
      // One that was told meanwhile stands for all of its span.
      if (open.known.length === 0) return;
      const { raised: before } = open;
      this.#forget(open);
      open.raised = {
        ...raised,
        count: before.count + raised.count,
        seqs: [...before.seqs, ...raised.seqs].slice(-mostSeqs),
      };
      this.#hold(open, [...open.known, last].slice(-mostKnown));
      return;
    }
    const due: Due = { raised, at: now, known: [] };
    this.#open.delete(key);
    this.#open.set(key, due);
    this.#hold(due, [last]);
    for (const oldest of this.#due.values()) {
      if (this.#due.size <= mostGathered) break;
      this.#left = { count: this.#left.count + 1, to: Math.max(this.#left.to, lastOf(oldest)) };
      this.#told(oldest);
    }
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= mostGathered) break;
      this.#open.delete(oldest);
    }
  }

  /** An alert that stands in the log: it is not told again, nor are those it says were left out. */
  told({ rule, seqs }: ToldAlert): void {
    if (rule === moreAlerts.name) {
      const to = seqs.at(-1) ?? -1;
      for (const due of new Set(this.#due.values())) if (lastOf(due) <= to) this.#told(due);
      if (this.#left.to <= to) this.#left = { count: 0, to: -1 };
      return;
    }
    const due = this.#due.get(knownAs(rule, seqs));
    if (due !== undefined) this.#told(due);
  }

  /** What is to be told, in the order of the log; the last may say how many are not. */
  list(): readonly Raised[] {
    const all = [...new Set(this.#due.values())].sort((a, b) => lastOf(a) - lastOf(b));
    if (all.length + this.#left.count <= mostAlerts) return all.map(({ raised }) => raised);
    const best = new Set(all.toSorted((a, b) => weightOf(b) - weightOf(a) || lastOf(b) - lastOf(a)).slice(0, mostAlerts));
    const others = all.filter((due) => !best.has(due));
    const to = Math.max(this.#left.to, ...others.slice(-1).map(lastOf));
    const seqs = others.slice(-mostSeqs).map(lastOf);
    const more: Raised = {
      rule: { name: moreAlerts.name, query: `seq:..${to}`, withinMs: 0, by: 'all', severity: moreAlerts.severity },
      count: others.length + this.#left.count,
      about: undefined,
      address: undefined,
      seqs: [...seqs.filter((seq) => seq < to), to].slice(-mostSeqs),
    };
    return [...all.filter((due) => best.has(due)).map(({ raised }) => raised), more];
  }

  #hold(due: Due, known: readonly string[]): void {
    due.known = known;
    for (const one of known) this.#due.set(one, due);
  }
  #forget({ known }: Due): void {
    for (const one of known) this.#due.delete(one);
  }
  #told(due: Due): void {
    this.#forget(due);
    due.known = [];
  }
}

const weights: Readonly<Record<AlertRule['severity'], number>> = { info: 0, warning: 1, alert: 2 };
const weightOf = ({ raised }: Due): number => weights[raised.rule.severity];
