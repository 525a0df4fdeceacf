// One line of typed text with a cursor, as a value.
import { characterOf, type Press } from '../keys/press.ts';

/** `cursor` counts graphemes before it. */
export type TextField = { readonly text: readonly string[]; readonly cursor: number };

const most = 256;
export const emptyField: TextField = { text: [], cursor: 0 };

export function fieldOf(text: string): TextField {
  const parts = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].map((s) => s.segment);
  return { text: parts, cursor: parts.length };
}

export const fieldText = (field: TextField): string => field.text.join('');

/** The field after a press; the same object when the press means nothing to it. */
export function typeInto(field: TextField, press: Press): TextField {
  const { text, cursor } = field;
  switch (press) {
    case 'left':
      return cursor === 0 ? field : { text, cursor: cursor - 1 };
    case 'right':
      return cursor === text.length ? field : { text, cursor: cursor + 1 };
    case 'home':
    case 'ctrl+a':
      return { text, cursor: 0 };
    case 'end':
    case 'ctrl+e':
      return { text, cursor: text.length };
    case 'backspace':
      return cursor === 0 ? field : { text: text.toSpliced(cursor - 1, 1), cursor: cursor - 1 };
    case 'delete':
      return cursor === text.length ? field : { text: text.toSpliced(cursor, 1), cursor };
    case 'ctrl+u':
      return { text: text.slice(cursor), cursor: 0 };
    case 'ctrl+w': {
      let start = cursor;
      while (start > 0 && text[start - 1] === ' ') start -= 1;
      while (start > 0 && text[start - 1] !== ' ') start -= 1;
      return { text: text.toSpliced(start, cursor - start), cursor: start };
    }
    default: {
      const character = characterOf(press);
      if (character === undefined || text.length >= most) return field;
      return { text: text.toSpliced(cursor, 0, character), cursor: cursor + 1 };
    }
  }
}
