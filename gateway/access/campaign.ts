// An access review (S81): every right it asks about, and what was answered.
import type { CampaignId, CampaignItemId, GrantId, GroupId, PersonId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';

export type CampaignItem = {
  readonly item: CampaignItemId;
  readonly person: PersonId;
  /** A membership of this group, or this grant. */
  readonly group?: GroupId;
  readonly grant?: GrantId;
  readonly answer?: 'keep' | 'revoke';
  readonly by?: PersonId;
  readonly why?: string;
  readonly answeredAt?: Instant;
};

export type Campaign = {
  readonly id: CampaignId;
  readonly name: string;
  readonly by: PersonId;
  readonly at: Instant;
  readonly deadline: Instant;
  readonly why: string;
  readonly items: readonly CampaignItem[];
  readonly closedAt?: Instant;
  readonly signature?: string;
};
