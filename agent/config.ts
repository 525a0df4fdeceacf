// Where things are: the state folder, the address of the gateway.
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type Result, refuse } from '../gateway/protocol/errors.ts';

/** The state folder: what was asked for, else /var/lib for root, else the user's own state folder (XDG). */
export function stateFolder(asked: string | undefined): string {
  if (asked !== undefined) return resolve(asked);
  if (process.geteuid?.() === 0) return '/var/lib/sallyport-agent';
  return `${process.env['XDG_STATE_HOME'] ?? `${homedir()}/.local/state`}/sallyport-agent`;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * The origin of a gateway from what a person typed: https unless said otherwise; wss and ws mean the same port. Plain http only on
 * loopback (D10). Errors: `bad-request`, `untrusted`.
 */
export function gatewayOrigin(typed: string): Result<string> {
  const text = /^[a-z]+:\/\//i.test(typed) ? typed.replace(/^ws/i, 'http') : `https://${typed}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return refuse('bad-request', 'the address of a gateway looks like https://gateway.example:8443');
  if (url.username !== '' || url.password !== '') return refuse('bad-request', 'the address must hold no name or password');
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    return refuse('untrusted', 'plain http is for loopback only; use https');
  return { ok: true, value: url.origin };
}
