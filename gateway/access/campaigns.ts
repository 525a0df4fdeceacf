// An access review as changes (S81): begun over every right there is, answered one by one, closed with a signed result. Pure. What is revoked is taken
// away in the same change as it is said, and before it: a log cut in between holds a right that is gone and a question that is still open.
import { digestOf } from '../identity/digest.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import type { CampaignId, CampaignItemId, GroupId, PersonId } from '../protocol/ids.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Campaign, CampaignItem } from './campaign.ts';
import type { By, Directory } from './change.ts';
import type { Grant } from './grant.ts';

/** The part of the state a review reads. */
export type Reviewed = Pick<Directory, 'people' | 'groups'> & {
  readonly grants: Readonly<Record<string, Grant>>;
  readonly campaigns: Readonly<Record<string, Campaign>>;
};
type Review<T> = (state: Reviewed, now: Instant) => { readonly events: readonly NewEvent[]; readonly answer: Result<T> };

/** Signs a statement with the key of the gateway, base64url. */
export type Sign = (statement: string) => string;

const mostItems = 5000;
/** Questions without an answer that one change closes: each of its events goes over the whole review. */
const mostAtOnce = 200;

/** Begins a review of every membership and every grant that has not ended, or of one group's members. Errors: bad-request, exists, limit. */
export const startCampaign =
  (
    by: By,
    given: {
      readonly campaign: CampaignId;
      readonly name: string;
      readonly person: PersonId;
      readonly days: number;
      readonly group: GroupId | undefined;
      readonly why: string;
      readonly mint: () => CampaignItemId;
    },
  ): Review<object> =>
  ({ groups, grants, campaigns }, now) => {
    const { campaign, name, person, days, group: only, why, mint } = given;
    if (name.trim() === '') return { events: [], answer: refuse('bad-request', 'a review has a name') };
    if (Object.values(campaigns).some((one) => one.name === name && one.closedAt === undefined))
      return { events: [], answer: refuse('exists', name) };
    const members = Object.values(groups)
      .filter((group) => only === undefined || group.id === only)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((group) => group.members.map((member) => ({ item: mint(), person: member, group: group.id })));
    const held = only === undefined ? Object.values(grants).filter((grant) => grant.ended === undefined) : [];
    const items = [...members, ...held.map((grant) => ({ item: mint(), person: grant.person, grant: grant.id }))];
    if (items.length === 0) return { events: [], answer: refuse('bad-request', 'there is nothing to review') };
    if (items.length > mostItems)
      return { events: [], answer: refuse('limit', `${items.length} rights, ${mostItems} at most: review group by group`) };
    const deadline = now + days * 86_400_000;
    return {
      events: [
        {
          ...by,
          type: 'campaign.started',
          outcome: 'ok',
          target: campaign,
          data: { campaign, name, by: person, deadline, why, items },
          personal: {},
        },
      ],
      answer: fine({}),
    };
  };

/** Keeps or revokes one right. The first answer stands. Errors: not-found, bad-request (closed, answered, gone), denied (oneself), last-superuser. */
export const answerItem =
  (
    by: By,
    given: {
      readonly campaign: CampaignId;
      readonly item: CampaignItemId;
      readonly answer: 'keep' | 'revoke';
      readonly person: PersonId;
      readonly why: string;
    },
    sign: Sign,
  ): Review<object> =>
  (state, now) => {
    const { answer, person, why } = given;
    const campaign = state.campaigns[given.campaign];
    const item = campaign?.items.find((one) => one.item === given.item);
    const no = (problem: Result<object>) => ({ events: [], answer: problem });
    if (campaign === undefined || item === undefined) return no(refuse('not-found'));
    if (campaign.closedAt !== undefined || campaign.deadline <= now)
      return no(refuse('bad-request', `${campaign.name} is closed`));
    if (item.person === person) return no(refuse('denied', 'nobody answers for themselves'));
    if (item.answer !== undefined) {
      const first = item.by === undefined ? undefined : state.people[item.by]?.name;
      return no(refuse('bad-request', `it is answered already: ${item.answer}${first === undefined ? '' : `, by ${first}`}`));
    }
    if (!isThere(state, item)) return no(refuse('bad-request', 'that right is gone already'));
    if (answer === 'revoke' && isLoneSuperuser(state, item.person))
      return no(refuse('last-superuser', state.people[item.person]?.name));
    const about = { ...by, outcome: 'ok', target: campaign.id, personal: {} } as const;
    const answered: NewEvent = {
      ...about,
      type: 'campaign.answered',
      data: { campaign: campaign.id, item: item.item, answer, by: person, why },
    };
    const taken = answer === 'revoke' ? takenAway(state, by, [item], { by: person, why }) : [];
    const after = withAnswers(campaign, [{ ...item, answer, by: person, why, answeredAt: now }]);
    const closing = after.items.every((one) => one.answer !== undefined) ? [closed(by, after, 0, sign)] : [];
    return { events: [...taken, answered, ...closing], answer: fine({}) };
  };

/**
 * What is due of the reviews whose deadline is over: what nobody answered is revoked, some at a time, and then the review closes. Ask again until there is
 * nothing. The last superuser keeps what they have: there is nobody else who could have answered.
 */
