// The agent as a witness on one connection (W1–W4): asks for the newest head and that it goes on from the one held, stores it, says so. Until the first
// is judged and stored, what the gateway orders and types waits: a gateway whose log was cut opens nothing here.
import { setTimeout as delay } from 'node:timers/promises';
import { conflictProblem, contradicted, type Testimony } from '../gateway/audit/testimony.ts';
import { judgeHead, type ProofTold, proofAsked, type Remembered, type Walk } from '../gateway/audit/witnessing.ts';
import type { FromAgent } from '../gateway/protocol/agent.ts';
import { readWitness, writeWitness } from './witness.ts';

/** What may wait for the first head, bytes. More, and the connection is given up. */
const mostWaitingBytes = 8 * 1024 * 1024;

export type LogWatch = {
  /** Says what stands, or asks. Once, before anything else is said on the connection. */
  begin(): void;
  /** The gateway's answer. */
  take(told: ProofTold): Promise<void>;
  /** Runs `act` now, or as soon as the log is known to go on; never on a connection that is given up. In order. */
  whenWitnessed(bytes: number, act: () => void): void;
  /** The connection is gone. */
  end(): void;
};

export type LogWatchParts = {
  readonly folder: string;
  /** As of the dial. */
  readonly witness: Testimony | undefined;
  readonly tell: (message: FromAgent) => void;
  readonly note: (event: string, facts: Readonly<Record<string, string | number>>) => void;
  /** Asked again so long after an answer, ms. */
  readonly everyMs: number;
  /** An answer takes no longer, ms. */
  readonly patienceMs: number;
  /** Ends the connection: this is not the log that is remembered, or the gateway does not say. */
  readonly giveUp: () => void;
};

export function openLogWatch({ folder, witness, tell, note, everyMs, patienceMs, giveUp }: LogWatchParts): LogWatch {
  let held: Remembered | undefined = witness?.held;
  let walk: Walk | undefined;
  let waiting: (() => void)[] | undefined = [];
  let waitingBytes = 0;
  let over = false;
  let asked = false;
  let timer: NodeJS.Timeout | undefined;

  const breach = (why: string): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    note('gateway.breach', { why });
    giveUp();
  };
  const ask = (): void => {
    asked = true;
    clearTimeout(timer);
    timer = setTimeout(() => breach('it does not show its log'), patienceMs);
    tell({ type: 'witness.ask', ...proofAsked(held, walk) });
  };
  const refuseOn = (at: Testimony): void => {
    over = true;
    clearTimeout(timer);
    tell({ type: 'witness.conflict', size: at.held.size, root: at.held.root });
    const problem = conflictProblem(at);
    note('witness.conflict', { why: problem?.detail ?? '', remembered: at.held.size, shown: at.conflict?.head.size ?? 0 });
    giveUp();
  };

  return {
    begin() {
      if (witness?.conflict === undefined) ask();
      else refuseOn(witness);
    },
    async take(told) {
      if (over) return;
      if (!asked) return breach('it shows its log unasked');
      asked = false;
      const judged = judgeHead(held, told, walk);
      walk = undefined;
      switch (judged.verdict) {
        case 'further':
          walk = judged.walk;
          return ask();
        case 'malformed':
          return breach(`its log: ${judged.why}`);
        case 'conflict': {
          if (held === undefined) return breach(judged.why);
          const at = contradicted(held, judged.why, told.head, Date.now());
          // Stored before it is said, so that no restart and no better answer makes it forgotten.
          over = true;
          if (!(await writeWitness(folder, at))) note('witness.unkept', { why: 'the disk does not take it' });
          return refuseOn(at);
        }
        case 'accepted': {
          const grew = held === undefined || held.hash !== judged.held.hash;
          held = judged.held;
          const kept = grew ? await writeWitness(folder, { held }) : true;
          if (over) return undefined;
          if (kept) tell({ type: 'witness.stored', size: held.size, root: held.root });
          else note('witness.unkept', { why: 'the disk does not take it' });
          for (const act of waiting?.splice(0) ?? []) act();
          waiting = undefined;
          clearTimeout(timer);
          timer = setTimeout(ask, everyMs);
          return undefined;
        }
        default:
          return judged satisfies never;
      }
    },
    whenWitnessed(bytes, act) {
      if (over) return undefined;
      if (waiting === undefined) return act();
      waitingBytes += bytes + 64;
      if (waitingBytes > mostWaitingBytes) return breach('it goes on and on before it has shown its log');
      waiting.push(act);
      return undefined;
    },
    end() {
      over = true;
      clearTimeout(timer);
    },
  };
}

/** Settles when `folder` remembers no conflict any more, or after `ms`. Looks every `lookMs`. */
export async function untilForgotten(folder: string, ms: number, signal: AbortSignal, lookMs = 2_000): Promise<void> {
  for (const end = performance.now() + ms; !signal.aborted && performance.now() < end; ) {
    await delay(Math.min(lookMs, end - performance.now()), undefined, { signal }).catch(() => {});
    const now = await readWitness(folder);
    if (now.ok && now.value?.conflict === undefined) return;
  }
}
