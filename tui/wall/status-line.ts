// The bottom row of the wall, and its help: what is typed, what was said, what is there, which keys help. Pure.
import { cutToCells, safeLabel } from '../../gateway/protocol/cell-width.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import { pressName } from '../keys/keymap.ts';
import { fieldText, type TextField } from '../model/text-field.ts';
import { cutPieces, type Piece, piece, piecesWidth, strong } from './ink.ts';
import { bindingsFor } from './keys.ts';
import { chosenOf, type Prompt, pageOf, shownOf, type Wall } from './model.ts';
import { findingsOf, riskSigns } from './risk.ts';

/** @param line what there is to say of the line to the gateway, when it is down */
export function statusPieces(wall: Wall, line: string | undefined, now: number): Piece[] {
  const { cols } = wall.size;
  if (line !== undefined) return cutPieces([strong(` ✗ ${line}`, 'alert')], cols);
  if (wall.prompt !== undefined) return promptPieces(wall.prompt, shownOf(wall).length, cols);
  if (wall.said !== undefined) {
    const good = wall.said.tone === 'good';
    return cutPieces([strong(good ? ' ✓ ' : ' ✗ ', good ? 'good' : 'alert'), piece(safeText(wall.said.text))], cols);
  }
  return withHints(wall.zoomed ? zoomedPieces(wall, now) : countPieces(wall), wall);
}

function countPieces(wall: Wall): Piece[] {
  const { entries, filter } = wall;
  const live = entries.filter(({ over }) => over === undefined).length;
  const page = pageOf(wall);
  const shown = shownOf(wall).length;
  const count = live === 0 ? 'no live session' : `${live} live`;
  const search = filter === '' ? [] : [strong(` · /${safeLabel(filter, 24)}`, 'accent'), piece(` ${shown} of ${entries.length}`)];
  const pages =
    page.pages === 1
      ? []
      : [piece(` · page ${page.number + 1}/${page.pages} · `), strong(`${shown - page.entries.length} more ]`, 'accent')];
  return [strong(` wall · ${count}`), ...search, ...pages];
}

function zoomedPieces(wall: Wall, now: number): Piece[] {
  const entry = chosenOf(wall);
  if (entry === undefined) return [strong(' wall')];
  const driver = entry.row.participants.find(({ role }) => role === 'driver');
  const drives = driver === undefined ? 'nobody drives' : `${safeLabel(driver.name, 24)} drives`;
  const signs = findingsOf(entry.row, now).map(({ risk }) => strong(riskSigns[risk], risk));
  return [
    strong(` ${safeLabel(entry.row.serverName, 32)}`),
    piece(` · ${drives}`),
    ...(signs.length === 0 ? [] : [piece(' '), ...signs]),
  ];
}

/** As many hints as fit, the most needed first. */
function withHints(left: readonly Piece[], { zoomed, readonly, size }: Wall): Piece[] {
  let room = size.cols - piecesWidth(left);
  const hints: Piece[] = [];
  for (const { hint } of bindingsFor(zoomed, readonly)) {
    if (hint === undefined) continue;
    if (hint.length + 3 > room) break;
    const [key = '', ...words] = hint.split(' ');
    hints.push(piece(' · ', 'dim'), strong(key, 'accent'), piece(` ${words.join(' ')}`, 'dim'));
    room -= hint.length + 3;
  }
  return [...cutPieces(left, size.cols), ...hints];
}

const asks = {
  freeze: 'freeze — why?',
  release: 'give the keys back — why?',
  kill: 'end it — why?',
  extend: 'put its end off — why?',
  lock: 'lock its person out for an hour — why?',
  mark: 'mark this place as',
  message: 'say to everybody in it',
} as const satisfies Record<Extract<Prompt, { prompt: 'words' }>['kind'], string>;

const tells = {
  freeze: 'enter: freeze now',
  release: 'enter: now',
  kill: 'whoever drives will read it',
  extend: 'enter: now',
  lock: 'they will read it',
  mark: 'a few words',
  message: 'a line',
} as const satisfies Record<Extract<Prompt, { prompt: 'words' }>['kind'], string>;

function promptPieces(prompt: Prompt, found: number, cols: number): Piece[] {
  const { head, tail } = aroundField(prompt, found);
  const begun = cutPieces(head, Math.max(8, cols - 16));
  const end = fieldText(prompt.field) === '' || prompt.prompt !== 'words' ? [piece(` ${tail}`, 'dim')] : [];
  const fits = piecesWidth(begun) + piecesWidth(end) + 16 <= cols;
  const room = cols - piecesWidth(begun) - (fits ? piecesWidth(end) : 0);
  return [...begun, ...fieldPieces(prompt.field, room), ...(fits ? end : [])];
}

function aroundField(prompt: Prompt, found: number): { readonly head: Piece[]; readonly tail: string } {
  switch (prompt.prompt) {
    case 'filter':
      return { head: [strong(' /', 'accent')], tail: `${found} shown · words, !not; enter keeps, esc back` };
    case 'code':
      return {
        head: [
          strong(` ${safeLabel(prompt.deed.name, 30)}`),
          ...(prompt.problem === undefined
            ? [piece(' needs a code')]
            : [strong(` ✗ ${cutToCells(prompt.problem, 40)}`, 'alert')]),
          strong(' ▸ ', 'accent'),
        ],
        tail: prompt.checking ? 'checking…' : 'six digits · esc back',
      };
    case 'words':
      return {
        head: [strong(` ${safeLabel(prompt.name, 30)}`), piece(` ${asks[prompt.kind]}`), strong(' ▸ ', 'accent')],
        tail: `${tells[prompt.kind]} · esc back`,
      };
    default:
      return prompt satisfies never;
  }
}

/** The cell under the cursor inverse, the end kept in sight. */
function fieldPieces(field: TextField, width: number): Piece[] {
  const safe = field.text.map((character) => safeText(character));
  const from = Math.max(0, field.cursor - Math.max(1, width - 2));
  const before = safe.slice(from, field.cursor).join('');
  const under: Piece = { text: safe[field.cursor] ?? ' ', inverse: true };
  const after = safe.slice(field.cursor + 1).join('');
  return cutPieces([...(before === '' ? [] : [piece(before)]), under, ...(after === '' ? [] : [piece(after)])], width);
}

/** The help: each key of the table that holds here, and what the borders say. */
export function helpPieces({ zoomed, readonly }: Wall): Piece[][] {
  const held = bindingsFor(zoomed, readonly);
  const keys = [...new Set(held.map(({ says }) => says))].map((says): Piece[] => {
    const presses = held.filter((one) => one.says === says).flatMap((one) => one.presses);
    const names = presses.length > 4 ? [presses[0], '…', presses.at(-1)] : presses.map(pressName);
    return [strong(` ${names.join(' ').padEnd(13)}`, 'accent'), piece(` ${says} `)];
  });
  const border: Piece[][] = [
    [strong(` ${riskSigns.alert} `, 'alert'), piece('act: frozen, not recorded, ending')],
    [strong(` ${riskSigns['step-up']} `, 'step-up'), piece('a code or an approval is missing')],
    [strong(` ${riskSigns.production} `, 'production'), piece('an important or critical server')],
    [strong(` ${riskSigns.sudo} `, 'sudo'), piece('root, or may become root')],
  ];
  return [...keys, [], ...border];
}
