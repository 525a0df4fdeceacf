// `sessions summary SESSION`: what became of it, from its own audit records (E43). Who may read the log may ask; commands and files are not there.
import { refuse } from '../../gateway/protocol/errors.ts';
import { sessionRecords } from '../link/session-records.ts';
import { summaryFacts, summaryOf } from '../present/session-summary.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { readArgs } from './globals.ts';
import { sessionNamed } from './session-named.ts';

const wordCells = 10;

export const summary: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const named = await sessionNamed(face, link, read.value.words[0] ?? '');
    if (!named.ok) return named;
    // The beginning of an id is the gateway's to complete; of a session that it no longer lists, the log may tell still.
    const shown = await ask(face, link, 'session.show', { session: named.value });
    if (!shown.ok && shown.problem.code !== 'not-found') return shown;
    const session = shown.ok ? shown.value.session.id : named.value;
    const records = await sessionRecords((body) => ask(face, link, 'audit.page', body), session);
    if (!records.ok) return records;
    const told = summaryOf(records.value);
    if (told === undefined) return refuse('not-found', `no record of the beginning of session ${session}`);
    face.document(told);
    for (const [word, words] of summaryFacts(told)) if (words !== '') face.line(`${word.padEnd(wordCells)} ${words}`);
    return { ok: true, value: 0 };
  });
};
