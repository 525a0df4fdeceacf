// A list with its titles, the chosen row as a bar, and the pane beside it. Only rows in the window are drawn, however many there are.
import { Box } from 'ink';
import { type ReactNode, useMemo } from 'react';
import { Lines, LineView } from '../parts/lines.tsx';
import { blank, cutLine, type Line, span } from '../present/span.ts';

export type Row = { readonly key: string; readonly line: Line };

export type ListProps = {
  readonly titles: Line;
  readonly rows: readonly Row[];
  /** Index of the chosen row among `rows`; -1 = none. */
  readonly chosen: number;
  readonly width: number;
  /** Rows the list has, titles excluded. */
  readonly height: number;
  readonly air: boolean;
  /** Said in place of rows when there are none. */
  readonly empty: readonly Line[];
  readonly pane: readonly Line[] | undefined;
  readonly paneWidth: number;
};

export function ListScreen(props: ListProps): ReactNode {
  const { titles, rows, chosen, width, height, air, empty, pane, paneWidth } = props;
  const all = height + 1 + (air ? 1 : 0);
  return (
    <Box flexDirection="row" height={all} flexShrink={0}>
      <Box flexDirection="column" width={width} flexShrink={0}>
        {air ? <LineView line={blank} /> : null}
        <LineView line={indented(titles)} />
        {rows.length === 0 ? (
          <Lines lines={[blank, ...empty.map(indented)]} height={height} />
        ) : (
          rows.map(({ line }, index) => <RowView key={index} line={line} bar={index === chosen ? width : 0} />)
        )}
      </Box>
      {pane === undefined ? null : <Pane lines={pane} width={paneWidth} height={all} />}
    </Box>
  );
}

function RowView({ line, bar }: { readonly line: Line; readonly bar: number }): ReactNode {
  const inside = useMemo(() => indented(line), [line]);
  return bar > 0 ? <LineView line={inside} barWidth={bar} /> : <LineView line={inside} />;
}

const indented = (line: Line): Line => [span(' '), ...line];

function Pane({
  lines,
  width,
  height,
}: {
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
}): ReactNode {
  const edged = Array.from(
    { length: height },
    (_, index): Line => cutLine([span(' │ ', 'dim'), ...(lines[index - 1] ?? blank)], width),
  );
  return (
    <Box width={width} flexShrink={0}>
      <Lines lines={edged} height={height} />
    </Box>
  );
}

/** Cells of text in a pane of this width. */
export const paneText = (width: number): number => Math.max(8, width - 4);
