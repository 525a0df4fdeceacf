// The sign-in screen: a code large enough to read across a desk, where to take it, who asks from where (T21), and how long it holds.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Model, SignIn } from '../model/model.ts';
import { bigText } from './big-text.ts';
import { type QrCode, qrCode } from './qr.ts';
import { blank, cells, type Line, lineCells, span, strong, wrapWords } from './span.ts';
import { countdown } from './times.ts';

export type SignInView = { readonly lines: readonly Line[]; readonly qr: QrCode | undefined };

/** What stands there; the QR code only when it fits beside the lines. */
export function signInView(model: Model, signIn: SignIn, width: number, rows: number): SignInView {
  switch (signIn.signIn) {
    case 'starting':
      return {
        lines: [
          ...(signIn.because === undefined ? [] : [...problemLines(problemSentence(signIn.because), width), blank]),
          [span('Asking the identity provider for a code …', 'dim')],
        ],
        qr: undefined,
      };
    case 'failed':
      return {
        lines: [
          [strong('✗ Not signed in', 'bad')],
          blank,
          ...problemLines(problemSentence(signIn.problem), Math.min(width, 72)),
          blank,
          [strong('r'), span(' asks for a new code', 'dim')],
        ],
        qr: undefined,
      };
    case 'code':
      return codeView(model, signIn, width, rows);
    default:
      return signIn satisfies never;
  }
}

function codeView(model: Model, signIn: Extract<SignIn, { signIn: 'code' }>, width: number, rows: number): SignInView {
  const { code, progress, startedAt } = signIn;
  const qr = qrCode(code.addressWithCode ?? code.address);
  const textWidth = 36;
  const beside = qr !== undefined && qr.width + 4 + textWidth <= width && qr.rows.length <= rows;
  const room = beside && qr !== undefined ? width - qr.width - 4 : width;
  const big = bigText(code.userCode);
  const bigFits = rows >= 16 && big.every((row) => cells(row) <= room);
  const expired = model.now >= code.expiresAt;
  const lines: Line[] = [
    [strong('Sign in'), span(' at your identity provider', 'dim')],
    blank,
    ...wrapWords(safeText(code.address), room).map((part): Line => [span(part, 'accent')]),
    blank,
    ...(bigFits
      ? big.map((row): Line => [span(row, expired ? 'dim' : 'plain')])
      : [[span('code  ', 'dim'), strong(safeText(code.userCode), 'accent')]]),
    ...(bigFits ? [[span(safeText(code.userCode), 'dim')]] : []),
    blank,
    [
      barSpan(code.expiresAt, startedAt, model.now),
      span(expired ? ' expired' : ` ${countdown(code.expiresAt, model.now)} left`, expired ? 'bad' : 'dim'),
    ],
    progressLine(progress, expired),
    blank,
    [span('gateway  ', 'dim'), span(safeText(`${model.gatewayName ?? ''} ${model.url}`))],
    [span('machine  ', 'dim'), span(safeText(code.machine))],
    [span('from     ', 'dim'), span(safeText(code.peer))],
  ];
  return { lines, qr: beside ? qr : undefined };
}

/** Ten cells of time left: the end is seen coming without reading a number. */
function barSpan(until: number, since: number, now: number) {
  const share = Math.max(0, Math.min(1, (until - now) / Math.max(1, until - since)));
  const full = Math.ceil(share * 20);
  return span('━'.repeat(full) + '╌'.repeat(20 - full), share > 0.25 ? 'accent' : 'bad');
}

function progressLine(progress: 'waiting' | 'slowed' | 'confirmed', expired: boolean): Line {
  if (expired) return [span('○ expired; r asks for a new code', 'bad')];
  switch (progress) {
    case 'waiting':
      return [span('◌ waiting for you to confirm', 'dim')];
    case 'slowed':
      return [span('◌ waiting; the provider asks for patience', 'dim')];
    case 'confirmed':
      return [span('✓ confirmed', 'good')];
    default:
      return progress satisfies never;
  }
}

export function problemLines(sentence: string, width: number): readonly Line[] {
  return wrapWords(safeText(sentence), Math.max(20, width)).map((part): Line => [span(part, 'bad')]);
}

/** Widest of some lines. */
export const widest = (lines: readonly Line[]): number => lines.reduce((most, line) => Math.max(most, lineCells(line)), 0);
