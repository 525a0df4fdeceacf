// The audit log: its tail, its head, and verifying a copy of it offline.
import * as v from 'valibot';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { jsonSafe } from '../../gateway/protocol/safe-text.ts';
import { publicKey } from '../../gateway/protocol/trail-nouns.ts';
import type { Link } from '../link/link.ts';
import { holds, prune } from './audit-keeping.ts';
import { alerts, sinks } from './audit-signals.ts';
import { listEvents } from './catalogue.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { type Face, type Paint, padded, when } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';

const defaultLimit = 200;
const severityPaint = { info: 'dim', warning: 'warn', alert: 'bad' } as const satisfies Record<AuditRow['severity'], Paint>;
const colours = { dim: '\x1b[2m', warn: '\x1b[33m', bad: '\x1b[31m' } as const;

/** One event a line, the same columns whatever else is shown, so that a tail stays aligned. */
function sayRow(face: Face, row: AuditRow): void {
  if (face.globals.json) return void face.stdout.write(`${jsonSafe(row)}\n`);
  const text = [
    String(row.seq).padStart(7),
    when(row.at),
    row.code,
    row.outcome.padEnd(6),
    padded(row.actor.name, 12),
    row.breakGlass === true ? `BREAK-GLASS ${row.summary}` : row.summary,
    ...(row.address === undefined ? [] : [`from ${row.address}`]),
  ].join('  ');
  if (!face.colour) return face.line(text);
  // Colour stands around a text that is already safe.
  face.painted(text, colours[severityPaint[row.severity]]);
}

function wholeNumber(flag: string, given: string | undefined): Result<number | undefined> {
  if (given === undefined) return { ok: true, value: undefined };
  return /^\d{1,15}$/.test(given) ? { ok: true, value: Number(given) } : refuse('usage', `${flag} is a whole number`);
}

const tail: Run = async (face, args) => {
  const own = {
    follow: { type: 'boolean', short: 'f' },
    query: { type: 'string' },
    after: { type: 'string' },
    limit: { type: 'string' },
  } as const;
  const read = readArgs(args, own, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { values } = read.value;
  const after = wholeNumber('--after', values.after);
  if (!after.ok) return after;
  const limit = wholeNumber('--limit', values.limit);
  if (!limit.ok) return limit;
  const { query } = values;
  const chosen = query === undefined ? {} : { query };
  return onLine(face, async ({ link }) => {
    const page = await ask(face, link, 'audit.page', {
      ...chosen,
      ...(after.value === undefined ? {} : { after: after.value }),
      limit: limit.value ?? defaultLimit,
    });
    if (!page.ok) return page;
    for (const row of page.value.events) sayRow(face, row);
    if (values.follow !== true) return { ok: true, value: 0 };
    // A page that its limit cut ends before the head; the tail goes on where the page ended.
    const cut = after.value !== undefined && page.value.events.length === (limit.value ?? defaultLimit);
    return follow(face, link, cut ? (page.value.events.at(-1)?.seq ?? page.value.head) : page.value.head, chosen);
  });
};

/** Until Ctrl-C, or until the line cannot come back. Every event once, also over cut lines (M8, O9). */
function follow(face: Face, link: Link, from: number, chosen: { readonly query?: string }): Promise<Result<number>> {
  return new Promise((resolve) => {
    let head = from;
    const done = (result: Result<number>): void => {
      stopPushes();
      stopStates();
      process.off('SIGINT', stop);
      resolve(result);
    };
    const stop = (): void => done({ ok: true, value: 0 });
    const subscribe = async (): Promise<void> => {
      const answer = await ask(face, link, 'subscribe', { topic: 'audit', after: head, ...chosen });
      if (!answer.ok && answer.problem.code !== 'unreachable') done(answer);
    };
    const stopPushes = link.onPush((push) => {
      if (push.type !== 'audit.appended') return;
      for (const row of push.rows) if (row.seq > head) sayRow(face, row);
      head = Math.max(head, push.head);
    });
    const stopStates = link.onState((state) => {
      if (state.state === 'refused') done({ ok: false, problem: state.problem });
      else if (state.state === 'waiting') face.note('The line is down; trying again.');
      else if (state.state === 'open') {
        if (state.self === undefined) done({ ok: false, problem: state.problem ?? { code: 'not-signed-in' } });
        else void subscribe();
      }
    });
    process.once('SIGINT', stop);
    void subscribe();
  });
}

const head: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const shown = await ask(face, link, 'audit.head', {});
    if (!shown.ok) return shown;
    const { seq, hash, at, sealedSeq } = shown.value;
    face.document(shown.value);
    face.line(`record  ${seq}`);
    face.line(`hash    ${hash}`);
    face.line(`at      ${when(at)}`);
    face.line(`sealed  ${sealedSeq}`);
    return { ok: true, value: 0 };
  });
};

const verify: Run = async (face, args) => {
  const read = readArgs(args, { key: { type: 'string' }, head: { type: 'string', multiple: true } }, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { key, head: headFiles } = read.value.values;
  if (key !== undefined && !v.is(publicKey, key)) return refuse('usage', '--key is the key that sallyport-gateway init printed');
  const { verdictLine } = await import('../../gateway/audit/tell-verdict.ts');
  const { verifyExitCode } = await import('../../gateway/audit/verify.ts');
  const { verifyCopy } = await import('./verify.ts');
  const result = await verifyCopy(read.value.words[0] ?? '', { key, ...(headFiles === undefined ? {} : { headFiles }) });
  if (!result.ok) return result;
  face.document(result.value);
  face.line(verdictLine(result.value));
  for (const note of result.value.notes) face.note(note);
  return { ok: true, value: verifyExitCode(result.value.verdict) };
};

export const audit = verbs({ tail, head, verify, events: listEvents, sinks, alerts, holds, prune });
