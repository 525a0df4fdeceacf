// An anchor in an S3 bucket: an object a head, PREFIX/CHAIN/SIZE.json, made only where there is none, with object lock in compliance mode. The credentials
// need PutObject and no more; with ListBucket and GetObject it can be read back. The client is loaded when the first head is due: nobody else pays for it.
// *The lock is not proven here*: it is asked for with every object, and whether the bucket keeps it is between the bucket and its owner. The tests look
// at what is asked, not at a bucket that refuses.
import { readFile, stat } from 'node:fs/promises';
import https from 'node:https';
import type { S3Client } from '@aws-sdk/client-s3';
import * as v from 'valibot';
import type { Anchor, Held } from '../audit/anchor.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';
import { fitJson } from '../protocol/json.ts';
import { type Head, head as headSchema } from '../protocol/trail-nouns.ts';
import type { AnchorConfig } from '../trail-config.ts';
import { causeOf } from './disk.ts';
import { isPrivateEnough } from './provider-fetch.ts';
import { trusting } from './tls-trust.ts';

const day = 86_400_000;
const connectionMs = 10_000;
const requestMs = 30_000;
const largestSize = Number.MAX_SAFE_INTEGER;
const digits = String(largestSize).length;

export const lockNote = 'the lock is asked for; that the bucket keeps it is not proven here';

const credentialsSchema = v.object({
  accessKeyId: v.pipe(v.string(), v.minLength(1)),
  secretAccessKey: v.pipe(v.string(), v.minLength(1)),
  sessionToken: v.optional(v.string()),
});

/** Sizes sort as text. */
export const objectKey = (prefix: string, chain: string, size: number): string =>
  `${prefix === '' ? '' : `${prefix}/`}${chain}/${String(size).padStart(digits, '0')}.json`;

type S3Config = Extract<AnchorConfig, { readonly kind: 's3' }>;
type S3 = typeof import('@aws-sdk/client-s3');

