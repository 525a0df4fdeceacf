// What a witness says of a log (A11, A28): the signed head it holds and, once it was shown another log, what it was shown: as a refusal, as signed heads
// that prove it to anybody, and in lines for people. The same on a server and on a person's machine. Pure; witnessing.ts judges, the programs keep it.
import * as v from 'valibot';
import { type Problem, refuse } from '../protocol/errors.ts';
import { type Instant, instant } from '../protocol/nouns.ts';
import { cause, causeFrom, type Head, head } from '../protocol/trail-nouns.ts';
import { type Remembered, remembered } from './witnessing.ts';

/** What a witness was shown that does not go on from what it remembers. Where both are signed, the two heads prove it to anybody. */
const contradiction = v.strictObject({ why: cause, head, at: instant });
type Contradiction = v.InferOutput<typeof contradiction>;

export const testimony = {
  held: remembered,
  /** Stays until somebody on that machine says `witness forget`. */
  conflict: v.optional(contradiction),
} as const;
export type Testimony = { readonly held: Remembered; readonly conflict?: Contradiction | undefined };
/** Of who was shown another log. */
export type Conflicting = Testimony & { readonly conflict: Contradiction };

export const contradicted = (held: Remembered, why: string, shown: Head, at: Instant): Conflicting => ({
  held,
  conflict: { why: causeFrom(why), head: shown, at },
});

const dayAndTime = (at: Instant): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** Why nothing is opened: what is remembered, and what was shown. Undefined while all is well. */
export function conflictProblem(said: Conflicting): Problem;
export function conflictProblem(said: Testimony | undefined): Problem | undefined;
export function conflictProblem(said: Testimony | undefined): Problem | undefined {
  if (said?.conflict === undefined) return undefined;
  const { held, conflict } = said;
  return refuse(
    'witness-conflict',
    `${held.size} records are remembered, ending in ${held.hash.slice(0, 16)}; on ${dayAndTime(conflict.at)} a log of ${conflict.head.size} was shown: ${conflict.why}`,
  ).problem;
}

/** The signed heads themselves, as anchors keep them and `verify --head` takes them: that which is held, and that which contradicts it. */
export function headsIn({ held, conflict }: Testimony): Head[] {
  const { rootKey: _root, key: _key, ...signed } = held;
  return [signed, ...(conflict === undefined ? [] : [conflict.head])];
}

/** The lines a person reads. */
export const testimonyLines = ({ held, conflict }: Testimony): string[] => [
  `log         ${held.chain}, root key ${held.rootKey}`,
  `remembered  ${held.size} records, the last ${held.hash}, epoch ${held.epoch}, signed ${dayAndTime(held.ts)}`,
  ...(conflict === undefined
    ? []
    : [
        `CONFLICT    on ${dayAndTime(conflict.at)}: a log of ${conflict.head.size} records was shown, the last ${conflict.head.hash}`,
        `            ${conflict.why}`,
      ]),
];
export const nothingHeld = 'Nothing is remembered yet.';
export const forgottenNow = 'Forgotten. The next log this gateway shows is the one that counts from then on.';
