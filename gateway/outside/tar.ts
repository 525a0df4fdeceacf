// One file out of many: POSIX ustar, plain files only, so that `tar tf` reads it too. Written and read in pieces; what the reader does not know
// (links, devices, long names, other extensions) it refuses.
import type { FileHandle } from 'node:fs/promises';

const blockBytes = 512;
const pieceBytes = 1024 * 1024;
const padding = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

export type TarEntry = { readonly name: string; readonly size: number; readonly bytes: AsyncIterable<Uint8Array> };
export class TarProblem extends Error {}

function headerOf(name: string, size: number, seconds: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  if (Buffer.byteLength(name) > 100) throw new TarProblem(`${name}: its name is too long`);
  block.write(name, 0, 100);
  block.write('0000600\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(`${seconds.toString(8).padStart(11, '0')}\0`, 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  block.write(`${sumOf(block).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
const sumOf = (block: Uint8Array): number => block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);

/** Writes a header, `size` bytes out of `from`, and what fills the last block. @throws TarProblem when there are fewer. */
export async function writeEntry(out: FileHandle, entry: TarEntry, seconds: number): Promise<void> {
  await out.appendFile(headerOf(entry.name, entry.size, seconds));
  let written = 0;
  for await (const piece of entry.bytes) {
    await out.appendFile(piece);
    written += piece.length;
  }
  if (written !== entry.size) throw new TarProblem(`${entry.name}: it became shorter while it was read`);
  await out.appendFile(Buffer.alloc(padding(entry.size)));
}

export const writeEnd = (out: FileHandle): Promise<void> => out.appendFile(Buffer.alloc(2 * blockBytes));

/** `size` bytes of a file from a place on, in pieces; fewer when it ends before. */
export async function* piecesOf(file: FileHandle, from: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, from + at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

const octal = (field: Uint8Array): number => {
  const text = Buffer.from(field)
    .toString('latin1')
    .replace(/[\0 ]+$/, '');
  return /^[0-7]{1,11}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
};

/** The files in a tar, in order; the bytes of each are read before the next is asked for. @throws TarProblem. */
export async function* readTar(file: FileHandle): AsyncGenerator<TarEntry> {
  const { size: whole } = await file.stat();
  for (let at = 0; ; ) {
    const block = Buffer.alloc(blockBytes);
    const { bytesRead } = await file.read(block, 0, blockBytes, at);
    if (bytesRead < blockBytes) throw new TarProblem('it is cut off');
    if (block.every((byte) => byte === 0)) return;
    const name = block.subarray(0, block.indexOf(0) === -1 ? 100 : Math.min(100, block.indexOf(0))).toString();
    const size = octal(block.subarray(124, 136));
    if (block.toString('latin1', 257, 262) !== 'ustar' || octal(block.subarray(148, 156)) !== sumOf(block) || Number.isNaN(size))
      throw new TarProblem('it is no backup, or it is damaged');
    if (block.toString('latin1', 156, 157) !== '0' || block[345] !== 0)
      throw new TarProblem(`${name.slice(0, 100)}: it is no plain file`);
    if (at + blockBytes + size > whole) throw new TarProblem('it is cut off');
    const filling = Buffer.alloc(padding(size));
    await file.read(filling, 0, filling.length, at + blockBytes + size);
    if (filling.some((byte) => byte !== 0)) throw new TarProblem('it is no backup, or it is damaged');
    yield { name, size, bytes: piecesOf(file, at + blockBytes, size) };
    at += blockBytes + size + padding(size);
  }
}
