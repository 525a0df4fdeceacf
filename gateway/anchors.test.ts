import * as v from 'valibot';
import { expect, test } from 'vitest';
import { PowerDisk } from '../fixtures/faults/power-disk.ts';
import { good, problem } from '../fixtures/outcome.ts';
import { openWorkspace } from '../fixtures/workspace.ts';
import { openAnchors } from './anchors.ts';
import { configSchema } from './config.ts';
import { dataFolder } from './outside/data-folder.ts';

test('A4: what is wrong with the anchors of config.json is said at the start, by name; without any nothing is kept, and no port answers', async () => {
  const { parts } = await openWorkspace('anchors');
  const open = (more: object) => {
    const config = v.parse(configSchema, {
      version: 1,
      name: 'harbour',
      listen: '127.0.0.1:0',
      provider: { issuer: 'https://id.harbour.example', clientId: 'sallyport' },
      ...more,
    });
    const ports = { ...parts, disk: new PowerDisk(), chain: 'chn_a', trouble: () => undefined };
    return openAnchors(config, dataFolder('/d'), ports);
  };
  const vault = { kind: 'file', name: 'vault', path: '/srv/heads' };
  const island = { name: 'island', chain: 'chn_b', rootKey: 'k'.repeat(43) };
  for (const [wrong, why] of [
    [{ anchors: [vault, vault] }, /two anchors are called vault/],
    [{ anchored: [island, island] }, /two anchors are called island/],
    [{ anchors: [{ ...vault, path: 'heads' }] }, /vault: its path is not absolute/],
    [{ anchors: [{ kind: 'syslog', name: 'siem', host: 'x', port: 1, caFile: '/nowhere' }] }, /siem: ENOENT/],
  ] as const)
    expect(problem(await open(wrong))).toMatchObject({ code: 'bad-request', detail: expect.stringMatching(why) });

  const none = good(await open({}));
  expect([none.anchored, parts.board.status().anchors]).toEqual([undefined, []]);
  await none.close();
  const some = good(await open({ anchors: [vault], anchored: [island] }));
  expect(some.anchored).toBeDefined();
  expect(parts.board.status().anchors).toMatchObject([{ name: 'vault', kind: 'file', state: 'waiting' }]);
  await some.close();
});
