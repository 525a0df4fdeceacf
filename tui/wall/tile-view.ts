// One session as a tile: its border says what it is, who drives it and what is dangerous about it; inside is the part of its screen where the
// cursor is. Pure.
import { safeLabel } from '../../gateway/protocol/cell-width.ts';
import type { SessionRow } from '../../gateway/protocol/nouns.ts';
import { crop } from '../../gateway/screen/crop.ts';
import type { Screen } from '../../gateway/screen/screen.ts';
import { inertRow } from '../attach/inert-row.ts';
import type { Colours } from '../parts/palette.ts';
import { wrapWords } from '../present/span.ts';
import type { Tile } from './canvas.ts';
import { cutPieces, type Ink, inkRow, type Piece, piece, piecesWidth, strong } from './ink.ts';
import type { Rect } from './layout.ts';
import { type Finding, findingsOf, riskSigns, worstOf } from './risk.ts';
import { type Corner, cornerFor, origin } from './window.ts';

export type TileFacts = {
  readonly row: SessionRow;
  readonly rect: Rect;
  readonly chosen: boolean;
  readonly zoomed: boolean;
  /** What it shows; undefined = nothing yet. */
  readonly screen: Screen | undefined;
  /** Where the window on it was. */
  readonly corner: Corner;
  /** Shown instead of the picture, or above it: why there is none, why it is over. Foreign text may be in it. */
  readonly says: string | undefined;
  /** ms since 1970 */
  readonly now: number;
  readonly colours: Colours;
};

const lines = {
  light: { across: '─', down: '│', corners: ['┌', '┐', '└', '┘'] },
  heavy: { across: '━', down: '┃', corners: ['┏', '┓', '┗', '┛'] },
  /** Alone on the screen: whole lines are worth more than a frame. */
  open: { across: '━', down: undefined, corners: ['━', '━', '━', '━'] },
} as const;

export function tileOf(facts: TileFacts): { readonly tile: Tile; readonly corner: Corner } {
  const { row, rect, chosen, zoomed, screen, now, colours } = facts;
  const findings = findingsOf(row, now);
  const ink: Ink = worstOf(findings) ?? (chosen ? 'plain' : 'dim');
  const line = zoomed ? lines.open : chosen ? lines.heavy : lines.light;
  const [topLeft, topRight, bottomLeft, bottomRight] = line.corners;
  const edge = (left: string, inside: readonly Piece[], right: string) =>
    inkRow([strongWhere(chosen, left, ink), ...inside, strongWhere(chosen, right, ink)], rect.width, colours);
  const between = (left: readonly Piece[], right: readonly (readonly Piece[])[]) =>
    borderPieces(left, right, rect.width - 2, line.across, ink, chosen);
  const width = Math.max(2, zoomed ? rect.width : rect.width - 2);
  const height = Math.max(1, rect.height - 2);
  const corner = screen === undefined ? origin : cornerFor(screen, width, height, facts.corner);
  const shown =
    screen === undefined
      ? undefined
      : crop(screen, Math.min(width, screen.cols), Math.min(height, screen.rows), corner.left, corner.top);
  const words = facts.says === undefined ? [] : wrapWords(safeLabel(facts.says, 600), Math.max(4, width - 2)).slice(0, height);
  const said = words.map((text) => inkRow([strong(` ${text}`, 'alert')], width, colours));
  // Where one may not look yet that is no fault.
  const calm = words.map((text) => inkRow([piece(` ${text}`, ink)], width, colours));
  return {
    corner,
    tile: {
      rect,
      top: edge(topLeft, between(nameOf(row, chosen), riskPieces(findings)), topRight),
      bottom: edge(bottomLeft, between(footLeft(row, findings), [footRight(row, screen, corner, zoomed), []]), bottomRight),
      side: line.down === undefined ? undefined : inkRow([strongWhere(chosen, line.down, ink)], 2, colours),
      // Dots are where the session's own screen ends.
      ground: inkRow(screen === undefined ? [] : [piece('·'.repeat(width), 'faint')], width, colours),
      says: shown === undefined && row.needs !== 'nothing' ? calm : said,
      body: shown?.grid.map(inertRow) ?? [],
      inset:
        shown === undefined ? origin : { left: Math.floor((width - shown.cols) / 2), top: Math.floor((height - shown.rows) / 2) },
      cursor: shown?.cursor.visible === true ? { x: shown.cursor.x, y: shown.cursor.y } : undefined,
    },
  };
}

