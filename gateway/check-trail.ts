// The line of the checklist about anchors: whether anybody outside could tell if the log of this gateway were rewritten. Pure.
import { type CheckFacts, type CheckLine, fail, pass, some, span, unknown } from './check-line.ts';

export function anchorsLine({ anchors, now, config, data }: CheckFacts): CheckLine {
  const id = 'anchors';
  if (anchors.rows.length === 0)
    return fail(
      id,
      'No anchor is configured: of this log only agents and dashboards remember anything outside.',
      `add "anchors" to ${data}/config.json, and restart the gateway`,
    );
  const late = anchors.rows.filter(({ waitsSince }) => waitsSince !== undefined && now - waitsSince > config.trail.lateMs);
  if (late.length > 0)
    return fail(
      id,
      `Behind for more than ${span(config.trail.lateMs)}: ${some(late.map(({ name }) => name))}.`,
      'sallyport audit anchors, which says why',
    );
  const never = anchors.rows.filter(({ takenAt }) => takenAt === undefined);
  if (never.length === anchors.rows.length)
    return unknown(
      id,
      `No anchor has taken a head yet: ${some(never.map(({ name }) => name))}.`,
      'start the gateway, and wait a minute',
    );
  // One that this host cannot touch is enough; the others do no harm.
  const apart = anchors.rows.filter(({ against, takenAt }) => against === undefined && takenAt !== undefined);
  if (apart.length === 0)
    return fail(
      id,
      `Whoever takes this host takes its anchors too: ${some(anchors.rows.flatMap(({ name, against }) => (against === undefined ? [] : [`${name} (${against})`])))}.`,
      `add one of another owner on another host to ${data}/config.json, and restart the gateway`,
    );
  const newest = Math.max(...apart.map(({ takenAt }) => takenAt ?? 0));
  const vouch = apart.length === 1 ? 'vouches' : 'vouch';
  return pass(
    id,
    `${some(apart.map(({ name }) => name))} ${vouch} for the log, the last time ${span(Math.max(0, now - newest))} ago.`,
  );
}
