// An anchor in a file: one head a line, only ever added to. The gateway never makes the file: what it made it would own, and could rewrite. Somebody else makes
// it, lets the gateway add to it, and takes the rest away (`chattr +a`). Whether that was done is looked at, and told as it is.
// A line that broke off (a full disk) stays as it is; the next begins on a line of its own. Lines of other chains, and what is no head, are passed over.
import { constants } from 'node:fs';
import { access, type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { Anchor, Held } from '../audit/anchor.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { fitJson } from '../protocol/json.ts';
import { type Head, head as headSchema } from '../protocol/trail-nouns.ts';
import { causeOf, errno } from './disk.ts';

const { O_APPEND, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY, W_OK } = constants;
/** Neither a link, nor something that keeps whoever opens it waiting. */
const careful = O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
const pieceBytes = 64 * 1024;
const newline = 0x0a;

/** What a look at an anchor file says of whose it is. */
export type FileStanding = {
  /** The kernel lets nobody do more than add to it (`chattr +a`). */
  readonly appendOnly: boolean;
  readonly ownedByGateway: boolean;
  /** The gateway may put another file in its place. */
  readonly replaceable: boolean;
  readonly asRoot: boolean;
};

/**
 * Looks at the file, and changes nothing.
 * @throws the error of the system: not there, no regular file, not to be added to
 */
export async function fileStanding(file: string, uid: number): Promise<FileStanding> {
  const handle = await openRegular(file, O_WRONLY | O_APPEND);
  try {
    const stat = await handle.stat();
    return {
      appendOnly: await isAppendOnly(file),
      ownedByGateway: stat.uid === uid,
      replaceable: await access(path.dirname(file), W_OK).then(
        () => true,
        () => false,
      ),
      asRoot: uid === 0,
    };
  } finally {
    await handle.close();
  }
}

/** What such a file does not prove; undefined = nothing is known against it. */
export function standingNote({ appendOnly, ownedByGateway, replaceable, asRoot }: FileStanding): string | undefined {
  if (appendOnly) return asRoot ? 'append-only, but the gateway runs as root and could lift that' : undefined;
  if (ownedByGateway) return 'the file is owned by the gateway, which could rewrite it';
  return replaceable
    ? 'not append-only (chattr +a), and the gateway could put another in its place'
    : 'not append-only (chattr +a): the gateway could overwrite it';
}

async function openRegular(file: string, flags: number): Promise<FileHandle> {
  const handle = await open(file, flags | careful);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error(`${file} is not a regular file`);
}

/** The kernel refuses to open such a file for writing in any other way than at its end. */
async function isAppendOnly(file: string): Promise<boolean> {
  try {
    await (await openRegular(file, O_WRONLY)).close();
    return false;
  } catch (error) {
    return errno(error) === 'EPERM';
  }
}

/** @param chain whose heads are read back */
export function openFileAnchor(name: string, file: string, chain: string, uid = process.getuid?.() ?? -1): Anchor {
  let note: string | undefined;

  async function take(heads: readonly Head[]): Promise<void> {
    note = standingNote(await fileStanding(file, uid));
    const handle = await openRegular(file, O_WRONLY | O_APPEND);
    try {
      const { size } = await handle.stat();
      const torn = size > 0 && !(await endsALine(file, size));
      const bytes = Buffer.from(`${torn ? '\n' : ''}${heads.map((one) => `${JSON.stringify(one)}\n`).join('')}`);
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  return {
    name,
    kind: 'file',
    readsEasily: true,
    get note() {
      return note;
    },
    async take(heads) {
      try {
        await take(heads);
        return fine(undefined);
      } catch (error) {
        return refuse('unreachable', causeOf(error));
      }
    },
    async newest(): Promise<Result<Held>> {
      try {
        const found = await newestHead(file, chain);
        return fine(found === undefined ? { held: 'nothing' } : { held: 'head', size: found.size, root: found.root });
      } catch (error) {
        // It may be for others to read: then what it holds is for them to tell.
        return errno(error) === 'EACCES' ? fine({ held: 'unknown' }) : refuse('unreachable', causeOf(error));
      }
    },
    close: async () => undefined,
  };
}

/** Whether the last line is whole; true where it is not for us to read. */
async function endsALine(file: string, size: number): Promise<boolean> {
  try {
    const handle = await openRegular(file, O_RDONLY);
    try {
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
      return buffer[0] === newline;
    } finally {
      await handle.close();
    }
  } catch {
    return true;
  }
}

/** The last line that is a head of this chain: read from the end, a piece at a time. */
async function newestHead(file: string, chain: string): Promise<Head | undefined> {
  const handle = await openRegular(file, O_RDONLY);
  try {
    let end = (await handle.stat()).size;
    let rest = '';
    while (end > 0) {
      const start = Math.max(0, end - pieceBytes);
      const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
      const lines = `${buffer.toString('latin1')}${rest}`.split('\n');
      rest = start === 0 ? '' : (lines.shift() ?? '').slice(0, pieceBytes);
      end = start;
      for (const line of lines.toReversed()) {
        const found = headOf(line, chain);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

function headOf(line: string, chain: string): Head | undefined {
  const fitted = fitJson(headSchema, Buffer.from(line, 'latin1').toString());
  return fitted.ok && fitted.value.chain === chain ? fitted.value : undefined;
}
