// Events to an HTTPS address: one POST of JSON lines a delivery, signed. Taken = it answered 2xx. Nothing is followed: what an answer points at was
// not chosen by whoever wrote the config (A4).
//
// A receiver checks the signature over the very bytes it got, `timestamp.body`, refuses an old timestamp, and knows what it has by `seq` and `hash`:
// after a crash of either side a line may come again, in another delivery.
import { createHmac, type KeyObject } from 'node:crypto';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { sha256 } from '../audit/chain.ts';
import type { Delivery, Receiver, SinkLine } from '../audit/sink.ts';
import type { Clock } from '../ports.ts';
import { causeFrom } from '../protocol/trail-nouns.ts';
import { programVersion } from '../protocol/version.ts';
import { isPrivateEnough } from './provider-fetch.ts';
import { trusting } from './tls-trust.ts';

/** For a whole exchange, ms. */
const patienceMs = 10_000;
/** What a receiver may ask us to wait, ms. */
const mostWaitMs = 600_000;
/** Of an answer nothing is read but its status; so many bytes of it are let through. */
const mostAnswer = 64 * 1024;

export type WebhookOptions = {
  readonly url: string;
  readonly secret: KeyObject;
  /** Authorities trusted beside the public ones. */
  readonly caPem: string | undefined;
  readonly clock: Clock;
};

/** What `Sallyport-Signature` holds. @param timestamp seconds since 1970, as `Sallyport-Timestamp` says it */
export const webhookSignature = (secret: KeyObject, timestamp: string, body: string): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

export function openSinkWebhook({ url: address, secret, caPem, clock }: WebhookOptions): Receiver {
  const url = new URL(address);
  const trust = trusting(caPem);

  function post(lines: readonly SinkLine[]): Promise<Delivery> {
    const body = lines.map(({ text }) => `${text}\n`).join('');
    const timestamp = String(Math.floor(clock.now() / 1000));
    const options: RequestOptions = {
      method: 'POST',
      // A connection of its own each time: one that was kept may have died, which would look like a receiver that is down.
      agent: false,
      headers: {
        'content-type': 'application/x-ndjson',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': `sallyport/${programVersion}`,
        'sallyport-timestamp': timestamp,
        // The same for the same lines, however often they are sent.
        'sallyport-delivery': sha256(body).slice(0, 32),
        'sallyport-signature': webhookSignature(secret, timestamp, body),
      },
    };
    return new Promise<Delivery>((resolve) => {
      const fail = (error: Error): void => resolve({ taken: false, cause: causeFrom(error.message), final: false });
      const sent = url.protocol === 'https:' ? requestHttps(url, { ...options, ...trust }) : requestHttp(url, options);
      const callOff = clock.after(patienceMs, () => sent.destroy(new Error('no answer in time')));
      sent.on('error', fail);
      // Also of an answer that does not end: its status counts, and the line goes with the time.
      sent.on('close', callOff);
      sent.on('response', (answer) => {
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > mostAnswer) sent.destroy();
        });
        answer.on('error', () => undefined);
        resolve(deliveryOf(answer, clock.now()));
      });
      sent.end(body);
    });
  }

  return {
    deliver: async (lines) =>
      isPrivateEnough(url) ? post(lines) : { taken: false, cause: 'only https is used beyond this machine', final: true },
    close: async () => undefined,
  };
}

function deliveryOf({ statusCode = 0, headers }: IncomingMessage, now: number): Delivery {
  if (statusCode >= 200 && statusCode < 300) return { taken: true };
  const cause = `it answered ${statusCode}`;
  if (statusCode >= 300 && statusCode < 400) return { taken: false, cause: `${cause}: redirects are not followed`, final: true };
  if (statusCode === 413) return { taken: false, cause, final: false, tooMuch: true };
  const passing = statusCode >= 500 || statusCode === 429 || statusCode === 408;
  const wait = passing ? waitOf(headers['retry-after'], now) : undefined;
  return { taken: false, cause, final: !passing, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
}

/** Seconds, or a date (RFC 9110 §10.2.3); undefined for neither. */
function waitOf(said: string | undefined, now: number): number | undefined {
  if (said === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(said) ? Number(said) * 1000 : Date.parse(said) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), mostWaitMs);
}
