// A QR code in half blocks: two modules a cell. Light modules are drawn, dark ones left out or the other way round, by what the palette
// can promise: with colours the ink is black on white whatever the theme; without, the code relies on the terminal being dark.
import { encode } from 'uqr';

export type QrCode = { readonly rows: readonly string[]; readonly width: number };

const quiet = 2;

/** Undefined when the text is too long for a code. Rows hold ▀ ▄ █ and spaces, where ink = light module. */
export function qrCode(text: string): QrCode | undefined {
  let modules: readonly (readonly boolean[])[];
  try {
    modules = encode(text, { ecc: 'L', border: quiet }).data;
  } catch {
    // uqr throws for a text no version holds; the address beside it still serves.
    return undefined;
  }
  const rows: string[] = [];
  for (let y = 0; y < modules.length; y += 2) {
    const upper = modules[y] ?? [];
    const lower = modules[y + 1];
    // The number of rows is odd: the quiet edge goes on into the last half.
    rows.push(upper.map((dark, x) => block(!dark, lower?.[x] !== true)).join(''));
  }
  return { rows, width: modules[0]?.length ?? 0 };
}

const block = (upper: boolean, lower: boolean): string => (upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ');
