import { expect, test } from 'vitest';
import { good } from '../../fixtures/outcome.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { judgeHead, proofAsked, type Remembered } from '../audit/witnessing.ts';
import { proveAudit, witnessAudit } from './witness.ts';

const root = 'a'.repeat(64);

async function accepted(workspace: Awaited<ReturnType<typeof openWorkspace>>, held?: Remembered): Promise<Remembered> {
  const judged = judgeHead(held, good(await proveAudit(workspace.call('uma'), proofAsked(held))));
  if (judged.verdict !== 'accepted') throw new Error(JSON.stringify(judged));
  return judged.held;
}

test('[W6] A11: whoever is signed in is shown the newest head, and that what they hold is its beginning', async () => {
  const workspace = await openWorkspace();
  await workspace.person('uma', 'user');
  const first = await accepted(workspace);
  expect(first.size).toBe(workspace.log.events.length);
  await workspace.person('rob', 'user');
  await workspace.parts.trail.sign();
  const second = await accepted(workspace, first);
  expect(second.size).toBe(workspace.log.events.length);
  // Who holds more than is signed is shown a head of now.
  await workspace.person('ana', 'user');
  const { head } = good(await proveAudit(workspace.call('uma'), { size: second.size + 1, epoch: 0 }));
  expect(head.size).toBe(workspace.log.events.length);
  // Who holds more than there is is shown that there is less, and nothing is proven.
  const shorter = good(await proveAudit(workspace.call('uma'), { size: 10_000, epoch: 0 }));
  expect(shorter).toMatchObject({ head: { size: workspace.log.events.length }, proof: [] });
  expect(judgeHead({ ...second, size: 10_000 }, shorter)).toMatchObject({ verdict: 'conflict' });
});

test('[W6] A28: a conflict is one event for each login and hour, and stands on the board until that witness holds this log', async () => {
  const workspace = await openWorkspace();
  await workspace.person('uma', 'user');
  await workspace.person('rob', 'user');
  const { board } = workspace.parts;
  const conflicts = () => workspace.log.events.filter(({ type }) => type === 'witness.conflict');
  const say = async (who: string, conflict: boolean) =>
    good(await witnessAudit(workspace.call(who), { size: 9, root, conflict }));
  await say('uma', true);
  await say('uma', true);
  expect(conflicts()).toHaveLength(1);
  expect(conflicts()[0]).toMatchObject({
    outcome: 'failed',
    actor: { kind: 'person', id: workspace.caller('uma').person.id, login: workspace.caller('uma').login.id },
    data: { size: 9, root },
  });
  await say('rob', true);
  expect(conflicts()).toHaveLength(2);
  workspace.clock.pass(3_599_000);
  await say('uma', true);
  expect(conflicts()).toHaveLength(2);
  workspace.clock.pass(2_000);
  await say('uma', true);
  expect(conflicts()).toHaveLength(3);
  expect(board.status()).toMatchObject({
    witnesses: { servers: 0, people: 0 },
    conflicts: [
      { kind: 'person', name: 'uma', size: 9 },
      { kind: 'person', name: 'rob', size: 9 },
    ],
  });
  await say('uma', false);
  expect(board.status()).toMatchObject({ witnesses: { people: 1 }, conflicts: [{ name: 'rob' }] });
});
