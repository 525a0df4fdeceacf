import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../fixtures/world/program.ts';

test('a large workspace is planted at once, and every token of it is said, however little a pipe takes at a time', async () => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'sallyport-seed-'));
  try {
    const servers = Array.from({ length: 3_000 }, (_, at) => ({ name: `node-${at}`, labels: { rack: String(at % 40) } }));
    await fs.writeFile(path.join(folder, 'seed.json'), JSON.stringify({ people: [], groups: [], servers }));
    const words = ['--issuer', 'https://127.0.0.1:9/x', '--client-id', 'sallyport', '--superuser', 'email:ana@example.test'];
    const made = await run(
      'sallyport-gateway',
      ['init', '--data', path.join(folder, 'data'), '--json', '--seed', path.join(folder, 'seed.json'), ...words],
      { env: { SALLYPORT_CLIENT_SECRET: 'a secret of the provider, for this test' } },
    );
    expect(made.code, made.err).toBe(0);
    expect(made.out.length).toBeGreaterThan(65_536);
    expect(Object.keys(JSON.parse(made.out).tokens)).toEqual(servers.map(({ name }) => name));
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
});
