// Reviews, and changes of groups and locks that are looked at first, as plain commands before a scripted far end.
import { expect, test } from 'vitest';
import { wordBytes } from '../../fixtures/shots/cast-of-people.ts';
import { openGlass } from '../../fixtures/shots/glass.ts';
import type { FarSession } from '../../fixtures/world/far-session.ts';
import { asked, farTurns } from '../../fixtures/world/far-turns.ts';
import type { CampaignRow, ReachChange } from '../../gateway/protocol/access-nouns.ts';
import { fine } from '../../gateway/protocol/errors.ts';
import { mintId } from '../../gateway/protocol/ids.ts';
import { runCommandLine } from './run.ts';

const { far } = farTurns();
const at = 1_795_000_000_000;

/** A command at a terminal of 200 columns; `typed` is answered to the first question. */
async function says(session: FarSession, words: readonly string[], typed?: string) {
  const glass = openGlass(200, 40);
  const streams = { stdin: glass.stdin, stdout: glass.stdout, stderr: glass.stdout };
  const running = runCommandLine([...words, ...session.flags], streams, {});
  if (typed !== undefined) {
    await glass.sees('[y/N]');
    glass.type(`${typed}\n`);
  }
  const code = await running;
  return { code, text: glass.text() };
}

const draft = '// Drafted from 3 denials.\n@id("drafted-1")\npermit (principal, action, resource);\n';
const groups = [
  {
    action: 'shell.open',
    policies: [],
    missing: ['an approval by somebody who may give it'],
    count: 3,
    people: ['uma', 'rob'],
    targets: ['web-1'],
    lastAt: at,
    draft,
  },
  {
    action: 'audit.read',
    policies: ['no'],
    missing: [],
    count: 1,
    people: ['lea\x1b[31m'],
    targets: [],
    lastAt: at,
    draft: '// no',
    closedBy: ['no'],
  },
];

test('[S80] review denied: groups with their number, and one draft as it would be applied', async () => {
  const added = '@id("mine")\nforbid (principal, action, resource);\n';
  const policies = { version: 1, digest: 'd'.repeat(64), policies: [], added, versions: [] };
  const session = await far({ 'review.denied': () => fine({ groups }), 'policy.list': () => fine(policies) });
  const shown = await says(session, ['review', 'denied', '--since', '36h']);
  expect(shown.code).toBe(0);
  expect(shown.text).toMatch(/^1 +3 +shell\.open +uma,rob +web-1 .* an approval by somebody/m);
  expect(shown.text).toMatch(/^2 +1 +audit\.read .*forbidden by no/m);
  expect(shown.text).not.toContain('\x1b');
  expect(asked(session, 'review.denied')).toEqual([{ days: 2 }]);
  const one = await says(session, ['review', 'denied', '--draft', '1']);
  expect(one.text).toContain(`${added}\n${draft}`);
  expect((await says(session, ['review', 'denied', '--draft', '2'])).text.trim()).toBe('// no\nThere is no rule to apply.');
  expect((await says(session, ['review', 'denied', '--draft', '3'])).code).toBe(6);
  expect((await says(session, ['review', 'denied', '--since', 'ever'])).code).toBe(2);
});

test('[S80] review unused: what, whose, and when last; beyond the list it says how many', async () => {
  const rights = [
    { kind: 'member' as const, person: 'rob', group: 'webs', what: 'group webs: terminal on web-*', lastUsedAt: at },
  ];
  const session = await far({ 'review.unused': () => fine({ rights, more: 7 }) });
  const shown = await says(session, ['review', 'unused', '--days', '90']);
  expect(shown.text).toMatch(/^member +rob +webs +group webs: terminal on web-\* +2026-11-18T/m);
  expect(shown.text).toContain('and 7 more');
  expect(asked(session, 'review.unused')).toEqual([{ days: 90 }]);
});

const item = (name: string) => mintId('cit', wordBytes(name));
const campaign: CampaignRow = {
  id: mintId('cam', wordBytes('cam')),
  name: 'spring',
  by: 'ana',
  at,
  deadline: at,
  state: 'open',
  items: ['umas', 'robs'].map((name) => ({
    id: item(name),
    kind: 'member',
    person: mintId('usr', wordBytes(name)),
    personName: name,
    what: 'group webs: terminal on web-*',
    mayAnswer: true,
  })),
};

