// How the audit trail reads: a few words in the last line, and a line over the whole width where it is not the log that is remembered.

import type { Model } from '../model/model.ts';
import { anchorsSeen, type WitnessedLog } from '../model/trail.ts';
import { fitLine, type Line, lineCells, span, strong } from './span.ts';
import { age, grouped } from './times.ts';

const alarm: Line = [{ text: ' LOG CONFLICT ', hue: 'bad', bold: true, inverse: true }];

/** Somebody remembers another log: oneself, another witness, an anchor. */
const inConflict = ({ trail: { own, status } }: Model): boolean =>
  own?.log === 'conflict' ||
  (status?.conflicts.length ?? 0) > 0 ||
  status?.anchors.some(({ state }) => state === 'conflict') === true;

/** Above everything else in the last line. */
export const conflictSpans = (model: Model): readonly Line[] => (inConflict(model) ? [alarm] : []);

/** What somebody should look into: comes before what is as it should be. */
export function troubleSpans(model: Model): readonly Line[] {
  if (model.line.line !== 'open' || inConflict(model)) return [];
  const { status, own } = model.trail;
  if (own?.log === 'unproven') return [[span('log not shown', 'warn')]];
  if (own?.log === 'held' && own.kept !== undefined) return [[span('log not remembered', 'warn')]];
  const seen = status === undefined ? undefined : anchorsSeen(status);
  if (seen?.anchors !== 'late' && seen?.anchors !== 'stale') return [];
  const words = seen.at === 0 ? 'anchor late' : `anchor late ${age(seen.at, model.now)}`;
  return [[span(words, seen.anchors === 'late' ? 'warn' : 'bad')]];
}

/** How old the newest anchor is; for those who may not read the log, what they hold of it themselves. */
export function trailSpans(model: Model): readonly Line[] {
  if (model.line.line !== 'open' || inConflict(model)) return [];
  const { status, own } = model.trail;
  if (status === undefined) return own?.log !== 'held' ? [] : [[span(`log ${grouped(own.size)} held`, 'dim')]];
  const seen = anchorsSeen(status);
  switch (seen.anchors) {
    case 'none':
      return [[span('no anchor', 'dim')]];
    case 'waiting':
      return [[span('anchor waits', 'warn')]];
    case 'ok':
      return [[span(`anchored ${age(seen.at, model.now)} ago`, 'dim')]];
    case 'late':
    case 'stale':
    case 'conflict':
      return [];
    default:
      return seen satisfies never;
  }
}

/** Full width, inverse; the longest that fits: what is remembered, what was shown, what to do. */
export function witnessBanner(own: WitnessedLog | undefined, width: number): Line | undefined {
  if (own?.log !== 'conflict') return undefined;
  const remembered = `${grouped(own.remembered)} records remembered`;
  const shown = `${grouped(own.shown)} shown`;
  const forget = 'nothing opens until: sallyport audit witness forget';
  const ways = [
    `LOG CONFLICT: ${remembered}, ${shown}: ${own.why} · tell whoever runs the gateway; ${forget}`,
    `LOG CONFLICT: ${remembered}, ${shown} · tell whoever runs the gateway; ${forget}`,
    `LOG CONFLICT: ${remembered}, ${shown} · ${forget}`,
    `LOG CONFLICT: ${grouped(own.remembered)} remembered, ${shown} · sallyport audit witness ls`,
    `LOG CONFLICT: sallyport audit witness ls`,
  ];
  const words = ways.find((way) => lineCells([span(` ◆ ${way} `)]) <= width) ?? ways.at(-1) ?? '';
  return fitLine([span(` ◆ ${words}`)], width).map(({ text }) => ({ ...strong(text, 'bad'), inverse: true }));
}
