// This program as a witness of the gateway's log (A11, A28, W6): asks for the newest head and that it goes on from the one held, stores it, and only then
// says anything, to the gateway or to a person.
import { type Conflicting, contradicted } from '../../gateway/audit/testimony.ts';
import { judgeHead, proofAsked, type Remembered, type Walk } from '../../gateway/audit/witnessing.ts';
import type { Problem } from '../../gateway/protocol/errors.ts';
import { provenLogVersion } from '../../gateway/protocol/version.ts';
import type { Link } from './link.ts';
import { readWitnesses, writeWitness } from './witness-file.ts';

export type LogSeen =
  /** It goes on. `kept`: it could be stored; otherwise this program is no witness. */
  | { readonly log: 'held'; readonly size: number; readonly kept: Problem | undefined }
  /** It is not the one that is remembered, now or before. */
  | { readonly log: 'conflict'; readonly witness: Conflicting }
  /** The gateway does not show it, or shows something that does not hold in itself. */
  | { readonly log: 'unproven'; readonly problem: Problem };

/** Another program may have stored a newer head between question and answer; then it is asked from there. */
const mostTries = 5;
/** Answers that only bring more keys: with four hundred in each, those of a century of days. */
const mostWalks = 100;

/** Looks at the log once. The line must be open and signed in. */
export async function witnessLog(link: Pick<Link, 'url' | 'state' | 'request'>, path: string): Promise<LogSeen> {
  const state = link.state();
  if (state.state !== 'open' || state.self === undefined)
    return { log: 'unproven', problem: { code: 'unreachable', detail: 'not signed in just now' } };
  const { gateway, protocol } = state.welcome;
  if (protocol < provenLogVersion) return { log: 'unproven', problem: { code: 'version', detail: 'the gateway is older' } };
  let walk: Walk | undefined;
  let asked: Remembered | undefined;
  let walks = 0;
  for (let turn = 0; turn < mostTries || walk !== undefined; turn += 1) {
    const known = await readWitnesses(path);
    if (!known.ok) return { log: 'unproven', problem: known.problem };
    const witness = known.value[gateway];
    if (witness?.conflict !== undefined) return told(link, { ...witness, conflict: witness.conflict });
    const held = witness?.held;
    if (walk !== undefined && held?.hash !== asked?.hash) walk = undefined;
    asked = held;
    const proof = await link.request('audit.proof', proofAsked(held, walk));
    if (!proof.ok) return { log: 'unproven', problem: proof.problem };
    const judged = judgeHead(held, proof.value, walk);
    walk = undefined;
    if (judged.verdict === 'further') {
      walks += 1;
      if (walks > mostWalks) return { log: 'unproven', problem: { code: 'bad-message', detail: 'its epochs have no end' } };
      walk = judged.walk;
      continue;
    }
    if (judged.verdict === 'malformed')
      return { log: 'unproven', problem: { code: 'bad-message', detail: `its log: ${judged.why}` } };
    const after = await readWitnesses(path);
    if (after.ok && after.value[gateway]?.held.hash !== held?.hash) continue;
    if (judged.verdict === 'conflict' && held !== undefined) {
      const at = contradicted(held, judged.why, proof.value.head, Date.now());
      // Said even where it cannot be stored: that is worse, not better.
      await writeWitness(path, gateway, { url: link.url, ...at });
      return told(link, at);
    }
    if (judged.verdict !== 'accepted') return { log: 'unproven', problem: { code: 'bad-message' } };
    const { size, root, hash } = judged.held;
    const kept = hash === held?.hash ? undefined : await writeWitness(path, gateway, { url: link.url, held: judged.held });
    if (kept?.ok === false) return { log: 'held', size, kept: kept.problem };
    await link.request('audit.witness', { size, root, conflict: false });
    return { log: 'held', size, kept: undefined };
  }
  return { log: 'unproven', problem: { code: 'busy', detail: 'other programs here look at it as well' } };
}

/** The gateway is told as well: whoever owns its host may not hear it, whoever reads its log and anchors will. */
async function told(link: Pick<Link, 'request'>, witness: Conflicting): Promise<LogSeen> {
  const { size, root } = witness.held;
  await link.request('audit.witness', { size, root, conflict: true });
  return { log: 'conflict', witness };
}
