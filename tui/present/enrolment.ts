// Setting up an authenticator, and the recovery codes afterwards.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import { safeText } from '../../gateway/protocol/safe-text.ts';
import type { Enrolment } from '../model/model.ts';
import { fieldSpans } from './prompt.ts';
import { qrCode } from './qr.ts';
import { problemLines, type SignInView } from './sign-in.ts';
import { blank, cells, fitLine, type Line, span, strong, wrapWords } from './span.ts';

export function enrolmentView(enrolment: Enrolment, width: number, rows: number): SignInView {
  switch (enrolment.enrolment) {
    case 'starting':
      return { lines: [[span('Making a secret for your authenticator …', 'dim')]], qr: undefined };
    case 'failed':
      return {
        lines: [
          [strong('✗ No authenticator was set up', 'bad')],
          blank,
          ...problemLines(problemSentence(enrolment.problem), width),
          blank,
          [strong('esc'), span(' back', 'dim')],
        ],
        qr: undefined,
      };
    case 'scan':
      return scanView(enrolment, width, rows);
    default:
      return enrolment satisfies never;
  }
}

function scanView(enrolment: Extract<Enrolment, { enrolment: 'scan' }>, width: number, rows: number): SignInView {
  const qr = qrCode(enrolment.uri);
  const beside = qr !== undefined && qr.width + 4 + 30 <= width && qr.rows.length <= rows;
  const room = beside ? width - qr.width - 4 : width;
  const words = (text: string) => wrapWords(text, room).map((part): Line => [span(part, 'dim')]);
  const groups = safeText(enrolment.secret).match(/.{1,4}/gu) ?? [];
  return {
    qr: beside ? qr : undefined,
    lines: [
      [strong('Set up your second factor')],
      blank,
      ...words(
        beside ? 'Scan this with an authenticator app, or type the secret:' : 'Type this secret into an authenticator app:',
      ),
      ...wrapWords(groups.join(' '), Math.min(room, 25)).map((part): Line => [strong(part, 'accent')]),
      blank,
      ...words('Then the code it shows:'),
      [
        span('▸ ', 'accent'),
        ...(enrolment.checking ? [span('checking …', 'dim')] : fieldSpans(enrolment.field, Math.min(room - 2, 12))),
      ],
      ...(enrolment.problem === undefined ? [blank] : problemLines(problemSentence(enrolment.problem), room)),
      blank,
      [strong('enter'), span(' confirm   ', 'dim'), strong('esc'), span(' later', 'dim')],
    ],
  };
}

/** Two columns of codes: each opens the door once, and they are not shown again (T17). */
export function codesLines(codes: readonly string[], width: number): readonly Line[] {
  const half = Math.ceil(codes.length / 2);
  const safe = codes.map((code) => safeText(code));
  const column = Math.max(0, ...safe.map(cells)) + 4;
  return [
    [strong('Recovery codes')],
    blank,
    ...wrapWords(
      'Each works once, in place of a code. Keep them away from this machine: they are not shown again.',
      Math.min(width, 68),
    ).map((part): Line => [span(part, 'dim')]),
    blank,
    ...Array.from(
      { length: half },
      (_, index): Line => [
        ...fitLine([strong(`  ${safe[index] ?? ''}`, 'accent')], column),
        strong(safe[index + half] ?? '', 'accent'),
      ],
    ),
    blank,
    [strong('y'), span(' I saved them', 'dim')],
  ];
}
