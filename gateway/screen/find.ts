// Plain text looked for in lines: small letters find both kinds, a capital means itself. No patterns, which somebody could make slow. Pure.

/** Where the text first stands in a line at or behind `from`; -1 = nowhere. */
export type Finder = (line: string, from?: number) => number;

export function openFinder(text: string): Finder {
  const folded = text.toLowerCase();
  if (folded !== text) return (line, from = 0) => line.indexOf(text, from);
  return (line, from = 0) => line.toLowerCase().indexOf(folded, from);
}
