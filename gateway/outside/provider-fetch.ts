// How the identity provider is reached: one request, one answer, no redirects, bounded in time and size, with an authority of its own
// where the provider's certificate is not publicly signed. The platform's `fetch` trusts one list for the whole process and reads answers
// without end.
import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { trusting } from './tls-trust.ts';

/** The provider could not be asked, or what it did answer did not arrive whole and in time. */
export class ProviderUnreachable extends Error {
  readonly url: string;
  constructor(url: string, cause: string) {
    super(cause);
    this.name = 'ProviderUnreachable';
    this.url = url;
  }
}

export type ProviderRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
};

/** Largest answer read, bytes. */
const largest = 1024 * 1024;

/** A server on this machine: plain http is private there (D10). */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}
export const isPrivateEnough = (url: URL): boolean => url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));

/**
 * @param caPem authorities trusted beside the public ones
 * @param timeoutMs for the whole exchange
 * @throws ProviderUnreachable; an abort rejects with the signal's reason
 */
export function providerFetch(caPem: string | undefined, timeoutMs: number) {
  const trust = trusting(caPem);
  return async (address: string, ask: ProviderRequest): Promise<Response> => {
    const url = new URL(address);
    if (!isPrivateEnough(url)) throw new ProviderUnreachable(address, 'only https is used beyond this machine');
    const body = bodyOf(ask.body);
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = ask.signal === undefined ? limit : AbortSignal.any([ask.signal, limit]);
    const options: RequestOptions = {
      method: ask.method,
      headers: { ...ask.headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
      // A connection of its own each time: a kept one may have died with the provider, and a token request must not be sent twice.
      agent: false,
      signal,
    };
    return new Promise<Response>((resolve, reject) => {
      const fail = (error: Error): void => {
        if (ask.signal?.aborted === true) reject(ask.signal.reason instanceof Error ? ask.signal.reason : error);
        else reject(new ProviderUnreachable(address, limit.aborted ? 'no answer in time' : error.message));
      };
      const sent = url.protocol === 'https:' ? requestHttps(url, { ...options, ...trust }) : requestHttp(url, options);
      sent.on('error', fail);
      sent.on('response', (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('error', fail);
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > largest) incoming.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        incoming.on('aborted', () => fail(new Error('the answer was cut off')));
        incoming.on('end', () => {
          const status = incoming.statusCode ?? 0;
          // A proxy in front of a dead provider, or the provider itself in trouble: nothing it says then is an answer.
          if (status < 200 || status >= 500) return fail(new Error(`status ${status}`));
          const headers = new Headers();
          for (const [name, value] of Object.entries(incoming.headers))
            for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
          const bare = status === 204 || status === 205 || status === 304;
          resolve(new Response(bare ? null : Buffer.concat(chunks), { status, headers }));
        });
      });
      sent.end(body);
    });
  };
}

function bodyOf(body: unknown): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof URLSearchParams) return Buffer.from(body.toString());
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (body instanceof ArrayBuffer) return Buffer.from(new Uint8Array(body));
  throw new Error('a request to the provider is a form or nothing');
}
