import { expect, test } from 'vitest';
import { openOperator } from '../../fixtures/operator-line.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import type { TrailStatus } from '../protocol/trail-nouns.ts';
import { callersOf } from './caller.ts';
import { followTrail } from './follow-trail.ts';

async function desk(name: string, role: 'user' | 'staff') {
  const workspace = await openWorkspace('follow-trail');
  await workspace.person(name, role);
  const caller = workspace.caller(name);
  const { parts } = workspace.call(name);
  const operator = openOperator(1, caller.login.id, {});
  callersOf(parts).bring(operator, caller.login.id);
  const followed = await followTrail(parts, operator, caller);
  // What is told at once is told a turn later.
  await Promise.resolve();
  const told = (): readonly TrailStatus[] =>
    operator.pushes.flatMap((push) => (push.type === 'trail.changed' ? [push.status] : []));
  return { workspace, followed, told, board: parts.board };
}
const anchor = { name: 'worm', kind: 'file', state: 'ok', size: 5, at: 1, behind: 0 } as const;

test('S75: what is another state of the trail is told at once; that an anchor took a newer head, once a minute', async () => {
  const { workspace, followed, told, board } = await desk('omar', 'staff');
  const { clock } = workspace;
  expect(followed.ok).toBe(true);
  expect(told()).toHaveLength(1);
  board.anchor(anchor);
  clock.pass(200);
  expect(told().at(-1)?.anchors).toEqual([anchor]);
  // A busy log: a head a second, taken each time.
  for (let second = 1; second <= 120; second += 1) {
    board.anchor({ ...anchor, size: 5 + second, at: second });
    clock.pass(1_000);
  }
  expect(told()).toHaveLength(4);
  expect(told().at(-1)?.anchors[0]?.size).toBeGreaterThan(100);
  // While that waits for its minute, something else does not.
  board.anchor({ ...anchor, size: 200, at: 130 });
  board.conflict({ kind: 'server', name: 'web-1', size: 9, at: 131 });
  clock.pass(200);
  expect(told().at(-1)).toMatchObject({ anchors: [{ size: 200 }], conflicts: [{ name: 'web-1' }] });
  const count = told().length;
  clock.pass(600_000);
  expect(told()).toHaveLength(count);
  if (followed.ok) followed.value.stop();
  board.anchor({ ...anchor, state: 'late' });
  clock.pass(60_000);
  expect(told()).toHaveLength(count);
});

test('S75, A28: a witness that says one thing and the other, again and again, fills no thin line', async () => {
  const { workspace, told, board } = await desk('omar', 'staff');
  const { clock } = workspace;
  const { id: server } = await workspace.server('web-1');
  for (let turn = 0; turn < 300; turn += 1) {
    board.conflict({ kind: 'server', id: server, name: 'web-1', size: turn, at: turn });
    clock.pass(200);
    board.witness('server', server);
    clock.pass(200);
  }
  expect(told().length).toBeLessThan(30);
  clock.pass(60_000);
  expect(told().at(-1)?.conflicts).toEqual([]);
});

test('[T27] whoever may not read the log is not told how it is kept', async () => {
  const { followed, told } = await desk('uma', 'user');
  expect(followed).toMatchObject({ ok: false, problem: { code: 'denied' } });
  expect(told()).toEqual([]);
});
