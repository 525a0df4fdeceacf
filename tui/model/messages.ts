// What the face says in passing. The last one shows until it expires or a key takes it away; all are kept for the messages screen.
import { type Problem, problemSentence } from '../../gateway/protocol/errors.ts';
import type { Effect, Step } from './action.ts';
import type { Model, Tone } from './model.ts';

const mostMessages = 200;
/** Long enough to read: a second and 60 ms a character; bad news stays twice as long. */
const shownMs = (text: string, tone: Tone) => (1_500 + text.length * 60) * (tone === 'bad' ? 2 : 1);

export function say(model: Model, now: number, tone: Tone, text: string, ...effects: readonly Effect[]): Step {
  const id = (model.messages.at(-1)?.id ?? 0) + 1;
  const messages = [...model.messages, { id, at: now, tone, text }].slice(-mostMessages);
  return {
    model: { ...model, messages, toast: id },
    effects: [...effects, { effect: 'expire-toast', id, afterMs: shownMs(text, tone) }],
  };
}

/** A problem in its own words, with what policy said is missing. */
export function sayProblem(model: Model, now: number, problem: Problem): Step {
  return say(model, now, 'bad', problemWords(problem));
}

export function problemWords(problem: Problem): string {
  const missing = problem.decision?.missing ?? [];
  const sentence = problemSentence(problem);
  return missing.length === 0 ? sentence : `${sentence} Missing: ${missing.join('; ')}.`;
}
