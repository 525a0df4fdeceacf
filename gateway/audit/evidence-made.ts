// Writes an evidence file, line by line (M10): what the log, its trail and a recording give, in the order that evidence.ts reads. Memory: one line.
import { createHash } from 'node:crypto';
import type { AuditLine } from '../protocol/events.ts';
import type { RecordingId, SessionId } from '../protocol/ids.ts';
import type { AnchorRow, Head } from '../protocol/trail-nouns.ts';
import { canonical } from './chain.ts';
import { aboutStatement, type EvidenceAbout, type EvidenceLine, endStatement } from './evidence-lines.ts';
import type { Trail } from './trail.ts';

export type EvidenceSource = Pick<EvidenceAbout, 'product' | 'by' | 'asked' | 'madeAt'> & {
  readonly trail: Trail;
  /** How anchors stand. */
  readonly anchored: readonly AnchorRow[];
  /** Lines of the log in order, all of them durable. */
  readonly lines: AsyncIterable<AuditLine>;
  readonly recording?: {
    readonly id: RecordingId;
    readonly session: SessionId;
    readonly key: Uint8Array;
    /** As they stand on disk, in order. */
    readonly chunks: AsyncIterable<Uint8Array>;
  };
};

/** The lines, each with its newline. Rejects where no head can be signed, and with what its sources reject with. */
export async function* evidenceText(source: EvidenceSource): AsyncGenerator<string> {
  const { trail, anchored, lines, recording, ...said } = source;
  const body = createHash('sha256');
  let count = 0;
  const text = (line: EvidenceLine): string => {
    const written = `${canonical(line)}\n`;
    body.update(written);
    count += 1;
    return written;
  };
  const head = await trail.sign();
  const about = await aboutOf(said, head, trail, anchored);
  yield text(about);
  for await (const line of lines) {
    const proof = await trail.inclusion(line.record.seq, head.size);
    yield text({ kind: 'record', line: { ...line }, proof: [...proof] } as EvidenceLine);
  }
  if (recording !== undefined) {
    const { id, session, key, chunks } = recording;
    let begun = false;
    for await (const chunk of chunks) {
      // One that is gone, or has not begun, is not spoken of.
      if (!begun) yield text({ kind: 'recording', recording: id, session, key: Buffer.from(key).toString('base64url') });
      begun = true;
      yield text({ kind: 'chunk', chunk: Buffer.from(chunk).toString('base64') });
    }
  }
  const { epoch } = trail.signStatement('');
  const end = {
    kind: 'end' as const,
    lines: count,
    sha256: body.digest('hex'),
    certificates: trail.certificates.slice(about.certificates.length),
    epoch,
  };
  yield `${canonical({ ...end, signature: trail.signStatement(endStatement(end)).signature })}\n`;
}

async function aboutOf(
  said: Pick<EvidenceAbout, 'product' | 'by' | 'asked' | 'madeAt'>,
  head: Head,
  trail: Trail,
  anchored: EvidenceSource['anchored'],
): Promise<EvidenceAbout> {
  const anchors: EvidenceAbout['anchors'] = [];
  for (const { name, kind, at, size, root } of anchored)
    if (at !== undefined && size !== undefined && root !== undefined && size <= head.size)
      anchors.push({ name, kind, at, size, root, proof: [...(await trail.consistency(size, head.size))] });
  // From here on nothing is waited for: an epoch may begin at any time.
  const about = {
    kind: 'evidence' as const,
    v: 1 as const,
    ...said,
    chain: head.chain,
    rootKey: trail.rootKey,
    certificates: [...trail.certificates],
    head,
    anchors,
    epoch: trail.signStatement('').epoch,
  };
  return { ...about, signature: trail.signStatement(aboutStatement(about)).signature };
}
