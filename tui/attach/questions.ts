// Questions put to the person over what they look at: a line to type, or a choice of keys. One at a time, urgent ones first; what is no answer is
// refused. Says what is to be drawn and takes presses; draws nothing itself.
import type { Press } from '../keys/press.ts';
import { emptyField, fieldText, type TextField, typeInto } from '../model/text-field.ts';
import type { Pressed } from './presses.ts';
import type { Piece, Strip, Words } from './strip.ts';

/** Cells of a typed line that are shown. */
const shownCells = 48;

type Asked =
  | {
      readonly kind: 'line';
      readonly label: string;
      /** Typed characters are shown as dots (a code). */
      readonly secret: boolean;
      field: TextField;
      readonly answer: (text: string | undefined) => void;
    }
  | {
      readonly kind: 'choice';
      readonly words: Words;
      readonly presses: Readonly<Record<Press, string>>;
      readonly answer: (choice: string | undefined) => void;
    };

export type Questions = {
  /** What was typed, trimmed; undefined = the person (or the end of the turn) called it off. */
  readonly line: (label: string, secret?: 'secret') => Promise<string | undefined>;
  /** The answer whose key was pressed; undefined = called off by the end of the turn. `urgent`: before all others. */
  readonly choice: <T extends string>(
    words: Words,
    presses: Readonly<Record<Press, T>>,
    urgent?: 'urgent',
  ) => Promise<T | undefined>;
  readonly open: () => boolean;
  /** False = that is no answer. */
  readonly take: (pressed: Pressed) => boolean;
  /** What stands there now; undefined = no question. */
  readonly words: () => Words | undefined;
  readonly close: () => void;
};

/** `changed`: something else is to be drawn. */
export function openQuestions(changed: () => void): Questions {
  let asked: Asked[] = [];
  let closed = false;

  const put = (one: Asked, urgent: boolean): void => {
    if (closed) return one.answer(undefined);
    if (urgent) asked.unshift(one);
    else asked.push(one);
    changed();
  };
  const settle = (one: Asked, value: string | undefined): true => {
    asked = asked.filter((other) => other !== one);
    one.answer(value);
    changed();
    return true;
  };
  const typed = (one: Extract<Asked, { kind: 'line' }>, press: Press): boolean => {
    if (press === 'enter') return settle(one, fieldText(one.field).trim());
    if (press === 'esc' || press === 'ctrl+c') return settle(one, undefined);
    const before = one.field;
    one.field = typeInto(before, press);
    if (one.field !== before) changed();
    return one.field !== before || press === 'left' || press === 'right' || press === 'backspace';
  };
  return {
    line: (label, secret) =>
      new Promise((answer) => put({ kind: 'line', label, secret: secret !== undefined, field: emptyField, answer }, false)),
    choice: <T extends string>(words: Words, presses: Readonly<Record<Press, T>>, urgent?: 'urgent') =>
      new Promise<T | undefined>((resolve) => {
        const answer = (choice: string | undefined): void => resolve(Object.values(presses).find((one) => one === choice));
        put({ kind: 'choice', words, presses, answer }, urgent !== undefined);
      }),
    open: () => asked.length > 0,
    take: (pressed) => {
      const [one] = asked;
      if (one === undefined) return false;
      if ('pasted' in pressed) {
        if (one.kind === 'choice') return false;
        for (const character of pressed.pasted) typed(one, character);
        return true;
      }
      if (one.kind === 'line') return typed(one, pressed.press);
      const choice = one.presses[pressed.press];
      return choice === undefined ? false : settle(one, choice);
    },
    words: () => {
      const [one] = asked;
      if (one === undefined) return undefined;
      return one.kind === 'choice' ? one.words : lineStrip(one);
    },
    close: () => {
      closed = true;
      for (const one of asked.splice(0)) one.answer(undefined);
    },
  };
}

/** The label, what was typed with the cursor in it, and the keys. A long text shows its end. */
function lineStrip({ label, field, secret }: Extract<Asked, { kind: 'line' }>): Strip {
  const characters = secret ? field.text.map(() => '•') : field.text;
  const from = Math.max(0, field.cursor - shownCells + 1);
  const before = characters.slice(from, field.cursor).join('');
  const at = characters[field.cursor] ?? ' ';
  const after = characters.slice(field.cursor + 1, from + shownCells).join('');
  const pieces: Piece[] = [
    { text: `${label}: `, look: 'bold' },
    { text: before },
    { text: at, look: 'cursor' },
    { text: after },
    { text: ' · Enter · Esc' },
  ];
  return pieces.filter(({ text }) => text !== '');
}
