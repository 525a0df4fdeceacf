import { expect, test } from 'vitest';
import { good } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { Gives } from '../protocol/operator.ts';
import { explainPolicy } from './policy.ts';

async function office() {
  const workspace = await openWorkspace();
  await workspace.person('ana', 'superuser');
  await workspace.person('omar', 'staff');
  await workspace.person('uma', 'user');
  await workspace.person('rob', 'user', { factor: false });
  const web = await workspace.server('web-1');
  const db = await workspace.server('db-1', { env: 'production' });
  await workspace.group(
    'web',
    ['uma'],
    [
      { servers: { name: 'web-*' }, level: 'terminal', users: [] },
      { servers: { name: 'db-*' }, level: 'full', users: [] },
    ],
  );
  const explain = async (who: string, action: string, target?: string, person?: string) =>
    explainPolicy(workspace.call(who), {
      action,
      ...(target === undefined ? {} : { target }),
      ...(person === undefined ? {} : { person }),
    });
  return { ...workspace, web, db, explain };
}
const short = ({ decision, conditions, fixes }: Gives<'policy.explain'>) => ({ verdict: decision.verdict, conditions, fixes });

test('[law 4] explain names, for an asked request, the policy, what the groups give, and the request to make', async () => {
  const { explain } = await office();
  const toRequest = 'sallyport request web-1 --level terminal --for 1h --why WORDS';
  expect(short(good(await explain('omar', 'shell.open', 'web-1')))).toEqual({
    verdict: 'ask',
    conditions: [
      {
        policy: 'group-members-open-shells',
        words: 'It would allow this if your groups and grants give terminal or more on this server; they give nothing there',
      },
    ],
    fixes: [toRequest],
  });
  // A superuser could also change the group.
  const told = good(await explain('ana', 'shell.open', 'web-1', 'omar'));
  expect(told.fixes).toEqual([toRequest, 'sallyport groups set web --members uma,omar']);
  expect(told.conditions[0]?.words).toContain("omar's groups and grants give terminal or more");
});

test('[law 4] explain names, for a challenged request, which proof is missing and why here', async () => {
  const { explain } = await office();
  expect(short(good(await explain('uma', 'shell.open', 'db-1')))).toEqual({
    verdict: 'challenge',
    conditions: [
      {
        policy: 'step-up-for-shells-that-matter',
        words: 'Needed: you proved a second factor for just this, recently enough, because this server is important',
      },
    ],
    fixes: ['sallyport attach db-1   (and enter the code that your authenticator shows)'],
  });
});

test('[law 4] explain names, for a denied request, who may, and what would make it so', async () => {
  const { explain, commit, caller } = await office();
  expect(short(good(await explain('uma', 'audit.read')))).toEqual({
    verdict: 'deny',
    conditions: [
      { policy: 'staff-run-the-day', words: 'It would allow this if you are staff; you are a user' },
      { policy: 'superusers-run-the-workspace', words: 'It would allow this if you are a superuser; you are a user' },
    ],
    fixes: [],
  });
  expect(good(await explain('ana', 'audit.read', undefined, 'uma')).fixes).toEqual([
    'sallyport users set uma --role staff --why WORDS',
  ]);

  const lock = `lck_${'a'.repeat(26)}` as never;
  await commit({
    type: 'lock.added',
    actor: { kind: 'gateway' },
    outcome: 'ok',
    personal: {},
    data: { lock, kind: 'person', target: caller('uma').person.id, why: 'lost laptop', by: caller('ana').person.id },
  });
  const locked = good(await explain('ana', 'shell.open', 'web-1', 'uma'));
  expect(locked.decision.policies).toContain('locks-shut');
  expect(locked.fixes).toContain(`sallyport locks rm ${lock} --why WORDS`);
});

test('[S33, TRUST B2] what is hidden from whoever asks is not explained, and looks like what is not there', async () => {
  const { explain } = await office();
  const unknown = await explain('rob', 'shell.open', 'no-such-server');
  expect(unknown).toMatchObject({ ok: false, problem: { code: 'not-found' } });
  for (const server of ['web-1', 'db-1']) expect(await explain('rob', 'shell.open', server)).toEqual(unknown);
  // Somebody who sees the server is told how it looks to rob.
  const told = good(await explain('omar', 'shell.open', 'web-1', 'rob'));
  expect(told.decision.verdict).toBe('deny');
  expect(told.signals).toMatchObject({ hidden: true });
  expect(told.fixes.join()).not.toContain('request');
});
