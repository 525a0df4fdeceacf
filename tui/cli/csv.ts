// Rows as comma-separated values (RFC 4180) that a spreadsheet shows and does not run (TRUST X5). Pure.
import { safeText } from '../../gateway/protocol/safe-text.ts';

/** What a spreadsheet would take for a formula begins so; an apostrophe makes it text. A sign before a plain number is let be. */
const formula = /^[=+\-@\t\r]/;
const number = /^-?\d+(\.\d+)?$/;

/** One line, without its end. Foreign text is made safe; a comma, a quote or what was a line end does not leave its cell. */
export const csvLine = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell) => {
      const text = String(cell);
      const guarded = formula.test(text) && !number.test(text) ? `'${text}` : text;
      const safe = safeText(guarded);
      return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(',');
