// Questions put to the person over what they look at: a line to type, or a choice of keys. One at a time, urgent ones first; what is no answer is
// refused. Says what is to be drawn and takes presses; draws nothing itself.
import type { Press } from '../keys/press.ts';
import { emptyField, fieldText, type TextField, typeInto } from '../model/text-field.ts';
import type { Pressed } from './presses.ts';
import { cutStrip, type Piece, type Strip, stripWidth, type Words } from './strip.ts';

/** Cells of a typed line that are shown, at most and at least. */
const mostCells = 48;
const leastCells = 8;
const lineKeys = ' · Enter · Esc';

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
  /** The answer whose key was pressed, `*` = any other; undefined = called off by the end of the turn. `urgent`: before all others. */
  readonly choice: <T extends string>(
    words: Words,
    presses: Readonly<Record<Press, T>>,
    urgent?: 'urgent',
  ) => Promise<T | undefined>;
  readonly open: () => boolean;
  /** False = that is no answer. */
  readonly take: (pressed: Pressed) => boolean;
  /** The line that is being typed, in `cols` cells; undefined = none. */
  readonly field: (cols: number) => Strip | undefined;
  /** The choice that is put; undefined = none. */
  readonly put: () => Words | undefined;
  readonly close: () => void;
};

/** `changed`: something else is to be drawn. */
export function openQuestions(changed: () => void): Questions {
  let asked: Asked[] = [];
  let closed = false;

  const enqueue = (one: Asked, urgent: boolean): void => {
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
      new Promise((answer) => enqueue({ kind: 'line', label, secret: secret !== undefined, field: emptyField, answer }, false)),
    choice: <T extends string>(words: Words, presses: Readonly<Record<Press, T>>, urgent?: 'urgent') =>
      new Promise<T | undefined>((resolve) => {
        const answer = (choice: string | undefined): void => resolve(Object.values(presses).find((one) => one === choice));
        enqueue({ kind: 'choice', words, presses, answer }, urgent !== undefined);
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
      const choice = one.presses[pressed.press] ?? one.presses['*'];
      return choice === undefined ? false : settle(one, choice);
    },
    field: (cols) => {
      const [one] = asked;
      return one?.kind === 'line' ? lineStrip(one, cols) : undefined;
    },
    put: () => {
      const [one] = asked;
      return one?.kind === 'choice' ? one.words : undefined;
    },
    close: () => {
      closed = true;
      for (const one of asked.splice(0)) one.answer(undefined);
    },
  };
}

/** The label, what was typed with the cursor in it, and the keys where there is room. A long text shows its end. */
function lineStrip({ label, field, secret }: Extract<Asked, { kind: 'line' }>, cols: number): Strip {
  const characters = secret ? field.text.map(() => '•') : field.text;
  const room = cols - stripWidth(label) - 2;
  const keys = room - lineKeys.length >= leastCells ? lineKeys : '';
  const cells = Math.min(mostCells, Math.max(leastCells, room - keys.length));
  let from = Math.max(0, field.cursor - cells + 1);
  while (from < field.cursor && stripWidth(characters.slice(from, field.cursor).join('')) >= cells) from += 1;
  const before = characters.slice(from, field.cursor).join('');
  const after = cutStrip(characters.slice(field.cursor + 1).join(''), Math.max(0, cells - stripWidth(before) - 1));
  const pieces: Piece[] = [
    { text: `${label}: `, look: 'bold' },
    { text: before },
    { text: characters[field.cursor] ?? ' ', look: 'cursor' },
    ...after,
    { text: keys },
  ];
  return pieces.filter(({ text }) => text !== '');
}
