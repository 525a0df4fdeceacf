// A screen of lines, perhaps with a QR code beside them, in the middle of what there is: sign-in, enrolment, codes, waiting.
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { Lines } from '../parts/lines.tsx';
import { QrView } from '../parts/qr-view.tsx';
import type { QrCode } from '../present/qr.ts';
import { widest } from '../present/sign-in.ts';
import type { Line } from '../present/span.ts';

export type CardProps = {
  readonly lines: readonly Line[];
  readonly qr?: QrCode | undefined;
  readonly width: number;
  readonly height: number;
};

export function CardScreen({ lines, qr, width, height }: CardProps): ReactNode {
  const beside = qr === undefined ? 0 : qr.width + 4;
  const left = Math.max(0, Math.floor((width - widest(lines) - beside) / 2));
  const tall = Math.max(lines.length, qr?.rows.length ?? 0);
  const top = Math.max(0, Math.floor((height - tall) / 2));
  const down = Math.max(0, Math.floor((tall - lines.length) / 2));
  return (
    <Box height={height} width={width} paddingLeft={left} paddingTop={top} overflow="hidden" flexShrink={0}>
      {qr === undefined ? null : (
        <Box marginRight={4} flexShrink={0}>
          <QrView qr={qr} />
        </Box>
      )}
      <Box paddingTop={down} flexShrink={0}>
        <Lines lines={lines} height={Math.min(lines.length, height)} />
      </Box>
    </Box>
  );
}
