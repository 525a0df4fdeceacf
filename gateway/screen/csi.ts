// What one CSI sequence of a session may do to the driver's terminal (TRUST §0, X3): goes through, asks a question, or is dropped.
// Goes through only what the screen holds and paint can restore. Pure: one sequence in, one verdict out.
import type { Query } from './answer.ts';

/** A whole sequence taken apart; parameters and sub-parameters as they were written. */
export type Csi = {
  readonly prefix: string;
  readonly parameters: string;
  readonly intermediates: string;
  readonly final: string;
};

export type Verdict =
  | { readonly kind: 'pass'; readonly text: string }
  | { readonly kind: 'query'; readonly query: Query }
  /** XTWINOPS 22 and 23: the titles are kept by the filter, never on a real terminal's stack. */
  | { readonly kind: 'title'; readonly act: 'keep' | 'give back' }
  | { readonly kind: 'drop' };

const DROP: Verdict = { kind: 'drop' };

/** TRUST X2. */
const MAX_PARAMETERS = 32;
const MAX_VALUE = 65_535;
/** Of REP; `MAX_COLS` of a screen. */
const MAX_REPEATS = 500;

/** Cursor, erase, insert, delete, scroll, tabs, repeat: numbers only, and never a loop beyond the screen's own size. */
const COUNTED = new Set('@ABCDEFGHIJKLMPSTXZ`adefgr');
const ANSI_MODES = new Set([4, 20]);
const PRIVATE_MODES = new Set([1, 6, 7, 9, 12, 25, 45, 47, 66, 1000, 1002, 1003, 1004, 1006, 1016, 1047, 1048, 1049, 2004, 2026]);
const SIZES: readonly number[] = [14, 16, 18, 19];

export function judgeCsi(csi: Csi): Verdict {
  const { prefix, parameters, intermediates, final } = csi;
  if (final === 'm' && prefix === '' && intermediates === '') return style(parameters);
  if (parameters.includes(':')) return DROP;
  const values = numbers(parameters);
  switch (prefix + intermediates) {
    case '':
      return bare(values, parameters, final);
    case '?':
      return dec(values, final);
    case '>':
      if (final === 'c' && first(values) === 0) return { kind: 'query', query: { kind: 'attributes', level: 2 } };
      return final === 'q' && first(values) === 0 ? { kind: 'query', query: { kind: 'version' } } : DROP;
    case '=':
      return final === 'c' && first(values) === 0 ? { kind: 'query', query: { kind: 'attributes', level: 3 } } : DROP;
    case ' ':
      return final === 'q' && first(values) <= 6 ? pass(`${first(values)} q`) : DROP;
    case '!':
      return final === 'p' ? pass('!p') : DROP;
    case '$':
      return final === 'p' ? { kind: 'query', query: { kind: 'mode', private: false, mode: first(values) } } : DROP;
    case '?$':
      return final === 'p' ? { kind: 'query', query: { kind: 'mode', private: true, mode: first(values) } } : DROP;
    default:
      return DROP;
  }
}

function pass(text: string): Verdict {
  return { kind: 'pass', text: `\x1b[${text}` };
}

function numbers(parameters: string): number[] {
  if (parameters === '') return [];
  return parameters
    .split(';')
    .slice(0, MAX_PARAMETERS)
    .map((text) => Math.min(Number(text), MAX_VALUE));
}

function first(values: readonly number[]): number {
  return values[0] ?? 0;
}

function bare(values: readonly number[], parameters: string, final: string): Verdict {
  switch (final) {
    case 'c':
      return first(values) === 0 ? { kind: 'query', query: { kind: 'attributes', level: 1 } } : DROP;
    case 'n':
      if (first(values) === 5) return { kind: 'query', query: { kind: 'status' } };
      return first(values) === 6 ? { kind: 'query', query: { kind: 'cursor', private: false } } : DROP;
    case 'h':
    case 'l':
      return modes('', values, ANSI_MODES, final);
    case 's':
    case 'u':
      return parameters === '' ? pass(final) : DROP;
    case 't':
      return window(values);
    case 'J':
      // 3 would wipe the scrollback of the driver's own terminal, from before the session too.
      return first(values) <= 2 ? pass(`${numerals(values, parameters)}J`) : DROP;
    case 'T':
      // With more than one parameter it would start highlight tracking, which answers.
      return values.length <= 1 ? pass(`${numerals(values, parameters)}T`) : DROP;
    case 'b':
      // Bounded by the widest row, here and not in each terminal, so that all end in the same column.
      return pass(`${values.length === 0 ? '' : Math.min(first(values), MAX_REPEATS)}b`);
    default:
      return COUNTED.has(final) ? pass(`${numerals(values, parameters)}${final}`) : DROP;
  }
}

