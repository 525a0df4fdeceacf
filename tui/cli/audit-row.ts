// How an event of the audit log stands on a line, and where it was read back to.
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { jsonSafe, safeText } from '../../gateway/protocol/safe-text.ts';
import { type Face, type Paint, padded, when } from './face.ts';

const severityPaint = { info: 'dim', warning: 'warn', alert: 'bad' } as const satisfies Record<AuditRow['severity'], Paint>;
const colours = { dim: '\x1b[2m', warn: '\x1b[33m', bad: '\x1b[31m' } as const;

/** One event a line, the same columns whatever else is shown, so that a tail stays aligned. With its newline. */
export function rowLine({ globals, colour }: Pick<Face, 'globals' | 'colour'>, row: AuditRow): string {
  if (globals.json) return `${jsonSafe(row)}\n`;
  const text = [
    String(row.seq).padStart(7),
    when(row.at),
    row.code,
    row.outcome.padEnd(6),
    padded(row.actor.name, 12),
    row.breakGlass === true ? `BREAK-GLASS ${row.summary}` : row.summary,
    ...(row.address === undefined ? [] : [`from ${row.address}`]),
  ].join('  ');
  // Colour stands around a text that is already safe.
  return colour ? `${colours[severityPaint[row.severity]]}${safeText(text)}\x1b[0m\n` : `${safeText(text)}\n`;
}

/** Records that exist, or existed, and are not here: said where they would stand (M8). */
export function gapLine({ globals, colour }: Pick<Face, 'globals' | 'colour'>, from: number, to: number): string {
  if (globals.json) return `${JSON.stringify({ gap: { from, to } })}\n`;
  const text = `${String(from).padStart(7)}  records ${from} to ${to} are not here: they were purged`;
  return colour ? `${colours.warn}${text}\x1b[0m\n` : `${text}\n`;
}
