import { expect, test } from 'vitest';
import { openOperator } from '../../fixtures/operator-line.ts';
import { openWorkspace } from '../../fixtures/workspace.ts';
import { followRows, gatherMs } from './follow-rows.ts';
import { figuresMs } from './told-rows.ts';

type Row = { readonly id: string; readonly title: string; readonly bytes: number };

/** A list of rows that change as told; what a connection hears of it. */
async function desk() {
  const workspace = await openWorkspace('follow-rows');
  await workspace.person('ana', 'superuser');
  const connection = openOperator(1, workspace.caller('ana').login.id, {});
  const rows = new Map<string, Row>();
  let changed: (ids: Iterable<string>) => void = () => undefined;
  const heard: string[] = [];
  const { parts } = workspace.call('ana');
  const subscription = followRows<string, Row>(parts, connection, {
    all: () => [...rows.values()],
    one: (_caller, id) => rows.get(id),
    core: ({ bytes: _bytes, ...core }) => core,
    watch: (call) => {
      changed = call;
      return () => undefined;
    },
    tell: (whole, now, gone) =>
      void heard.push(
        `${whole ? 'whole ' : ''}${now.map(({ id, title, bytes }) => `${id}:${title}:${bytes}`).join(' ')}${gone.map((id) => ` -${id}`).join('')}`,
      ),
  });
  await new Promise((resolve) => setImmediate(resolve));
  return {
    heard,
    subscription,
    pass: (ms: number) => workspace.clock.pass(ms),
    set: (id: string, title: string, bytes: number) => {
      rows.set(id, { id, title, bytes });
      changed([id]);
      workspace.clock.pass(gatherMs);
    },
    drop: (id: string) => {
      rows.delete(id);
      changed([id]);
      workspace.clock.pass(gatherMs);
    },
  };
}

test('[M6] what a row says is told at once; figures that grow all the time, every half minute and with whatever else changes', async () => {
  const { heard, set, pass } = await desk();
  set('a', 'sh', 1);
  for (let bytes = 2; bytes < 20; bytes += 1) set('a', 'sh', bytes);
  set('b', 'sh', 5);
  set('a', 'vim', 20);
  expect(heard).toEqual(['whole ', 'a:sh:1', 'b:sh:5', 'a:vim:20']);
  set('a', 'vim', 21);
  set('b', 'sh', 6);
  pass(figuresMs + gatherMs);
  pass(figuresMs + gatherMs);
  expect(heard.slice(4)).toEqual(['a:vim:21 b:sh:6']);
  pass(10 * figuresMs);
  expect(heard).toHaveLength(5);
});

test('a row that went and came is told whole, and after the end nothing is', async () => {
  const { heard, set, drop, pass, subscription } = await desk();
  set('a', 'sh', 1);
  set('a', 'sh', 2);
  drop('a');
  set('a', 'sh', 3);
  expect(heard.slice(1)).toEqual(['a:sh:1', ' -a', 'a:sh:3']);
  set('a', 'sh', 4);
  subscription.stop();
  pass(10 * figuresMs);
  expect(heard).toHaveLength(4);
});

test('[O11] while nobody looks, what changed is told every half minute, and at once to one who looks again', async () => {
  const { heard, set, pass, subscription } = await desk();
  set('a', 'sh', 1);
  subscription.look({ count: 0 });
  for (const title of ['vim', 'less', 'top']) set('a', title, 2);
  expect(heard.slice(1)).toEqual(['a:sh:1']);
  pass(figuresMs);
  expect(heard.slice(2)).toEqual(['a:top:2']);
  set('a', 'sh', 3);
  subscription.look({ count: 1 });
  set('a', 'vi', 4);
  expect(heard.slice(3)).toEqual(['a:sh:3', 'a:vi:4']);
});
