// `sallyport audit events [TYPE]`: the reference of audit events, read from the program itself; needs no gateway.
import { type CatalogueEntry, type CatalogueField, catalogue } from '../../gateway/protocol/catalogue.ts';
import { refuse } from '../../gateway/protocol/errors.ts';
import type { Run } from './command.ts';
import { type Face, padded } from './face.ts';
import { readArgs } from './globals.ts';

function sayFields(face: Face, title: string, fields: readonly CatalogueField[]): void {
  if (fields.length === 0) return;
  face.line(title);
  for (const { name, form, optional } of fields) face.line(`  ${padded(name, 16)}${optional ? 'maybe ' : ''}${form}`);
}

function sayOne(face: Face, entry: CatalogueEntry): void {
  face.line(`${entry.code}  ${entry.type}  ${entry.severity}`);
  face.line(entry.meaning);
  sayFields(face, 'data', entry.data);
  sayFields(face, 'personal, erasable', entry.personal);
}

/** All of them, one a line; one with its fields. Errors: not-found. */
export const listEvents: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 1 });
  if (!read.ok) return read;
  const [wanted] = read.value.words;
  const all = catalogue();
  if (wanted === undefined) {
    face.document(all);
    for (const { code, type, severity, meaning } of all)
      face.line(`${code}  ${padded(severity, 8)} ${padded(type, 26)} ${meaning}`);
    return { ok: true, value: 0 };
  }
  const one = all.find(({ type, code }) => type === wanted || code === wanted.toUpperCase());
  if (one === undefined) return refuse('not-found', wanted);
  face.document(one);
  sayOne(face, one);
  return { ok: true, value: 0 };
};
