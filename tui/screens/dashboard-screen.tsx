// The whole screen: header, body, prompt, status, and a box over them when there is one.
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { hasAir, isTooSmall, leastSize, listCols } from '../model/layout.ts';
import type { Model } from '../model/model.ts';
import { placeOf } from '../model/place.ts';
import { Lines, LineView } from '../parts/lines.tsx';
import { modalWidth } from '../present/box.ts';
import { headerLine, statusLine } from '../present/header.ts';
import { modalLines } from '../present/modal.ts';
import { promptLine } from '../present/prompt.ts';
import { boxRows } from '../present/requests.ts';
import { type Line, span, wrapWords } from '../present/span.ts';
import { witnessBanner } from '../present/trail.ts';
import { Body } from './body.tsx';

export function DashboardScreen({ model }: { readonly model: Model }): ReactNode {
  const { size, stage, overlay } = model;
  if (isTooSmall(size)) return <TooSmall cols={size.cols} rows={size.rows} />;
  const width = modalWidth(listCols(size));
  const modal =
    stage.stage !== 'workspace' || overlay === undefined ? undefined : modalLines(model, overlay, width, boxRows(size));
  const banner = witnessBanner(model.trail.own, size.cols);
  return (
    <Box flexDirection="column" width={size.cols} height={size.rows} overflow="hidden">
      <LineView line={headerLine(model, stage.stage === 'workspace', size.cols)} />
      <Body model={model} />
      <LineView line={promptLine(model, placeOf(model), size.cols)} />
      <LineView line={statusLine(model, size.cols)} />
      {banner === undefined ? null : (
        // Over the blank below the screens; where there is none, over the first line.
        <Box position="absolute" left={0} top={hasAir(size) ? 1 : 0}>
          <LineView line={banner} />
        </Box>
      )}
      {modal === undefined ? null : (
        <Box
          position="absolute"
          left={Math.max(0, Math.floor((listCols(size) - width) / 2))}
          top={Math.max(1, Math.floor((size.rows - modal.length) / 2) - 1)}
        >
          <Lines lines={modal} height={Math.min(modal.length, size.rows - 2)} />
        </Box>
      )}
    </Box>
  );
}

function TooSmall({ cols, rows }: { readonly cols: number; readonly rows: number }): ReactNode {
  const sentence = `The terminal is ${cols} × ${rows}: at least ${leastSize.cols} × ${leastSize.rows} is needed. q leaves.`;
  const lines = wrapWords(sentence, Math.max(4, cols)).map((part): Line => [span(part)]);
  return (
    <Box width={cols} height={rows} overflow="hidden">
      <Lines lines={lines} height={Math.max(1, rows)} />
    </Box>
  );
}
