// An anchor at another Sallyport gateway, which is a witness: it checks each head against the one it holds before it keeps it (handlers/anchored.ts), so
// it can be given no two histories.
import type { Anchor, Held } from '../audit/anchor.ts';
import type { Trail } from '../audit/trail.ts';
import { consistencyHolds } from '../audit/tree.ts';
import { type AnchorAnswer, type AnchorRequest, anchorAnswer, anchorMost } from '../protocol/anchor.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { fitJson } from '../protocol/json.ts';
import type { Head } from '../protocol/trail-nouns.ts';
import { causeOf } from './disk.ts';
import { providerFetch } from './provider-fetch.ts';

const timeoutMs = 20_000;

/**
 * @param url of the other gateway, as agents and people use it
 * @param caPem of its authority, beside the public ones
 */
export function openGatewayAnchor(
  name: string,
  url: string,
  caPem: string | undefined,
  trail: Pick<Trail, 'head' | 'certificates' | 'consistency' | 'sign'>,
): Anchor {
  const fetch = providerFetch(caPem, timeoutMs);
  const address = new URL('/anchor', url).href;
  /** What it holds, as it said last; undefined = it was not asked yet. */
  let held: Head | 'nothing' | undefined;
  /** It knows the keys up to this epoch. */
  let knows = 0;

  async function ask(by: Head, from: number, heads: AnchorRequest['heads']): Promise<Result<AnchorAnswer>> {
    const { chain } = by;
    const certificates = trail.certificates.filter(({ epoch }) => epoch > knows);
    const body = JSON.stringify({ chain, by, certificates, from, heads } satisfies AnchorRequest);
    let answer: AnchorAnswer;
    try {
      const response = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      const fitted = fitJson(anchorAnswer, await response.text());
      if (!fitted.ok) return refuse('unreachable', `status ${response.status}: no gateway that keeps heads`);
      answer = fitted.value;
    } catch (error) {
      return refuse('unreachable', causeOf(error));
    }
    const { problem } = answer;
    if (problem === undefined || problem.code === 'verification' || problem.code === 'changed-meanwhile') {
      held = answer.head ?? 'nothing';
      // It keeps certificates as far as its head needs them.
      knows = answer.head?.epoch ?? 0;
      return problem?.code === 'changed-meanwhile' ? refuse('unreachable', 'it holds another head than it said') : fine(answer);
    }
    // It may have lost what it knew: next time it is told everything.
    held = undefined;
    knows = 0;
    return refuse('unreachable', `it refused: ${problem.code}${problem.detail === undefined ? '' : `, ${problem.detail}`}`);
  }

  /**
   * From an old head alone it cannot tell that this log is not the one it holds: it is shown what does not go on, so that it says so too. Of a log that is
   * shorter than it should be that is a head signed now.
   */
  async function show(theirs: Head, known: Head): Promise<void> {
    const own = theirs.size > known.size ? await trail.sign().catch(() => known) : known;
    if (own.size <= theirs.size) return own === known ? undefined : void (await ask(own, 0, []));
    const proof = [...(await trail.consistency(theirs.size, own.size))];
    if (!consistencyHolds(theirs, own, proof)) await ask(own, theirs.size, [{ head: own, proof }]);
  }

  async function newest(): Promise<Result<Held>> {
    const by = trail.head;
    if (by === undefined) return refuse('unreachable', 'there is no head yet');
    const answer = await ask(by, 0, []);
    if (!answer.ok) return answer;
    const { head } = answer.value;
    if (head !== undefined) await show(head, by);
    return fine(head === undefined ? { held: 'nothing' } : { held: 'head', size: head.size, root: head.root });
  }

  async function take(heads: readonly Head[]): Promise<Result<void>> {
    if (held === undefined) {
      const asked = await newest();
      if (!asked.ok) return asked;
    }
    let from = held === undefined || held === 'nothing' ? 0 : held.size;
    const fresh = heads.filter(({ size }) => size > from);
    for (let at = 0; at < fresh.length; at += anchorMost) {
      const some = fresh.slice(at, at + anchorMost);
      const first = from;
      const proven: AnchorRequest['heads'] = [];
      for (const head of some) {
        proven.push({ head, proof: [...(await trail.consistency(from, head.size))] });
        from = head.size;
      }
      const by = some.at(-1);
      if (by === undefined) break;
      const answer = await ask(by, first, proven);
      if (!answer.ok) return answer;
      const { problem, head } = answer.value;
      if (problem !== undefined) return refuse('verification', `it holds a head of ${head?.size ?? 0} records`);
    }
    return fine(undefined);
  }

  return { name, kind: 'gateway', readsEasily: false, note: undefined, take, newest, close: async () => undefined };
}
