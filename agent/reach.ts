// Why a gateway could not be reached, told apart: name, route, certificate, proxy, answer (S15).
import { refuse } from '../gateway/protocol/errors.ts';

export const reachCauses = ['dns', 'tcp', 'tls', 'proxy', 'http'] as const;
export type ReachCause = (typeof reachCauses)[number];

/** What kind of trouble a failed dial was, from the codes of node and the words of ws. */
export function reachCause(error: Error & { readonly code?: unknown }): ReachCause {
  const code = typeof error.code === 'string' ? error.code : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns';
  if (code.includes('PROXY') || /\bproxy\b/i.test(error.message)) return 'proxy';
  if (/CERT|SSL|TLS|SIGNED|ALTNAME|EPROTO|UNABLE_TO/.test(code)) return 'tls';
  if (/^Unexpected server response|^Invalid (Sec-|Upgrade)|Parse Error/.test(error.message)) return 'http';
  return 'tcp';
}

/** A failed dial as a value: `untrusted` for a certificate that does not fit, `unreachable` for the rest, cause and words in the detail. */
export function reachProblem(error: Error & { readonly code?: unknown }): ReturnType<typeof refuse> {
  const cause = reachCause(error);
  // An AggregateError (several addresses tried) has no message of its own.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const words = error.message === '' && first instanceof Error ? first.message : error.message;
  return refuse(cause === 'tls' ? 'untrusted' : 'unreachable', `${cause}: ${words}`);
}
