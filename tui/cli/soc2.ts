// `evidence soc2` (S82): a folder for an auditor: for each control the rows that answer it, with the query that made them, and beside them evidence of all
// records of the period, which verifies without us. The queries say what was looked at; the evidence proves it.
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { evidenceSentence } from '../../gateway/audit/tell-evidence.ts';
import { fine, type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import { jsonSafe, safeText } from '../../gateway/protocol/safe-text.ts';
import type { Link } from '../link/link.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { csvLine } from './csv.ts';
import { type SavedEvidence, saveEvidence } from './evidence.ts';
import { type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { type Control, controls, type Period, periodOf, within } from './soc2-controls.ts';
import { verbs } from './verbs.ts';

const pageRows = 1000;
const columns = ['seq', 'at', 'code', 'type', 'severity', 'outcome', 'actor', 'target', 'session', 'address', 'summary', 'data'];
const cellsOf = (row: AuditRow): readonly (string | number)[] => [
  row.seq,
  when(row.at),
  row.code,
  row.type,
  row.severity,
  row.outcome,
  row.actor.name,
  row.target?.name ?? '',
  row.session ?? '',
  row.address ?? '',
  row.summary,
  JSON.stringify(row.data),
];

type Written = { readonly control: Control; readonly query: string; readonly rows: number; readonly digests: readonly string[] };

const soc2: Run = async (face, args) => {
  const read = readArgs(args, { period: { type: 'string' }, out: { type: 'string' } }, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { period: given, out } = read.value.values;
  if (given === undefined || out === undefined) return refuse('usage', '--period and --out are needed');
  const period = periodOf(given, Date.now());
  if (!period.ok) return period;
  return onLine(face, async ({ link, self }): Promise<Result<number>> => {
    // First what takes a code: who has none finds no half-made folder.
    const made = await mkdir(out, { mode: 0o700 }).then(
      () => true,
      () => false,
    );
    if (!made) return refuse('usage', `${out} is there already, or cannot be made`);
    const saved = await saveEvidence(face, link, { query: within(period.value, '') }, path.join(out, 'evidence.jsonl'));
    if (!saved.ok) return saved;
    const written: Written[] = [];
    for (const control of controls) {
      const one = await writeControl(face, link, out, control, period.value);
      if (!one.ok) return one;
      written.push(one.value);
    }
    await newFile(path.join(out, 'index.md'), indexOf(period.value, self.name, written, saved.value));
    face.document({
      folder: out,
      period: period.value,
      files: written.map(({ control, query, rows }) => ({ file: control.file, criteria: control.criteria, query, rows })),
      evidence: { sha256: saved.value.sha256, verdict: saved.value.document.verdict, records: saved.value.document.records },
    });
    face.table(
      ['FILE', 'FOR', 'ROWS', 'QUERY'],
      written.map(({ control, rows, query }) => [control.file, control.criteria.join(' '), rows, query]),
    );
    face.line(`${path.join(out, 'evidence.jsonl')}: ${evidenceSentence(saved.value.document)}`);
    return fine(saved.value.document.verdict === 'intact' ? 0 : 7);
  });
};

const newFile = (file: string, content: string): Promise<void> => writeFile(file, content, { mode: 0o600, flag: 'wx' });

/** Rows of a control as JSON lines and as CSV, oldest first. Errors: of `audit.page`. */
async function writeControl(face: Face, link: Link, out: string, control: Control, period: Period): Promise<Result<Written>> {
  const query = within(period, control.query);
  const [jsonl, csv] = await Promise.all(
    ['jsonl', 'csv'].map((ending) => open(path.join(out, `${control.file}.${ending}`), 'wx', 0o600)),
  );
  if (jsonl === undefined || csv === undefined) return refuse('usage', `${out} cannot be written`);
  const digests = [createHash('sha256'), createHash('sha256')] as const;
  let rows = 0;
  const put = async (which: 0 | 1, file: FileHandle, text: string): Promise<void> => {
    digests[which].update(text);
    await file.appendFile(text);
  };
  try {
    await put(1, csv, `${csvLine(columns)}\r\n`);
    // A page begins after a record: the very first, of the making of the workspace, is asked for by its number.
    for (let after: number | undefined; ; ) {
      const asked: { query: string; after?: number; before?: number; limit: number } =
        after === undefined ? { query, before: 1, limit: 1 } : { query, after, limit: pageRows };
      const page = await ask(face, link, 'audit.page', asked);
      if (!page.ok) return page;
      const { events, head, looked } = page.value;
      for (const row of events) {
        await put(0, jsonl, `${jsonSafe(row)}\n`);
        await put(1, csv, `${csvLine(cellsOf(row))}\r\n`);
      }
      rows += events.length;
      after = after === undefined ? 0 : (looked?.to ?? events.at(-1)?.seq ?? head);
      if (after >= head) break;
    }
  } finally {
    await Promise.all([jsonl.close(), csv.close()]);
  }
  return fine({ control, query, rows, digests: digests.map((digest) => digest.digest('hex')) });
}

function indexOf(period: Period, who: string, written: readonly Written[], { sha256, document }: SavedEvidence): string {
  const row = ({ control, query, rows }: Written): string =>
    `| ${control.criteria.join(', ')} | ${control.asks} | [${control.file}.jsonl](${control.file}.jsonl), [${control.file}.csv](${control.file}.csv) | ${rows} | \`${query}\` |`;
  const digest = ({ control, digests }: Written): string[] => [
    `${digests[0] ?? ''}  ${control.file}.jsonl`,
    `${digests[1] ?? ''}  ${control.file}.csv`,
  ];
  return [
    `# Evidence for SOC 2, ${period.from} to ${period.to}`,
    '',
    `Made ${new Date().toISOString()} for ${safeText(who)} by ${document.about?.product ?? ''}. Days are whole days in UTC. Each file answers one question with the query beside it, which anybody who may read the audit log can run again: \`sallyport audit search --all "QUERY"\`.`,
    '',
    '| control | what it shows | files | rows | query |',
    '| --- | --- | --- | --- | --- |',
    ...written.map(row),
    '',
    '## Proof',
    '',
    `\`evidence.jsonl\` holds every record of the period exactly as it stands in the log, with the proof that the signed log contains it. The files above are readings of those records; a number (\`seq\`) is the same in both. AUDITOR.md of the product says how to check it without us.`,
    '',
    `- verdict when it was made: ${evidenceSentence(document)}`,
    `- root key of the log, as the file has it: \`${document.about?.rootKey ?? ''}\`; compare it with the one noted when the workspace was made`,
    `- check it: \`sallyport audit verify evidence.jsonl --key ROOTKEY\`, or \`node auditor.js evidence.jsonl ROOTKEY\``,
    '',
    '```',
    `${sha256}  evidence.jsonl`,
    ...written.flatMap(digest),
    '```',
    '',
  ].join('\n');
}

export const evidence = verbs({ soc2 });
