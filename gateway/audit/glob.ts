// Patterns whose only wildcard is `*`, matched without a regular expression (TRUST B2).

/** Whether a pattern fits a whole text. Linear in practice, bounded by pattern × text. */
export function globFits(pattern: string, subject: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === subject;
  if (!subject.startsWith(head) || subject.length < head.length + tail.length || !subject.endsWith(tail)) return false;
  const end = subject.length - tail.length;
  let at = head.length;
  for (const piece of rest) {
    const found = subject.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
