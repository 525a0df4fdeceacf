// campaign.*: access reviews (S81). Who may look is one decision; who may answer is one about the person whose right it is, never about oneself, and
// takes the factor of whoever runs reviews: one code serves the answers of some minutes.
import type { Campaign, CampaignItem } from '../access/campaign.ts';
import { answerItem, startCampaign as begin, isThere } from '../access/campaigns.ts';
import { grantWords, groupWords, type Uses } from '../access/unused.ts';
import { removedName } from '../audit/names.ts';
import { inSlices } from '../audit/slices.ts';
import { rows, type State } from '../audit/state.ts';
import type { CampaignItemRow, CampaignRow } from '../protocol/access-nouns.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { changing, workspace } from './administration.ts';
import type { Call, Handler, Parts } from './call.ts';
import { groupFor } from './resolve.ts';
import { drivenUses } from './review-unused.ts';

/** Closed ones listed, the newest first; all stay in the log. */
const mostClosed = 20;

export const listCampaign: Handler<'campaign.list'> = async (call) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'review.see', workspace, request);
  if (!allowed.ok) return allowed;
  const all = rows(parts.log.settled.campaigns).toSorted((a, b) => b.at - a.at);
  const open = all.filter(({ closedAt }) => closedAt === undefined);
  const closed = all.filter(({ closedAt }) => closedAt !== undefined).slice(0, mostClosed);
  const uses = await drivenUses(parts);
  const campaigns: CampaignRow[] = [];
  for (const campaign of [...open, ...closed]) campaigns.push(await campaignRow(call, campaign, uses));
  return fine({ campaigns });
};

export const startCampaign: Handler<'campaign.start'> = async (call, { name, days, group: reference, why }) => {
  const { parts, caller, request } = call;
  const found = reference === undefined ? undefined : await groupFor(call, 'review.manage', reference);
  const allowed = found ?? (await parts.enforcer.enforce(caller, 'review.manage', workspace, request));
  if (!allowed.ok) return allowed;
  const mint = <P extends 'cam' | 'cit'>(prefix: P) => mintId(prefix, parts.chance.bytes(idRandomBytes));
  const campaign = mint('cam');
  const group = found?.ok === true ? found.value.group.id : undefined;
  const given = { campaign, name, person: caller.person.id, days, group, why, mint: () => mint('cit') };
  const done = await changing(call, (by) => begin(by, given));
  return done.ok ? shown(call, campaign) : done;
};

export const answerCampaign: Handler<'campaign.answer'> = async (call, { campaign: id, item: asked, answer, why }) => {
  const { parts, caller, request } = call;
  const { enforcer, log } = parts;
  const item = log.settled.campaigns[id]?.items.find(({ item }) => item === asked);
  const person = item && log.settled.people[item.person];
  if (item === undefined || person === undefined) return enforcer.unknown(caller, 'review.answer', request);
  const allowed = await enforcer.enforce(caller, 'review.answer', { kind: 'person', person }, request);
  if (!allowed.ok) return allowed;
  const proven = await enforcer.enforce(caller, 'review.manage', workspace, request);
  if (!proven.ok) return proven;
  const given = { campaign: id, item: item.item, answer, person: caller.person.id, why };
  const done = await changing(call, (by) => answerItem(by, given, parts.signer.sign));
  return done.ok ? shown(call, id) : done;
};

async function shown(call: Call, id: Campaign['id']): Promise<Result<{ readonly campaign: CampaignRow }>> {
  const campaign = call.parts.log.settled.campaigns[id];
  return campaign === undefined
    ? refuse('not-found')
    : fine({ campaign: await campaignRow(call, campaign, await drivenUses(call.parts)) });
}

async function campaignRow({ parts, caller }: Call, campaign: Campaign, uses: Uses): Promise<CampaignRow> {
  const state = parts.log.settled;
  const { id, name, by, at, deadline, closedAt, signature } = campaign;
  const open = closedAt === undefined && deadline > parts.clock.now();
  const items = await inSlices(
    campaign.items,
    (item) =>
      itemRow(state, item, uses, open && item.answer === undefined && isThere(state, item) && mayAnswer(parts, caller, item)),
    parts.clock.mono,
  );
  return {
    id,
    name,
    by: state.people[by]?.name ?? removedName(by),
    at,
    deadline,
    state: closedAt === undefined ? 'open' : 'closed',
    items,
    ...(signature === undefined ? {} : { signature }),
  };
}

/** Only a plain no: the factor is asked for when one answers. */
function mayAnswer({ enforcer, log }: Parts, caller: Call['caller'], item: CampaignItem): boolean {
  const person = log.settled.people[item.person];
  return person !== undefined && enforcer.decide(caller, 'review.answer', { kind: 'person', person }).verdict !== 'deny';
}

function itemRow(
  state: State,
  { item, person, group: groupId, grant: grantId, answer, by, why }: CampaignItem,
  uses: Uses,
  mayAnswerIt: boolean,
): CampaignItemRow {
  const group = groupId === undefined ? undefined : state.groups[groupId];
  const grant = grantId === undefined ? undefined : state.grants[grantId];
  const what =
    group !== undefined ? groupWords(group) : grant !== undefined ? grantWords(grant) : removedName(groupId ?? grantId ?? item);
  const lastUsedAt =
    group !== undefined
      ? uses.lastOf({ kind: 'member', group, person })
      : grant !== undefined
        ? uses.lastOf({ kind: 'grant', grant })
        : undefined;
  return {
    id: item,
    kind: grantId === undefined ? 'member' : 'grant',
    person,
    personName: state.people[person]?.name ?? removedName(person),
    what,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(answer === undefined ? {} : { answer }),
    ...(by === undefined ? {} : { by: state.people[by]?.name ?? removedName(by) }),
    ...(why === undefined ? {} : { why }),
    mayAnswer: mayAnswerIt,
  };
}
