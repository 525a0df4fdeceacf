// The sentences of the trail itself: tell.ts asks here. Exhaustive by type.
import { alertWords } from './alert-rules.ts';
import type { TrailEvent } from './fold-trail.ts';
import type { Names } from './names.ts';

const spanWords = (ms: number): string =>
  ms < 120_000
    ? `${Math.round(ms / 1000)} s`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} min`
      : `${Math.round(ms / 3_600_000)} h`;
const because = (why: string): string => (why === '' ? '' : `: ${why}`);

/** What happened, in one sentence without its final stop. */
export function trailSentence(event: TrailEvent, who: string, names: Names): string {
  switch (event.type) {
    case 'epoch.began':
      return `epoch ${event.data.epoch} began with a new key; the one before is destroyed`;
    case 'audit.heartbeat':
      return 'the log goes on';
    case 'gateway.restored':
      return `the workspace was restored from a backup of ${new Date(event.data.madeAt).toISOString()}, ${event.data.size} records`;
    case 'hold.placed':
      return `${who} put ${event.data.query === '' ? 'everything' : event.data.query} on hold as ${event.data.name}${because(event.data.why)}`;
    case 'hold.released':
      return `${who} released a hold${because(event.data.why)}`;
    case 'segment.purged':
      return `${who} purged records ${event.data.first} to ${event.data.last}, older than ${event.data.days} days${because(event.data.why)}`;
    case 'recording.purged':
      return `${who} purged the recording of ${names.shell(event.data.session)}, older than ${event.data.days} days${because(event.data.why)}`;
    case 'person.erased':
      return `${who} erased ${names.person(event.data.person)} from ${event.data.records} records${because(event.data.why)}`;
    case 'audit.exported':
      return `${who} took away ${event.data.records} records as evidence`;
    case 'anchor.late':
      return `anchor ${event.data.anchor} is behind since ${new Date(event.data.since).toISOString()}${because(event.data.cause)}`;
    case 'anchor.restored':
      return `anchor ${event.data.anchor} holds the log again up to record ${event.data.size - 1}`;
    case 'anchor.conflict':
      return `anchor ${event.data.anchor} holds a head of ${event.data.size} records that is not of this log`;
    case 'trail.stale':
      return `no anchor took the log for too long (${event.data.anchors.join(', ')}): no new privileged session`;
    case 'trail.restored':
      return 'the log is vouched for outside again, or nobody is asked to: privileged sessions may begin';
    case 'anchored.conflict':
      return `gateway ${event.data.name}, whose heads are kept here, signed one of ${event.data.head.size} records that does not go on from the ${event.data.held} it had`;
    case 'witness.conflict':
      return `${who} remembers a head of ${event.data.size} records that is not of this log`;
    case 'sink.late':
      return `sink ${event.data.sink} is ${event.data.behind} records behind${because(event.data.cause)}`;
    case 'sink.restored':
      return `sink ${event.data.sink} has caught up`;
    case 'sink.tested':
      return `${who} tested sink ${event.data.sink}: ${event.data.delivered ? 'delivered' : 'not delivered'}`;
    case 'alert.raised': {
      const { rule, about, count, withinMs } = event.data;
      const whom = about === undefined ? '' : ` about ${names.any(about)}`;
      const from = event.personal?.address === undefined ? '' : ` from ${event.personal.address}`;
      const events = count === 1 ? '' : withinMs === 0 ? `${count} of them` : `${count} events within ${spanWords(withinMs)}`;
      return `alert ${rule}${whom}${from}: ${[alertWords(rule), events].filter(Boolean).join(', ') || 'one event'}`;
    }
    default:
      return event satisfies never;
  }
}
