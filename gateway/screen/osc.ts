// What one OSC string of a session may do (TRUST §0, X3): a title, a link, questions for colours, a copy to the clipboard; all else is dropped.
import type { Query } from './answer.ts';

export type OscVerdict =
  | { readonly kind: 'title'; readonly text: string }
  /** The payload of OSC 8: empty parameters and address end a link. */
  | { readonly kind: 'link'; readonly text: string }
  | { readonly kind: 'queries'; readonly queries: readonly Query[] }
  | { readonly kind: 'clipboard'; readonly selection: string; readonly text: string; readonly sequence: string }
  | { readonly kind: 'drop' };

const DROP: OscVerdict = { kind: 'drop' };

/** UTF-16 units; longer titles are cut. */
const MAX_TITLE = 256;
const MAX_LINK = 2083;
const SLOTS = ['foreground', 'background', 'cursor'] as const;
/** What a click may open. Not `file:`, which names a file of the driver's own machine. */
const LINK = /^(?:https?|ftps?|mailto):[\x21-\x7e]*$/i;

/** `text` is the whole string without its introducer and end; `bell` = it was ended by BEL, and so must be an answer. */
export function judgeOsc(text: string, bell: boolean): OscVerdict {
  const match = /^(\d{1,4})(?:;(.*))?$/su.exec(text);
  if (match === null) return DROP;
  const payload = match[2] ?? '';
  switch (Number(match[1])) {
    case 0:
    case 2:
      return {
        kind: 'title',
        text: payload
          .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu, '')
          .slice(0, MAX_TITLE)
          .toWellFormed(),
      };
    case 4:
      return palette(payload, bell);
    case 8:
      return link(payload);
    case 10:
    case 11:
    case 12:
      return colours(Number(match[1]) - 10, payload, bell);
    case 52:
      return clipboard(payload);
    default:
      return DROP;
  }
}

function link(payload: string): OscVerdict {
  const cut = payload.indexOf(';');
  if (cut < 0 || payload.length > MAX_LINK) return DROP;
  const address = payload.slice(cut + 1);
  if (address === '') return { kind: 'link', text: ';' };
  const id = /^(?:.*:)?id=([\w.-]{1,64})/.exec(payload.slice(0, cut))?.[1];
  // An address that may not be opened ends the link before it, so that its text does not seem to lead there.
  return { kind: 'link', text: LINK.test(address) ? `${id === undefined ? '' : `id=${id}`};${address}` : ';' };
}

/** OSC 10;?;? asks for this colour and the next ones. Setting colours is not let through. */
function colours(from: number, payload: string, bell: boolean): OscVerdict {
  const queries: Query[] = [];
  for (const [at, field] of payload.split(';').slice(0, SLOTS.length).entries()) {
    const slot = SLOTS[from + at];
    if (field === '?' && slot !== undefined) queries.push({ kind: 'colour', slot, index: 0, bell });
  }
  return queries.length === 0 ? DROP : { kind: 'queries', queries };
}

function palette(payload: string, bell: boolean): OscVerdict {
  const fields = payload.split(';').slice(0, 512);
  const queries: Query[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const index = /^\d{1,3}$/.test(fields[at] ?? '') ? Number(fields[at]) : 256;
    if (fields[at + 1] === '?' && index < 256) queries.push({ kind: 'colour', slot: 'palette', index, bell });
  }
  return queries.length === 0 ? DROP : { kind: 'queries', queries };
}

/** Writing only: what is on the clipboard is never told. */
function clipboard(payload: string): OscVerdict {
  const match = /^([cpqs0-7]*);([A-Za-z0-9+/]+={0,2})$/.exec(payload);
  if (match === null) return DROP;
  const [, selection = '', data = ''] = match;
  const which = selection === '' ? 'c' : selection.slice(0, 1);
  return {
    kind: 'clipboard',
    selection: which,
    text: Buffer.from(data, 'base64').toString('utf8'),
    sequence: `\x1b]52;${which};${data}\x07`,
  };
}
