// Where events go by themselves: sinks and their test, and the rules that raise alerts. Both are set in config.json of the gateway.
import type { AlertRow, SinkRow } from '../../gateway/protocol/trail-nouns.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import type { Paint } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';

const set = 'in config.json of the gateway, read at its start';

const stateOf = ({ state, cause }: SinkRow): { readonly text: string; readonly paint: Paint } =>
  state === 'late'
    ? { text: 'late', paint: 'bad' }
    : cause === undefined
      ? { text: 'ok', paint: 'good' }
      : { text: 'tries again', paint: 'warn' };

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'sink.list', {});
    if (!listed.ok) return listed;
    const { sinks } = listed.value;
    face.document(sinks);
    face.table(
      ['SINK', 'KIND', 'FORMAT', 'STATE', 'DELIVERED TO', 'BEHIND', 'QUERY', 'CAUSE'],
      sinks.map((sink) => [sink.name, sink.kind, sink.format, stateOf(sink), sink.cursor, sink.behind, sink.query, sink.cause]),
    );
    if (sinks.length === 0) face.note(`No sinks: they are set ${set}.`);
    if (sinks.some(({ kind }) => kind === 'syslog'))
      face.note('A syslog receiver acknowledges nothing: delivered to it means that the system took it for the connection.');
    return { ok: true, value: 0 };
  });
};

const test: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const sent = await ask(face, link, 'sink.test', { sink: read.value.words[0] ?? '' });
    if (!sent.ok) return sent;
    face.document(sent.value);
    const { delivered, cause } = sent.value;
    face.line(delivered ? 'Delivered: one line that says it is a test.' : `Not delivered: ${cause ?? 'no cause is known'}.`);
    return { ok: true, value: delivered ? 0 : 6 };
  });
};

export const sinks = verbs({ ls: list, test });

function spanOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes >= 60 && minutes % 60 === 0 ? `${minutes / 60}h` : minutes >= 1 ? `${minutes}m` : `${Math.round(ms / 1000)}s`;
}
const paints = { info: 'dim', warning: 'warn', alert: 'bad' } as const satisfies Record<AlertRow['severity'], Paint>;

export const alerts: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'alert.list', {});
    if (!listed.ok) return listed;
    const rules = listed.value.alerts;
    face.document(rules);
    face.table(
      ['ALERT', 'SEVERITY', 'EVENTS', 'WITHIN', 'BY', 'FROM', 'QUERY'],
      rules.map(({ name, severity, count, withinMs, by, builtin, query }) => [
        name,
        { text: severity, paint: paints[severity] },
        count,
        spanOf(withinMs),
        by,
        builtin ? 'built in' : 'config',
        query,
      ]),
    );
    face.note(
      `Rules are set, and built-in ones switched off, ${set}. What was raised: sallyport audit tail --query type:alert.raised`,
    );
    return { ok: true, value: 0 };
  });
};
