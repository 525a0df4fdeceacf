// An event as a sink sends it: its row, or the same in the words of OCSF. Both carry `seq` and `hash`: a receiver sees what is missing, and can ask for
// the proof of what it has. Pure.
import { jsonSafe } from '../protocol/safe-text.ts';
import type { SinkConfig } from '../trail-config.ts';
import type { Settled } from './commit.ts';
import { ocsfOf, ocsfTest } from './ocsf.ts';
import type { AuditQuery } from './query.ts';
import type { SinkLine } from './sink.ts';
import type { State } from './state.ts';
import { auditRow } from './tell.ts';

type Format = SinkConfig['format'];

/** Undefined when it does not fit. */
export function sinkLine(settled: Settled, state: State, format: Format, fits: AuditQuery): SinkLine | undefined {
  const row = auditRow(settled, state);
  if (!fits(row)) return undefined;
  const { type } = settled.event;
  const text = jsonSafe(format === 'ocsf' ? ocsfOf(type, row) : row);
  return { seq: row.seq, at: row.at, severity: row.severity, type, hash: row.hash, text };
}

/** What `sink.test` sends: no event, and nothing that could be taken for one. */
export function testLine(sink: string, format: Format, at: number): SinkLine {
  const summary = `test of sink ${sink}: nothing happened`;
  const text = jsonSafe(format === 'ocsf' ? ocsfTest(summary, at) : { test: true, sink, at, summary });
  return { seq: 0, at, severity: 'info', type: 'sink.tested', hash: '', text };
}
