// Reviews: what was denied, what nobody uses, and campaigns that ask who should keep what (S80, S81).
import type { CampaignRow } from '../../gateway/protocol/access-nouns.ts';
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { minutesOf } from './span.ts';
import { verbs } from './verbs.ts';
import { readWhy } from './with-why.ts';

const mostDays = 400;
const dayMinutes = 1440;
/** Enough of the id of an item to type. */
const shownId = 12;
const shortestId = 8;
const mostItems = 200;

function daysOf(flag: string, given: string): Result<number> {
  const plain = /^\d{1,3}$/.test(given) ? `${given}d` : given;
  const minutes = minutesOf(flag, plain, mostDays * dayMinutes);
  return minutes.ok ? { ok: true, value: Math.ceil(minutes.value / dayMinutes) } : minutes;
}

const denied: Run = async (face, args) => {
  const read = readArgs(args, { since: { type: 'string' }, draft: { type: 'string' } }, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { since, draft } = read.value.values;
  const days = daysOf('--since', since ?? '30d');
  if (!days.ok) return days;
  if (draft !== undefined && !/^[1-9]\d{0,2}$/.test(draft)) return refuse('usage', '--draft is the number of a group');
  return onLine(face, async ({ link }) => {
    const told = await ask(face, link, 'review.denied', { days: days.value });
    if (!told.ok) return told;
    const { groups } = told.value;
    if (draft !== undefined) {
      const group = groups[Number(draft) - 1];
      if (group === undefined) return refuse('not-found', `no group ${draft}; there are ${groups.length}`);
      // What is applied takes the place of everything that was added before: so that stands before it.
      const listed = await ask(face, link, 'policy.list', {});
      if (!listed.ok) return listed;
      const { added } = listed.value;
      const rule = group.draft.split('\n').every((line) => line === '' || line.startsWith('//')) ? '' : group.draft;
      const policies = [added.trim(), rule.trim()].filter((text) => text !== '').join('\n\n');
      face.document({ ...group, policies: `${policies}\n` });
      const shown = rule === '' ? group.draft : policies;
      for (const line of shown.trimEnd().split('\n')) face.line(line);
      if (rule === '') face.note('There is no rule to apply.');
      else face.note('To be read, then kept in a file: sallyport policy check FILE, sallyport policy apply FILE --why WORDS');
      return { ok: true, value: 0 };
    }
    face.document(groups);
    face.table(
      ['#', 'TIMES', 'ACTION', 'WHO', 'ABOUT', 'LAST', 'WHAT WAS MISSING'],
      groups.map(({ count, action, people, targets, lastAt, missing, closedBy }, at) => [
        at + 1,
        count,
        action,
        people.join(','),
        targets.join(','),
        when(lastAt),
        closedBy === undefined ? missing.join('; ') || 'any policy that permits it' : `forbidden by ${closedBy.join(', ')}`,
      ]),
    );
    if (groups.length === 0) face.note('Nothing was denied.');
    else face.note('The rule that would open a group: sallyport review denied --draft N');
    return { ok: true, value: 0 };
  });
};

const unused: Run = async (face, args) => {
  const read = readArgs(args, { days: { type: 'string' } }, { least: 0, most: 0 });
  if (!read.ok) return read;
  const days = daysOf('--days', read.value.values.days ?? '90');
  if (!days.ok) return days;
  return onLine(face, async ({ link }) => {
    const told = await ask(face, link, 'review.unused', { days: days.value });
    if (!told.ok) return told;
    const { rights, more } = told.value;
    face.document(told.value);
    face.table(
      ['KIND', 'WHO', 'GROUP', 'WHAT', 'LAST USED'],
      rights.map(({ kind, person, group, what, lastUsedAt }) => [kind, person, group, what, when(lastUsedAt) || 'never']),
    );
    if (more !== undefined) face.line(`and ${more} more`);
    if (rights.length === 0) face.note(`Every right to a shell was used in the last ${days.value} days.`);
    face.note('Rights to look only are not counted: looking leaves nothing to count by.');
    return { ok: true, value: 0 };
  });
};

const answered = ({ items }: CampaignRow): string =>
  `${items.filter(({ answer }) => answer !== undefined).length}/${items.length}`;

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'campaign.list', {});
    if (!listed.ok) return listed;
    const { campaigns } = listed.value;
    face.document(campaigns);
    face.table(
      ['REVIEW', 'NAME', 'STATE', 'ANSWERED', 'UNTIL', 'BY'],
      campaigns.map((one) => [one.id, one.name, one.state, answered(one), when(one.deadline), one.by]),
    );
    if (campaigns.length === 0) face.note('There is no review.');
    return { ok: true, value: 0 };
  });
};