/** @param chain whose heads are written and read back */
export function openS3Anchor(config: S3Config, chain: string): Anchor {
  const { bucket: Bucket } = config;
  const keyOf = (size: number): string => objectKey(config.prefix, chain, size);
  let opened: Promise<{ readonly s3: S3; readonly client: S3Client }> | undefined;

  async function open(): Promise<{ readonly s3: S3; readonly client: S3Client }> {
    const { endpoint, credentialsFile, caFile, region } = config;
    if (endpoint !== undefined && !isPrivateEnough(new URL(endpoint))) throw new Error('only https is used beyond this machine');
    const caPem = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
    const s3 = await import('@aws-sdk/client-s3');
    const client = new s3.S3Client({
      region,
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(credentialsFile === undefined ? {} : { credentials: await credentialsIn(credentialsFile) }),
      // When to try again is decided in one place, for all anchors.
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: connectionMs,
        requestTimeout: requestMs,
        throwOnRequestTimeout: true,
        ...(caPem === undefined ? {} : { httpsAgent: new https.Agent(trusting(caPem)) }),
      },
    });
    return { s3, client };
  }
  function ready(): Promise<{ readonly s3: S3; readonly client: S3Client }> {
    opened ??= open();
    // What could not be opened is opened anew next time: somebody may have mended the file.
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  }

  async function put(head: Head): Promise<Result<void>> {
    const { s3, client } = await ready();
    try {
      await client.send(
        new s3.PutObjectCommand({
          Bucket,
          Key: keyOf(head.size),
          Body: `${JSON.stringify(head)}\n`,
          ContentType: 'application/json',
          ChecksumAlgorithm: 'SHA256',
          IfNoneMatch: '*',
          ObjectLockMode: 'COMPLIANCE',
          ObjectLockRetainUntilDate: new Date(head.ts + config.lockDays * day),
        }),
      );
      return fine(undefined);
    } catch (error) {
      if (statusOf(error) !== 412) throw error;
    }
    // One of this size is there: ours, from before a crash, or another log's. Whoever may only create cannot tell, and cannot overwrite it either.
    const there = await read(head.size);
    return there === undefined || there.root === head.root
      ? fine(undefined)
      : refuse('verification', `the bucket holds another head of ${head.size} records`);
  }

  /** The head in the object of this size; undefined where reading is not allowed, or it is no head. */
  async function read(size: number): Promise<Head | undefined> {
    const { s3, client } = await ready();
    try {
      const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key: keyOf(size) }));
      const fitted = fitJson(headSchema, (await Body?.transformToString()) ?? '');
      return fitted.ok ? fitted.value : undefined;
    } catch (error) {
      if (isForbidden(error)) return undefined;
      throw error;
    }
  }

  /** The size of the first object after this one. */
  async function after(size: number): Promise<number | undefined> {
    const { s3, client } = await ready();
    const folder = keyOf(0).slice(0, -(digits + '.json'.length));
    const { Contents } = await client.send(
      new s3.ListObjectsV2Command({
        Bucket,
        Prefix: folder,
        MaxKeys: 1,
        ...(size < 0 ? {} : { StartAfter: keyOf(size) }),
      }),
    );
    const key = Contents?.[0]?.Key;
    const found = key === undefined ? undefined : /(\d+)\.json$/.exec(key.slice(folder.length))?.[1];
    if (found === undefined) return undefined;
    // Else it would be looked for without end.
    if (!(Number(found) > size && Number(found) <= largestSize)) throw new Error('the bucket does not list what it is asked for');
    return Number(found);
  }

  /** The largest size there is. A list is only given from its beginning, so it is closed in on: in growing steps, then by halves. */
  async function largest(): Promise<number | undefined> {
    let low = await after(-1);
    if (low === undefined) return undefined;
    // Nothing is after `high`.
    let high = largestSize;
    for (let step = 0; low < high; step = step * 2 || 1) {
      const probe: number = high === largestSize ? Math.min(low + step, high - 1) : low + Math.floor((high - low) / 2);
      const next: number | undefined = await after(probe);
      if (next === undefined) high = probe;
      else low = next;
    }
    return low;
  }

  async function newest(): Promise<Held> {
    try {
      const size = await largest();
      if (size === undefined) return { held: 'nothing' };
      return { held: 'head', size, root: (await read(size))?.root };
    } catch (error) {
      if (isForbidden(error)) return { held: 'unknown' };
      throw error;
    }
  }

  const asResult = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    try {
      return await work();
    } catch (error) {
      return refuse('unreachable', causeOf(error));
    }
  };
  return {
    name: config.name,
    kind: 's3',
    readsEasily: false,
    note: lockNote,
    take: (heads) =>
      asResult(async () => {
        for (const head of heads) {
          const done = await put(head);
          if (!done.ok) return done;
        }
        return fine(undefined);
      }),
    newest: () => asResult(async () => fine(await newest())),
    async close() {
      await opened?.then(
        ({ client }) => client.destroy(),
        () => undefined,
      );
    },
  };
}

async function credentialsIn(file: string): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }> {
  if (((await stat(file)).mode & 0o077) !== 0) throw new Error(`${file} can be read by others; it must be 0600`);
  const fitted = fitJson(credentialsSchema, await readFile(file, 'utf8'));
  // Never what stands in it.
  if (!fitted.ok) throw new Error(`${file} holds no accessKeyId and secretAccessKey`);
  const { sessionToken, ...keys } = fitted.value;
  return sessionToken === undefined ? keys : { ...keys, sessionToken };
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const { $metadata: told } = error;
  return typeof told === 'object' && told !== null && 'httpStatusCode' in told && typeof told.httpStatusCode === 'number'
    ? told.httpStatusCode
    : undefined;
}
const isForbidden = (error: unknown): boolean => statusOf(error) === 403 || statusOf(error) === 401;
