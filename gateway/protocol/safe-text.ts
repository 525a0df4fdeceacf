// Foreign text made safe to show, at the sink (TRUST X1) or in machine output (X5). Every byte that our own renderer did not make is
// hostile: pty output, names, labels, claims, commands, reasons, error strings. Nothing is ever deleted, because deleting re-joins
// sequences; what could drive a terminal becomes visible instead. Cutting to a width is in cell-width.ts: the agent loads this file, not that one.
// Known limit: a text that itself contains "⟨202E⟩" cannot be told from one that contained the character. It is inert either way.

/** Controls, format characters, surrogates, unassigned, separators of lines and paragraphs, and all that renderers may ignore. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** The same for JSON, whose writer has already escaped C0 and lone surrogates. */
const UNSAFE_IN_JSON = /[\x7f-\x9f\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const PLAIN = /^[\x20-\x7e]*$/;
const MARK = /\p{M}/u;
/** Marks without a base (they would sit on *our* last character) and those beyond the eighth of one base. */
const EXCESS_MARKS = /^\p{M}+|(?<=\p{M}{8})\p{M}/gu;

// ignoreBOM: a leading byte order mark must become visible like any other format character, not vanish.
const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/**
 * A foreign text as one line that draws itself and does nothing else (X1). C0 become their pictures (U+2400…), DEL U+2421; C1, format,
 * default-ignorable, separators, surrogates and unassigned become `⟨hex⟩`; at most 8 combining marks stay on a base, further ones
 * become `⟨hex⟩`. Bytes are read as UTF-8, ill-formed parts as U+FFFD. The result is well-formed; letters of any script, accents and emoji
 * without joiner or variation selector come out as they went in (X10). A safe text is returned unchanged.
 */
export function safeText(text: string | Uint8Array): string {
  const decoded = typeof text === 'string' ? text : utf8.decode(text);
  if (PLAIN.test(decoded)) return decoded;
  const visible = decoded.replace(UNSAFE, picture);
  return MARK.test(visible) ? visible.replace(EXCESS_MARKS, (marks) => [...marks].map(hex).join('')) : visible;
}

/** A value as one line of JSON in which DEL, C1, bidi, format and ignorable characters are `\u` escapes too (X5). `undefined` becomes null. */
export function jsonSafe(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  return json === undefined ? 'null' : PLAIN.test(json) ? json : json.replace(UNSAFE_IN_JSON, escapeUnits);
}

function picture(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x20) return String.fromCodePoint(0x2400 + point);
  if (point === 0x7f) return '\u2421';
  return hex(character);
}

function hex(character: string): string {
  return `⟨${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** JSON escapes are UTF-16 code units: a character beyond the basic plane takes two. */
function escapeUnits(character: string): string {
  let out = '';
  for (let i = 0; i < character.length; i += 1) out += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return out;
}
