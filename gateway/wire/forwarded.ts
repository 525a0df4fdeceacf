// Where a request comes from (S51, TRUST B2): the peer of the socket, or who it says it speaks for, when it is a proxy that was named in the
// configuration. X-Forwarded-For alone, from the right, for as long as what is named is a trusted proxy again; everything else that a peer says of
// its address is noise, and said by anybody but a trusted proxy it is noted. The PROXY protocol is not spoken.
import type { IncomingHttpHeaders } from 'node:http';
import { openRanges, shortAddress } from '../access/address.ts';
import { fine, type Result, refuse } from '../protocol/errors.ts';

type Origin = {
  /** '' = the peer is gone already. */
  readonly address: string;
  /** Somebody who is no trusted proxy said where they come from. */
  readonly forged: boolean;
};

/** Headers in which proxies say whom they speak for. */
const says = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip'] as const;

/** One hop: an address, with a port as some proxies write it. */
function hopOf(text: string): string | undefined {
  const bare = text.trim();
  const [, six, four] = /^\[([^\]]*)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(bare) ?? [];
  return shortAddress(six ?? four ?? bare);
}

/** `trustedProxies`: addresses and ranges. Errors: bad-request. */
export function openForwarded(
  trustedProxies: readonly string[],
): Result<(peer: string | undefined, headers: IncomingHttpHeaders) => Origin> {
  const trusted = openRanges(trustedProxies);
  if (!trusted.ok) return refuse('bad-request', `trustedProxies: ${trusted.problem.detail ?? ''}`);
  return fine((peer, headers) => {
    // One of a link keeps its zone: it is no address that a rule could name.
    let address = shortAddress(peer ?? '') ?? peer ?? '';
    if (!trusted.value(address)) return { address, forged: says.some((name) => headers[name] !== undefined) };
    const hops = String(headers['x-forwarded-for'] ?? '').split(',');
    while (hops.length > 0 && trusted.value(address)) {
      const hop = hopOf(hops.pop() ?? '');
      // What nobody can read hides who is behind it: the last proxy stands for them.
      if (hop === undefined) break;
      address = hop;
    }
    return { address, forged: false };
  });
}