test('[S81] review keep and revoke take the first characters of items, several at once; review show takes the name', async () => {
  const session = await far({
    'campaign.list': () => fine({ campaigns: [campaign] }),
    'campaign.answer': () => fine({ campaign }),
  });
  expect((await says(session, ['review', 'show', 'spring'])).text).toMatch(
    new RegExp(`^${item('umas').slice(0, 12)} +umas +group webs`, 'm'),
  );
  const [one, two] = [item('umas'), item('robs')];
  expect((await says(session, ['review', 'revoke', one.slice(0, 12), two, '--why', 'left'])).code).toBe(0);
  expect(asked(session, 'campaign.answer')).toEqual(
    [one, two].map((each) => ({ campaign: campaign.id, item: each, answer: 'revoke', why: 'left' })),
  );
  expect((await says(session, ['review', 'keep', 'cit_', '--why', 'x'])).code).toBe(2);
  expect((await says(session, ['review', 'keep', one])).code).toBe(2);
  expect((await says(session, ['review', 'show', 'autumn'])).code).toBe(6);
});

const preview: ReachChange = {
  gained: { count: 0, people: 0, servers: 0, rows: [] },
  lost: {
    count: 2,
    people: 1,
    servers: 2,
    rows: [
      { personName: 'uma', serverName: 'web-1', before: 'terminal', after: 'none', usersBefore: ['deploy'], usersAfter: [] },
    ],
  },
};

test('[S37] a change of a group is shown and asked about on a terminal; --yes does not ask, --dry-run does nothing', async () => {
  const session = await far({
    'group.set': ({ preview: only }) => fine(only === true ? { preview } : {}),
    'group.remove': () => fine({}),
  });
  const leave = { group: 'webs', leave: ['uma'] };
  const no = await says(session, ['groups', 'members', 'webs', '--rm', 'uma'], 'n');
  expect(no.code).toBe(2);
  expect(no.text).toContain('- uma on web-1: terminal as deploy → none');
  expect(no.text).toContain('- and 1 more');
  expect(no.text).toContain('Gained: nothing. Lost: 1 person × 2 servers.');
  expect(asked(session, 'group.set')).toEqual([{ ...leave, preview: true }]);
  expect((await says(session, ['groups', 'members', 'webs', '--rm', 'uma'], 'y')).code).toBe(0);
  expect((await says(session, ['groups', 'members', 'webs', '--rm', 'uma', '--yes'])).code).toBe(0);
  expect((await says(session, ['groups', 'set', 'webs', '--members', 'rob', '--dry-run'])).code).toBe(0);
  expect(asked(session, 'group.set').slice(1)).toEqual([
    { ...leave, preview: true },
    leave,
    leave,
    { group: 'webs', members: ['rob'], preview: true },
  ]);
  expect((await says(session, ['groups', 'rm', 'webs', '--why', 'gone'], 'no')).code).toBe(2);
  expect(asked(session, 'group.remove')).toEqual([]);
});

test('[S55, E5] lock group … --dry-run: the sessions it would end, and nothing is locked', async () => {
  const lock = {
    id: mintId('lck', wordBytes('lck')),
    kind: 'group' as const,
    target: 'grp',
    targetName: 'webs',
    why: 'frozen',
    by: 'ana',
    at,
  };
  const affected = [{ session: mintId('ses', wordBytes('one')), personName: 'uma', serverName: 'web-1' }];
  const session = await far({ 'lock.add': () => fine({ lock, sessions: 3, affected }) });
  const shown = await says(session, ['lock', 'group', 'webs', '--why', 'frozen', '--ttl', '2h', '--dry-run']);
  expect(shown.text).toContain('Nothing is locked yet. It would end 3 live sessions.');
  expect(shown.text).toMatch(/^ses_\w+ +uma +web-1/m);
  expect(shown.text).toContain('and 2 more');
  expect(asked(session, 'lock.add')).toEqual([{ kind: 'group', target: 'webs', why: 'frozen', minutes: 120, preview: true }]);
});