/** As it was written, unless it is out of bounds. */
function numerals(values: readonly number[], parameters: string): string {
  return parameters.length <= MAX_PARAMETERS && !/\d{5}/.test(parameters) ? parameters : values.join(';');
}

function dec(values: readonly number[], final: string): Verdict {
  switch (final) {
    case 'h':
    case 'l':
      return modes('?', values, PRIVATE_MODES, final);
    case 'n':
      return first(values) === 6 ? { kind: 'query', query: { kind: 'cursor', private: true } } : DROP;
    case 'J':
    case 'K':
      // Selective erase: nothing is ever protected here, so it is plain erase.
      return first(values) <= 2 ? pass(`${values[0] ?? ''}${final}`) : DROP;
    default:
      return DROP;
  }
}

function modes(prefix: string, values: readonly number[], known: ReadonlySet<number>, final: string): Verdict {
  const kept = values.filter((mode) => known.has(mode));
  return kept.length === 0 ? DROP : pass(`${prefix}${kept.join(';')}${final}`);
}

function window(values: readonly number[]): Verdict {
  const of = first(values);
  if (of === 22 || of === 23) return values[1] === 1 ? DROP : { kind: 'title', act: of === 22 ? 'keep' : 'give back' };
  const size = SIZES.includes(of) && (values[1] ?? 0) === 0;
  return size ? { kind: 'query', query: { kind: 'size', of: of as 14 | 16 | 18 | 19 } } : DROP;
}

/** SGR: the codes that a style holds; 38, 48 and 58 with what belongs to them. */
function style(parameters: string): Verdict {
  if (parameters === '') return pass('m');
  const fields = parameters.split(';').slice(0, MAX_PARAMETERS);
  const kept: string[] = [];
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at] ?? '';
    const code = Number(field.split(':', 1)[0]);
    if (code === 38 || code === 48 || code === 58) {
      const taken = colour(fields, at);
      if (taken.text !== undefined) kept.push(taken.text);
      at += taken.more;
    } else if (field === '4' || /^4:[0-5]$/.test(field)) kept.push(field);
    else if (!field.includes(':') && isStyleCode(code)) kept.push(String(code));
  }
  return kept.length === 0 ? DROP : pass(`${kept.join(';')}m`);
}

function isStyleCode(code: number): boolean {
  if (code <= 9) return code !== 6;
  if (code <= 29) return code >= 21 && code !== 26;
  return (code >= 30 && code <= 49) || code === 53 || code === 55 || code === 59 || (code >= 90 && code <= 107);
}

const COLON_COLOUR = /^(?:38|48|58):(?:5:\d{1,3}|2:(?:\d*:)?\d{1,3}:\d{1,3}:\d{1,3})$/;

/** The colour that begins at a field, and how many fields more it takes. */
function colour(fields: readonly string[], at: number): { readonly text: string | undefined; readonly more: number } {
  const field = fields[at] ?? '';
  if (field.includes(':')) {
    // Without the colour space, as many write it: read in two ways by terminals, so it is written out.
    const bare = /^(\d+):2:(\d+:\d+:\d+)$/.exec(field);
    return { text: COLON_COLOUR.test(field) ? (bare === null ? field : `${bare[1]}:2::${bare[2]}`) : undefined, more: 0 };
  }
  const more = fields[at + 1] === '5' ? 2 : fields[at + 1] === '2' ? 4 : 0;
  const values = fields.slice(at + 2, at + 1 + more);
  const whole =
    more > 0 && values.length === more - 1 && values.every((value) => /^\d{0,3}$/.test(value) && Number(value) <= 255);
  return { text: whole ? fields.slice(at, at + 1 + more).join(';') : undefined, more };
}
