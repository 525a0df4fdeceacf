// One message as RFC 5424 writes it, and as RFC 5425 frames it. Pure. A receiver need take no more than 2048 octets and many take 8192: what is
// longer than its receiver's setting is cut there, not here.
import type { severities } from '../protocol/nouns.ts';
import { safeText } from '../protocol/safe-text.ts';

/** What a message says of itself in the structured part: one element, `sallyport@32473` (we have no number of our own: this one is for documentation). */
export type SyslogFacts = Readonly<Record<string, string | number>>;

export type SyslogMessage = {
  readonly severity: (typeof severities)[number];
  /** Wall clock, ms. */
  readonly at: number;
  readonly host: string;
  /** What kind of message: a type of event, `audit.head`. */
  readonly id: string;
  readonly facts: SyslogFacts;
  readonly text: string;
};

/** Log audit (RFC 5424 §6.2.1). */
const facility = 13;
const severityOf = { alert: 1, warning: 4, info: 6 } as const;
const element = 'sallyport@32473';
const bom = '\uFEFF';

/** A word of the header: printable ASCII, no spaces; `-` stands for nothing. */
const word = (text: string, most: number): string => text.replace(/[^!-~]/g, '_').slice(0, most) || '-';

/** The name of a fact: besides, none of what ends it. */
const factName = (text: string): string => text.replace(/[^!-~]|[="\]]/g, '_').slice(0, 32) || '-';

/** Foreign text is one line that drives nothing (X1). JSON written with `jsonSafe` passes unchanged. */
const factValue = (value: string | number): string => safeText(String(value)).replace(/["\\\]]/g, (c) => `\\${c}`);

/** The message, without a frame. Text beyond ASCII is announced as UTF-8 by a BOM, as §6.4 demands; ASCII goes without. */
export function syslogLine({ severity, at, host, id, facts, text }: SyslogMessage): string {
  const pairs = Object.entries(facts).map(([name, value]) => ` ${factName(name)}="${factValue(value)}"`);
  const header = `<${facility * 8 + severityOf[severity]}>1 ${new Date(at).toISOString()} ${word(host, 255)} sallyport-gateway - ${word(id, 32)}`;
  const said = safeText(text);
  const mark = /^[ -~]*$/.test(said) ? '' : bom;
  return `${header} ${pairs.length === 0 ? '-' : `[${element}${pairs.join('')}]`}${said === '' ? '' : ` ${mark}${said}`}`;
}

/** With its length in octets before it (RFC 5425 §4.3): nothing in a message can end it early. */
export function syslogFrame(message: SyslogMessage): Uint8Array {
  const line = Buffer.from(syslogLine(message));
  return Buffer.concat([Buffer.from(`${line.length} `), line]);
}