const strongWhere = (bold: boolean, text: string, ink: Ink): Piece => (bold ? strong(text, ink) : piece(text, ink));

/** Left and right in a border; of the right ones the first that leaves the left whole, or the last. The left one is cut. */
function borderPieces(
  left: readonly Piece[],
  rights: readonly (readonly Piece[])[],
  width: number,
  across: string,
  ink: Ink,
  bold: boolean,
): Piece[] {
  const fits = rights.find((one) => piecesWidth(left) + piecesWidth(one) + 3 <= width);
  const ending = fits ?? rights.at(-1) ?? [];
  const begun = cutPieces(left, Math.max(0, width - 2 - piecesWidth(ending)));
  const room = Math.max(0, width - 2 - piecesWidth(begun) - piecesWidth(ending));
  const dash = (count: number) => strongWhere(bold, across.repeat(count), ink);
  return [dash(1), ...begun, dash(room), ...ending, dash(1)];
}

function nameOf(row: SessionRow, chosen: boolean): Piece[] {
  const driver = row.participants.find(({ role }) => role === 'driver');
  const handed = driver !== undefined && driver.person !== row.person ? ` · ${safeLabel(driver.name, 32)} drives` : '';
  const alone = driver === undefined && row.state === 'detached' ? ' · detached' : '';
  const server = safeLabel(row.serverName, 64);
  const who = `${safeLabel(row.personName, 32)}${handed}${alone}`;
  const name = ` ${server} · ${who} `;
  return [chosen ? { text: name, bold: true, inverse: true } : strong(name)];
}

/** Words where there is room, otherwise signs, which never give way: nothing is said by colour alone. */
function riskPieces(findings: readonly Finding[]): Piece[][] {
  if (findings.length === 0) return [[]];
  const worded = findings.flatMap(({ risk, word }) => [piece(` ${riskSigns[risk]} `, risk), strong(word, risk)]);
  const signs = findings.map(({ risk }) => strong(riskSigns[risk], risk));
  return [
    [...worded, piece(' ')],
    [piece(' '), ...signs, piece(' ')],
  ];
}

/** What is wrong, in full; otherwise what runs. */
function footLeft(row: SessionRow, findings: readonly Finding[]): Piece[] {
  const worst = findings.find(({ risk }) => risk === 'alert');
  if (worst !== undefined) return [strong(` ${riskSigns[worst.risk]} ${worst.detail} `, worst.risk)];
  return row.title === '' ? [] : [piece(` ${safeLabel(row.title, 120)} `, 'dim')];
}

function footRight(row: SessionRow, screen: Screen | undefined, corner: Corner, zoomed: boolean): Piece[] {
  const watching = row.participants.filter(({ role }) => role !== 'driver').length;
  const place = corner.left > 0 || corner.top > 0 ? ` from ${corner.left + 1},${corner.top + 1}` : '';
  const size = zoomed && screen !== undefined ? ` ${screen.cols}×${screen.rows}${place} ·` : '';
  const others = zoomed ? ` ${watching} ${watching === 1 ? 'viewer' : 'viewers'} ·` : '';
  const light: Piece = row.rec === 'on' ? piece(' REC ', 'good') : piece(` rec ${row.rec} `, 'alert');
  return [...(size === '' && others === '' ? [] : [piece(`${size}${others}`, 'dim')]), light];
}
