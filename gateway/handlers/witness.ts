// audit.proof, audit.witness: what witnesses ask and say (A11, A28). Everybody who is signed in may be one; so is every agent, which asks the same
// on its own wire. Who remembers another log than ours is believed as far as an event and a banner go: the head they hold is theirs to show.
import { proofOf } from '../audit/proving.ts';
import { personActor } from '../identity/happening.ts';
import { fine } from '../protocol/errors.ts';
import type { Actor } from '../protocol/events.ts';
import type { PersonId, ServerId } from '../protocol/ids.ts';
import { besideLog } from './beside-log.ts';
import type { Handler, Parts } from './call.ts';

/** One record for each witness in so long, however often it says so, ms. */
const recordEveryMs = 3_600_000;
/** Witnesses kept count of at once; whoever is forgotten is recorded once more. */
const mostCounted = 10_000;

/** Who it is, and the head it holds. `by` = what counts as one witness: a login, a server. */
export type WitnessWord = {
  readonly by: string;
  readonly kind: 'server' | 'person';
  readonly id: ServerId | PersonId;
  readonly name: string;
  readonly actor: Actor;
  readonly size: number;
  readonly root: string;
};

interface Witnesses {
  /** It has stored a head of this log. */
  stored(word: WitnessWord): void;
  /** It holds a head that this log does not contain. Durable in the log when this resolves, unless it is there for this hour already. */
  conflict(word: WitnessWord, request?: string): Promise<void>;
}

/** The one place beside a log where witnesses are heard. */
export const witnessesOf = besideLog(openWitnesses);

function openWitnesses({ log, clock, board }: Pick<Parts, 'log' | 'clock' | 'board'>): Witnesses {
  const recordedAt = new Map<string, number>();
  const isNews = (by: string): boolean => {
    const now = clock.mono();
    const last = recordedAt.get(by);
    if (last !== undefined && now - last < recordEveryMs) return false;
    recordedAt.delete(by);
    recordedAt.set(by, now);
    for (const oldest of recordedAt.keys()) {
      if (recordedAt.size <= mostCounted) break;
      recordedAt.delete(oldest);
    }
    return true;
  };
  return {
    stored: ({ kind, id }) => board.witness(kind, id),
    async conflict({ by, kind, id, name, actor, size, root }, request) {
      board.conflict({ kind, id, name, size, at: clock.now() });
      if (!isNews(by)) return;
      await log.commit(() => ({
        events: [
          {
            type: 'witness.conflict',
            actor,
            outcome: 'failed',
            target: id,
            ...(request === undefined ? {} : { request }),
            data: { size, root },
            personal: {},
          },
        ],
        answer: undefined,
      }));
    },
  };
}

export const proveAudit: Handler<'audit.proof'> = async ({ parts }, asked) => {
  const { head, rootKey, certificates, proof } = await proofOf(parts.trail, asked);
  return fine({ head, rootKey, certificates: [...certificates], proof: [...proof] });
};

export const witnessAudit: Handler<'audit.witness'> = async ({ parts, caller, request }, { size, root, conflict }) => {
  const { person, login, device } = caller;
  const word: WitnessWord = {
    by: login.id,
    kind: 'person',
    id: person.id,
    name: person.name,
    actor: personActor(login, device),
    size,
    root,
  };
  if (conflict) await witnessesOf(parts).conflict(word, request);
  else witnessesOf(parts).stored(word);
  return fine({});
};
