// How deep a policy nests, judged from its text before Cedar sees it. Cedar reads and checks by recursion in a stack of one megabyte, and a policy deeper than
// that stack does not fail to parse: it breaks Cedar for the life of the process, and every decision after it. Pure.

// What one more of a kind adds to the height of a policy. Measured: Cedar broke at 118 brackets within each other, and at 360 links of one chain: a.b.c,
// 1 + 1 + 1, if … else if …, parts of one && or ||.
const bracket = 3;
const link = 1;
/** A third of what Cedar bore: beyond, it also takes long. */
const most = 120;

/** Strings and comments as Cedar's lexer takes them, and what makes a policy higher. */
const pieces = /"(?:\\.|[^"\\])*"|\/\/[^\n\r]*|&&|\|\||\b(?:if|has|is|in|like)\b|[()[\]{}.,;+*<>=!-]/g;

/** Between two brackets: the highest part so far, what was joined so far, the part at hand, and what every `if` adds to all that follows. */
type Level = { highest: number; joined: number; part: number; ifs: number };
const ground = (): Level => ({ highest: 0, joined: 0, part: 0, ifs: 0 });
const heightOf = ({ highest, joined, part, ifs }: Level): number => Math.max(highest, Math.max(joined, part) + ifs);

/** What is wrong with a text that nests deeper than Cedar can read; undefined when it does not. */
export function tooDeep(text: string): string | undefined {
  const around: Level[] = [];
  let here = ground();
  for (const [piece] of text.matchAll(pieces)) {
    switch (piece) {
      case '(':
      case '[':
      case '{':
        around.push(here);
        here = ground();
        break;
      case ')':
      case ']':
      case '}': {
        const outer = around.pop();
        if (outer === undefined) break;
        outer.part += bracket + heightOf(here);
        here = outer;
        break;
      }
      case '&&':
      case '||':
        here.joined = Math.max(here.joined, here.part) + link;
        here.part = 0;
        break;
      case ',':
      case ';':
        here = { ...ground(), highest: heightOf(here) };
        break;
      case 'if':
        here.ifs += link;
        break;
      default:
        if (!piece.startsWith('"') && !piece.startsWith('//')) here.part += link;
    }
    if (heightOf(here) + around.length * bracket > most)
      return 'nested too deep: use fewer brackets within each other and shorter chains, or several policies';
  }
  return undefined;
}
