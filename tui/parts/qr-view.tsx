// A QR code: its light modules drawn in white on black where the palette can promise both.
import { Box, Text } from 'ink';
import { type ReactNode, useContext } from 'react';
import type { QrCode } from '../present/qr.ts';
import { PaletteContext } from './lines.tsx';

export function QrView({ qr }: { readonly qr: QrCode }): ReactNode {
  const { slate } = useContext(PaletteContext);
  return (
    <Box flexDirection="column" flexShrink={0}>
      {qr.rows.map((row, index) => (
        <Text key={index}>{slate === '' ? row : `\u001B[${slate}m${row}\u001B[0m`}</Text>
      ))}
    </Box>
  );
}
