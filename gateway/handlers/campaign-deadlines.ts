// Access reviews end by the clock: at the deadline what nobody answered is revoked, and the review closes (S81). Whoever may answer hears of a review when it
// begins and again a day before its end. Each end is an event, so a gateway that starts late catches up from the state.

import type { Campaign } from '../access/campaign.ts';
import { dueOf } from '../access/campaigns.ts';
import { rows } from '../audit/state.ts';
import type { Instant } from '../protocol/nouns.ts';
import { openAlarm } from './alarm.ts';
import type { Parts } from './call.ts';
import { callPerson } from './called-on.ts';

const reminderMs = 24 * 3_600_000;

/** Begins to watch; the returned function stops. */
export function openCampaignDeadlines(parts: Pick<Parts, 'log' | 'clock' | 'signer' | 'settings'>): () => void {
  const { log, clock, signer } = parts;
  let stopped = false;
  let looked: Instant = clock.now();

  const open = (): readonly Campaign[] => rows(log.settled.campaigns).filter(({ closedAt }) => closedAt === undefined);
  function nextEnd(): Instant | undefined {
    const ends = open().flatMap(({ deadline }) => [deadline, deadline - reminderMs].filter((at) => at > looked));
    const now = clock.now();
    if (open().some(({ deadline }) => deadline <= now)) return now;
    return ends.length === 0 ? undefined : Math.min(...ends);
  }
  async function look(): Promise<void> {
    const now = clock.now();
    for (const campaign of open()) {
      const remindAt = campaign.deadline - reminderMs;
      if (remindAt > looked && remindAt <= now) call(campaign, 'ends in a day; what nobody answers is revoked');
    }
    looked = now;
    // Some at a time, so that everybody else gets their turn in between.
    while (!stopped) {
      const some = await log.commit((state, at) => {
        const events = dueOf(state, at, signer.sign);
        return { events, answer: events.length > 0 };
      });
      if (!some) break;
    }
  }
  function call({ id, name }: Campaign, words: string): void {
    for (const person of rows(log.settled.people))
      if (person.role === 'superuser' && person.status === 'active')
        callPerson(parts, person.id, 'review', id, `The access review ${name} ${words}.`);
  }
  const alarm = openAlarm(clock, nextEnd, look);
  const stopListening = log.onSettled((group) => {
    for (const { event } of group) {
      if (event.type !== 'campaign.started') continue;
      const campaign = log.settled.campaigns[event.data.campaign];
      if (campaign !== undefined) call(campaign, `asks about ${campaign.items.length} rights`);
      alarm.plan();
    }
  });
  alarm.plan();
  return () => {
    stopped = true;
    stopListening();
    alarm.stop();
  };
}