function showCampaign(face: Face, campaign: CampaignRow): void {
  const { name, state, deadline, items, signature } = campaign;
  face.line(`${name}: ${state}, ${answered(campaign)} answered, until ${when(deadline)}`);
  face.table(
    ['ITEM', 'WHO', 'WHAT', 'LAST USED', 'ANSWER', 'BY', 'WHY'],
    items.map((item) => [
      item.id.slice(0, shownId),
      item.personName,
      item.what,
      when(item.lastUsedAt) || 'never',
      { text: item.answer ?? '', paint: item.answer === 'revoke' ? 'bad' : 'good' },
      item.by,
      item.why,
    ]),
  );
  if (signature !== undefined) face.line(`signed by the gateway: ${signature}`);
}

const show: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 1, most: 1 });
  if (!read.ok) return read;
  const [which = ''] = read.value.words;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'campaign.list', {});
    if (!listed.ok) return listed;
    // The newest of that name: names of reviews that are over may come again.
    const campaign = listed.value.campaigns.find(({ id, name }) => id === which || name === which);
    if (campaign === undefined) return refuse('not-found', which);
    face.document(campaign);
    showCampaign(face, campaign);
    return { ok: true, value: 0 };
  });
};

const start: Run = async (face, args) => {
  const own = { days: { type: 'string' }, group: { type: 'string' }, why: { type: 'string' } } as const;
  const read = readArgs(args, own, { least: 1, most: 1 });
  if (!read.ok) return read;
  const { days: given, group, why } = read.value.values;
  if (given === undefined) return refuse('usage', '--days is missing');
  if (why === undefined) return refuse('usage', '--why is missing');
  const days = daysOf('--days', given);
  if (!days.ok) return days;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const name = read.value.words[0] ?? '';
    const only = group === undefined ? {} : { group };
    const started = await ask(face, link, 'campaign.start', { name, days: days.value, why, ...only });
    if (!started.ok) return started;
    face.document(started.value);
    showCampaign(face, started.value.campaign);
    return { ok: true, value: 0 };
  });
};

/** The item of an open review whose id begins so. */
function itemIn(campaigns: readonly CampaignRow[], piece: string) {
  if (piece.length < shortestId) return refuse('usage', `${piece}: the first ${shortestId} characters of an item at least`);
  const found = campaigns
    .filter(({ state }) => state === 'open')
    .flatMap((campaign) =>
      campaign.items.filter(({ id }) => id.startsWith(piece)).map(({ id }) => ({ campaign: campaign.id, item: id })),
    );
  const [one, more] = found;
  if (more !== undefined) return refuse('ambiguous', piece);
  return one === undefined ? refuse('not-found', piece) : ({ ok: true, value: one } as const);
}

const answers =
  (answer: 'keep' | 'revoke'): Run =>
  async (face, args) => {
    const read = readWhy(face, args, { least: 1, most: mostItems });
    if (!read.ok) return read;
    const { words, why } = read.value;
    return onLine(face, async ({ link }) => {
      const listed = await ask(face, link, 'campaign.list', {});
      if (!listed.ok) return listed;
      const chosen = [];
      for (const piece of words) {
        const found = itemIn(listed.value.campaigns, piece);
        if (!found.ok) return found;
        chosen.push(found.value);
      }
      const done: CampaignRow[] = [];
      for (const item of chosen) {
        const told = await ask(face, link, 'campaign.answer', { ...item, answer, why });
        if (!told.ok) return told;
        const { campaign } = told.value;
        const row = campaign.items.find(({ id }) => id === item.item);
        face.line(`${answer === 'keep' ? 'Kept' : 'Revoked'}: ${row?.personName ?? ''}, ${row?.what ?? ''}`);
        if (campaign.state === 'closed') face.line(`${campaign.name} is closed and signed.`);
        done.push(campaign);
      }
      face.document(done.at(-1));
      return { ok: true, value: 0 };
    });
  };

export const review = verbs({ ls: list, denied, unused, start, show, keep: answers('keep'), revoke: answers('revoke') });
