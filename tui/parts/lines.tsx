// Lines on the screen. They know widths and tones and nothing of what the lines say.
import { Box, Text } from 'ink';
import { createContext, memo, type ReactNode, useContext } from 'react';
import { type Line, lineCells } from '../present/span.ts';
import { type Palette, paintBar, paintLine, paletteOf } from './palette.ts';

export const PaletteContext = createContext<Palette>(paletteOf(256));

/** One line; `barWidth` makes it the chosen one, filled to that width. Lines must fit the box they are in. */
export const LineView = memo(function LineView({
  line,
  barWidth,
}: {
  readonly line: Line;
  readonly barWidth?: number;
}): ReactNode {
  const palette = useContext(PaletteContext);
  const text = barWidth === undefined ? paintLine(line, palette) : paintBar(line, barWidth, lineCells, palette);
  // An empty text takes no row.
  return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>;
});

/** Lines below each other, cut at `height`. */
export function Lines({ lines, height }: { readonly lines: readonly Line[]; readonly height: number }): ReactNode {
  return (
    <Box flexDirection="column" height={height} overflow="hidden" flexShrink={0}>
      {lines.slice(0, height).map((line, row) => (
        // A row is its place on the screen: nothing moves, places change what they show.
        <LineView key={row} line={line} />
      ))}
    </Box>
  );
}
