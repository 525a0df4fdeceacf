// Access reviews end by the clock: at the deadline what nobody answered is revoked, and the review closes (S81). Whoever may answer hears of a review when it
// begins and again a day before its end. Each end is an event, so a gateway that starts late catches up from the state.

import type { Campaign } from '../access/campaign.ts';
import { dueOf } from '../access/campaigns.ts';
import { rows } from '../audit/state.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Parts } from './call.ts';
import { callPerson } from './called-on.ts';

/** A timer may be this long at most; longer waits are begun again. */
const longestMs = 24 * 3_600_000;
const reminderMs = 24 * 3_600_000;

/** Begins to watch; the returned function stops. */
export function openCampaignDeadlines(parts: Pick<Parts, 'log' | 'clock' | 'signer' | 'settings'>): () => void {
  const { log, clock, signer } = parts;
  let callOff = (): void => undefined;
  let stopped = false;
  let looked: Instant = clock.now();

  const open = (): readonly Campaign[] => rows(log.settled.campaigns).filter(({ closedAt }) => closedAt === undefined);
  function plan(): void {
    callOff();
    const now = clock.now();
    const ends = open().flatMap(({ deadline }) => [deadline, deadline - reminderMs].filter((at) => at > looked));
    const late = open().some(({ deadline }) => deadline <= now);
    if (stopped || (ends.length === 0 && !late)) return;
    const waitMs = late ? 0 : Math.min(...ends) - now;
    callOff = clock.after(Math.min(Math.max(0, waitMs), longestMs), () => void look());
  }
  async function look(): Promise<void> {
    const now = clock.now();
    for (const campaign of open()) {
      const remindAt = campaign.deadline - reminderMs;
      if (remindAt > looked && remindAt <= now) call(campaign, 'ends in a day; what nobody answers is revoked');
    }
    looked = now;
    try {
      // Some at a time, so that everybody else gets their turn in between.
      while (!stopped) {
        const some = await log.commit((state, at) => {
          const events = dueOf(state, at, signer.sign);
          return { events, answer: events.length > 0 };
        });
        if (!some) break;
      }
    } catch {
      // A log that cannot be written ends the process; nothing is left to do here.
      return;
    }
    plan();
  }
  function call({ id, name }: Campaign, words: string): void {
    for (const person of rows(log.settled.people))
      if (person.role === 'superuser' && person.status === 'active')
        callPerson(parts, person.id, 'review', id, `The access review ${name} ${words}.`);
  }
  const stopListening = log.onSettled((group) => {
    for (const { event } of group) {
      if (event.type !== 'campaign.started') continue;
      const campaign = log.settled.campaigns[event.data.campaign];
      if (campaign !== undefined) call(campaign, `asks about ${campaign.items.length} rights`);
      plan();
    }
  });
  plan();
  return () => {
    stopped = true;
    stopListening();
    callOff();
  };
}
