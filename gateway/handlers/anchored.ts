// This gateway as a witness of others (`POST /anchor`, TRUST §5): it keeps the heads of the chains that its config names, each only if the log it speaks
// of goes on from the head kept before (audit/witnessing.ts), and stores before it answers. Whoever asks proves who they are by a signed head of that
// chain: whoever holds a copy of an old one can learn the newest, and no more. Strangers learn nothing.
import { keyOf, nextEpoch } from '../audit/epoch.ts';
import { headIsSigned } from '../audit/head.ts';
import { judgeHead, type Remembered } from '../audit/witnessing.ts';
import type { AnchoredFile } from '../outside/anchored-file.ts';
import type { Clock } from '../ports.ts';
import { type AnchorAnswer, type AnchorRequest, anchorRequest } from '../protocol/anchor.ts';
import { refuse } from '../protocol/errors.ts';
import { fit } from '../protocol/json.ts';
import type { EpochCertificate, Head } from '../protocol/trail-nouns.ts';
import type { AnchoredConfig } from '../trail-config.ts';
import type { Parts } from './call.ts';
import { strangersOf } from './strangers.ts';

/** Requests of one chain from one address in a minute: some for each head, where one comes every second; a day of heads comes in twenty-three. */
const mostRequests = 300;
const windowMs = 60_000;
const mostCounted = 1_000;
/** Heads of one chain that do not fit are told of so often in this time: each proves it, and whoever signs one can sign thousands. */
const mostAlarms = 12;
const alarmsMs = 3_600_000;

/** `file` undefined = what was kept could not be read: nothing is answered for it, and nothing kept. */
export type AnchoredChain = AnchoredConfig & { readonly file: AnchoredFile | undefined };

export type Answered = { readonly status: 200 | 400 | 403 | 409 | 429 | 503; readonly told: AnchorAnswer };

export interface Anchored {
  /** Answers a posted value. @param address of the peer. Rejects when the disk or the log fails. */
  readonly handle: (address: string, posted: unknown) => Promise<Answered>;
}

export function openAnchored(
  parts: Pick<Parts, 'log' | 'clock'>,
  chains: readonly AnchoredChain[],
  most = mostRequests,
): Anchored {
  const strangers = strangersOf(parts);
  const room = openRoom(parts.clock, most);
  /** One at a time for each chain. */
  const turns = new Map<string, Promise<unknown>>();
  /** By chain: what was told of lately. */
  const told = new Map<string, { readonly since: number; readonly heads: Set<string>; count: number }>();

  async function alarm(name: string, head: Head, held: number): Promise<void> {
    const now = parts.clock.mono();
    let lately = told.get(name);
    if (lately === undefined || now - lately.since >= alarmsMs) {
      // What was told of last time is not news.
      lately = { since: now, heads: new Set([...(lately?.heads ?? [])].slice(-mostAlarms)), count: 0 };
      told.set(name, lately);
    }
    const key = `${head.size} ${head.root}`;
    if (lately.heads.has(key) || lately.count >= mostAlarms) return;
    lately.count += 1;
    lately.heads.add(key);
    await parts.log.commit(() => ({
      events: [
        { type: 'anchored.conflict', actor: { kind: 'gateway' }, outcome: 'failed', data: { name, held, head }, personal: {} },
      ],
      answer: undefined,
    }));
  }

  async function answer(address: string, chain: AnchoredChain, asked: AnchorRequest): Promise<Answered> {
    const { file, name, rootKey } = chain;
    if (file === undefined)
      return { status: 503, told: { problem: refuse('verification', 'what was kept cannot be read').problem } };
    const keys = keysOf(asked, file.certificates);
    if (keys === undefined || !isOf(asked.by, chain, keys)) {
      strangers.wrong(address, 'head of another');
      return { status: 403, told: { problem: refuse('denied').problem } };
    }
    let held = file.head;
    const is = (): { readonly head?: Head } => (held === undefined ? {} : { head: held });
    const conflict = async (with_: Head): Promise<Answered> => {
      await alarm(name, with_, held?.size ?? 0);
      return {
        status: 409,
        told: { ...is(), problem: refuse('verification', `another log than the one of ${held?.size ?? 0} records`).problem },
      };
    };
    // Signed by them, and not what goes on from what they gave before: said without being asked.
    if (held !== undefined && (keys.forked || contradicts(asked.by, held))) return conflict(asked.by);
    if (asked.heads.length === 0) return { status: 200, told: is() };
    if (asked.from !== (held?.size ?? 0)) return { status: 409, told: { ...is(), problem: refuse('changed-meanwhile').problem } };

    let remembered = rememberedOf(held, chain, file.certificates);
    const taken: Head[] = [];
    let refused: Head | undefined;
    for (const { head, proof } of asked.heads) {
      const after = remembered?.epoch ?? 0;
      const certificates = keys.certificates.filter(({ epoch }) => epoch > after && epoch <= head.epoch);
      const judged = judgeHead(remembered, { head, rootKey, certificates, proof });
      if (judged.verdict !== 'accepted') {
        refused = head;
        break;
      }
      remembered = judged.held;
      taken.push(head);
    }
    const newest = taken.at(-1);
    if (newest !== undefined) {
      const known = file.certificates.length;
      await file.keep(
        keys.certificates.filter(({ epoch }) => epoch > known && epoch <= newest.epoch),
        taken,
      );
      held = newest;
    }
    return refused === undefined ? { status: 200, told: is() } : conflict(refused);
  }

  return {
    async handle(address, posted) {
      const wait = strangers.blocked(address);
      if (wait?.ok === false) return { status: 429, told: { problem: wait.problem } };
      const fitted = fit(anchorRequest, posted);
      if (!fitted.ok) return { status: 400, told: { problem: fitted.problem } };
      const asked = fitted.value;
      const chain = chains.find((one) => one.chain === asked.chain);
      if (chain === undefined || asked.by.chain !== asked.chain) {
        strangers.wrong(address, 'head of another');
        return { status: 403, told: { problem: refuse('denied').problem } };
      }
      if (!room(`${chain.name} ${address}`)) return { status: 429, told: { problem: refuse('busy').problem } };
      const turn = (turns.get(chain.name) ?? Promise.resolve()).then(() => answer(address, chain, asked));
      turns.set(
        chain.name,
        turn.catch(() => undefined),
      );
      return turn;
    },
  };
}