export function dueOf(state: Reviewed, now: Instant, sign: Sign): readonly NewEvent[] {
  const campaign = Object.values(state.campaigns).find((one) => one.closedAt === undefined && one.deadline <= now);
  if (campaign === undefined) return [];
  const by: By = { actor: { kind: 'gateway' } };
  const open = campaign.items.filter((item) => item.answer === undefined).slice(0, mostAtOnce);
  const answers = open.map((item): Answered => {
    if (!isThere(state, item)) return { ...item, answer: 'revoke', why: goneWhy, answeredAt: now };
    if (isLoneSuperuser(state, item.person))
      return { ...item, answer: 'keep', why: 'nobody else could answer for the last superuser', answeredAt: now };
    return { ...item, answer: 'revoke', why: lateWhy, answeredAt: now };
  });
  const late = answers.filter(({ why }) => why === lateWhy);
  const after = withAnswers(campaign, answers);
  const all = after.items.every((item) => item.answer !== undefined);
  const unanswered = after.items.filter((item) => item.by === undefined && item.why === lateWhy).length;
  return [
    ...takenAway(state, by, late, { why: `${lateWhy}: ${campaign.name}`.slice(0, 500) }),
    ...answers.map(({ item, answer, why }): NewEvent => {
      const data = { campaign: campaign.id, item, answer, why };
      return { ...by, type: 'campaign.answered', outcome: 'ok', target: campaign.id, data, personal: {} };
    }),
    ...(all ? [closed(by, after, unanswered, sign)] : []),
  ];
}

const lateWhy = 'no answer by the deadline';
const goneWhy = 'it was gone already';

type Answered = CampaignItem & Required<Pick<CampaignItem, 'answer' | 'why' | 'answeredAt'>>;

function withAnswers(campaign: Campaign, answers: readonly Answered[]): Campaign {
  const byItem = new Map(answers.map((one) => [one.item, one]));
  return { ...campaign, items: campaign.items.map((item) => byItem.get(item.item) ?? item) };
}

/** Whether a right that is asked about is still there. */
export function isThere({ people, groups, grants }: Omit<Reviewed, 'campaigns'>, item: CampaignItem): boolean {
  if (people[item.person] === undefined) return false;
  if (item.group !== undefined) return groups[item.group]?.members.includes(item.person) === true;
  const grant = item.grant === undefined ? undefined : grants[item.grant];
  return grant !== undefined && grant.ended === undefined;
}

/** Without what they have, nobody might be left who can give it back. */
function isLoneSuperuser({ people }: Pick<Reviewed, 'people'>, id: PersonId): boolean {
  const able = (one: { readonly role: string; readonly status: string }) => one.role === 'superuser' && one.status === 'active';
  const person = people[id];
  return person !== undefined && able(person) && !Object.values(people).some((other) => other.id !== id && able(other));
}

function takenAway(
  state: Reviewed,
  by: By,
  items: readonly CampaignItem[],
  { by: person, why }: { readonly by?: PersonId; readonly why: string },
): readonly NewEvent[] {
  const leaving = new Map<GroupId, Set<PersonId>>();
  for (const { group, person: member } of items)
    if (group !== undefined) leaving.set(group, (leaving.get(group) ?? new Set()).add(member));
  const about = { ...by, outcome: 'ok', personal: {} } as const;
  const left = [...leaving].flatMap(([group, gone]): NewEvent[] => {
    const before = state.groups[group]?.members ?? [];
    const after = before.filter((member) => !gone.has(member));
    return [{ ...about, type: 'group.members-set', target: group, data: { group, before: [...before], after } }];
  });
  const ended = items.flatMap(({ grant }): NewEvent[] => {
    if (grant === undefined) return [];
    const data = { grant, cause: 'review', why, ...(person === undefined ? {} : { by: person }) } as const;
    return [{ ...about, type: 'grant.ended', target: grant, data }];
  });
  return [...left, ...ended];
}

function closed(by: By, campaign: Campaign, unanswered: number, sign: Sign): NewEvent {
  const kept = campaign.items.filter((item) => item.answer === 'keep').length;
  const digest = resultDigest(campaign);
  const signature = sign(resultStatement(campaign.id, digest));
  const data = { campaign: campaign.id, kept, revoked: campaign.items.length - kept, unanswered, digest, signature };
  return { ...by, type: 'campaign.closed', outcome: 'ok', target: campaign.id, data, personal: {} };
}

/** SHA-256 hex over what was asked and answered, in the order it was asked: anybody who has the review can make it again. */
export const resultDigest = ({ id, name, deadline, items }: Campaign): string =>
  digestOf(
    JSON.stringify([
      'sallyport-review-v1',
      id,
      name,
      deadline,
      items.map(({ item, person, group, grant, answer, by, why, answeredAt }) => [
        item,
        person,
        group ?? grant ?? '',
        answer ?? '',
        by ?? '',
        why ?? '',
        answeredAt ?? 0,
      ]),
    ]),
  );

/** What the key of the gateway signs when a review closes. */
export const resultStatement = (campaign: CampaignId, digest: string): string =>
  ['sallyport-review-v1', campaign, digest].join('\0');
