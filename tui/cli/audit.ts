// The audit log: its head, and verifying a copy of it offline. Its tail and searching it have files of their own.
import * as v from 'valibot';
import { fine, refuse } from '../../gateway/protocol/errors.ts';
import { publicKey } from '../../gateway/protocol/trail-nouns.ts';
import { anchors } from './audit-anchors.ts';
import { holds, prune } from './audit-keeping.ts';
import { search } from './audit-search.ts';
import { alerts, sinks } from './audit-signals.ts';
import { tail } from './audit-tail.ts';
import { listEvents } from './catalogue.ts';
import type { Run } from './command.ts';
import { ask } from './connect.ts';
import { when } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';
import { onWitnessedLine, witness } from './witness.ts';

const head: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onWitnessedLine(face, async ({ link }) => {
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
  const path = read.value.words[0] ?? '';
  const evidence = await import('./evidence.ts');
  if (await evidence.isEvidenceFile(path)) {
    const kept = await evidence.keptHeads(headFiles ?? []);
    return kept.ok ? fine(await evidence.sayEvidence(face, await evidence.verifyEvidenceFile(path, key, kept.value))) : kept;
  }
  const { verdictLine } = await import('../../gateway/audit/tell-verdict.ts');
  const { verifyExitCode } = await import('../../gateway/audit/verify.ts');
  const { verifyCopy } = await import('./verify.ts');
  const result = await verifyCopy(path, { key, ...(headFiles === undefined ? {} : { headFiles }) });
  if (!result.ok) return result;
  face.document(result.value);
  face.line(verdictLine(result.value));
  for (const note of result.value.notes) face.note(note);
  return { ok: true, value: verifyExitCode(result.value.verdict) };
};

/** Loaded when it is wanted: start-up counts (D12). */
const exported: Run = async (face, args) => (await import('./evidence.ts')).exportEvidence(face, args);

export const audit = verbs({
  tail,
  search,
  head,
  verify,
  export: exported,
  events: listEvents,
  anchors,
  sinks,
  alerts,
  holds,
  prune,
  witness,
});