type Keys = {
  /** Of all epochs after the first, in order; those that came are not verified yet. */
  readonly certificates: readonly EpochCertificate[];
  /** Where the ones that came begin. */
  readonly from: number;
  /** They say otherwise than what is kept: whoever signed them signed two. */
  readonly forked: boolean;
};

/** What is kept, with what came put over it; undefined when something is missing between them. */
function keysOf({ certificates: came }: AnchorRequest, known: readonly EpochCertificate[]): Keys | undefined {
  const from = (came[0]?.epoch ?? known.length + 1) - 1;
  if (from < 0 || from > known.length || came.some(({ epoch }, at) => epoch !== from + at + 1)) return undefined;
  const forked = came.some((one) => {
    const kept = known[one.epoch - 1];
    return kept !== undefined && kept.publicKey !== one.publicKey;
  });
  const rest = forked ? [] : known.slice(from + came.length);
  return { certificates: [...known.slice(0, from), ...came, ...rest], from, forked };
}

/** Whether the head is signed with the key of its epoch, and the keys that came by those before them. */
function isOf(by: Head, { chain, rootKey }: AnchoredChain, { certificates, from }: Keys): boolean {
  let key = keyOf(from, rootKey, certificates);
  for (const certificate of certificates.slice(from)) {
    const next = key === undefined ? undefined : nextEpoch({ epoch: certificate.epoch - 1, publicKey: key }, chain, certificate);
    if (next === undefined) return false;
    key = next.publicKey;
  }
  const own = keyOf(by.epoch, rootKey, certificates);
  return own !== undefined && headIsSigned(by, own);
}

/** Another head of the same size; or a shorter log, said later. An old head that somebody kept says nothing. */
const contradicts = (by: Head, held: Head): boolean =>
  by.size === held.size ? by.root !== held.root : by.size < held.size && by.ts > held.ts;

function rememberedOf(
  held: Head | undefined,
  { rootKey }: AnchoredChain,
  known: readonly EpochCertificate[],
): Remembered | undefined {
  if (held === undefined) return undefined;
  return { ...held, rootKey, key: keyOf(held.epoch, rootKey, known) ?? '' };
}

/** Counts requests by who makes them; true while there is room for another. */
function openRoom(clock: Pick<Clock, 'mono'>, most: number): (who: string) => boolean {
  const counted = new Map<string, { readonly since: number; count: number }>();
  return (who) => {
    const now = clock.mono();
    let one = counted.get(who);
    if (one === undefined || now - one.since >= windowMs) {
      one = { since: now, count: 0 };
      counted.delete(who);
      counted.set(who, one);
      for (const oldest of counted.keys()) {
        if (counted.size <= mostCounted) break;
        counted.delete(oldest);
      }
    }
    one.count += 1;
    return one.count <= most;
  };
}
