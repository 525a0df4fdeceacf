import { expect, test } from 'vitest';
import { PowerDisk } from '../../fixtures/faults/power-disk.ts';
import { openTreeFile } from './tree-file.ts';

const node = (n: number): Uint8Array => Buffer.alloc(32, n);
const path = '/d/audit/tree';

test('nodes are read from where they are, written or not; a piece of one at the end is left out', async () => {
  const disk = new PowerDisk();
  const file = await openTreeFile(disk, path);
  for (let n = 0; n < 5; n += 1) file.push(node(n));
  await file.flush();
  file.push(node(5));
  expect(file.count).toBe(6);
  expect(await file.read([0, 4, 5])).toEqual([node(0), node(4), node(5)].map((bytes) => Buffer.from(bytes)));
  await expect(file.read([6])).rejects.toThrow('no node 6');
  await file.close();
  disk.plant(path, Buffer.concat([disk.content(path) ?? Buffer.of(), Buffer.from('piece')]));
  const again = await openTreeFile(disk, path);
  expect(again.count).toBe(6);
  again.push(node(6));
  await again.flush();
  expect(await again.read([6])).toEqual([Buffer.from(node(6))]);
  await again.cut(2);
  again.push(node(9));
  await again.cut(3);
  await again.cut(2);
  expect(again.count).toBe(2);
  await again.close();
  expect(disk.content(path)).toHaveLength(64);
});

test('R3: an append that fails half way is done again whole', async () => {
  const disk = new PowerDisk();
  const file = await openTreeFile(disk, path);
  file.push(node(1));
  file.push(node(2));
  for (const call of [1, 2]) {
    disk.failAt({ call, code: 'ENOSPC', forEver: false });
    await expect(file.flush()).rejects.toThrow('ENOSPC');
    expect(await file.read([0, 1])).toEqual([node(1), node(2)]);
    disk.failAt(undefined);
  }
  await file.flush();
  expect(disk.content(path)?.equals(Buffer.concat([node(1), node(2)]))).toBe(true);
  await file.close();
});
