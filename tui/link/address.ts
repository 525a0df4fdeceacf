// What a person may type as the address of a gateway, and the socket it means.
import { type Result, refuse } from '../../gateway/protocol/errors.ts';

export type GatewayAddress = {
  /** Where the socket goes, e.g. `wss://gate.example:8443/operator`. */
  readonly socket: string;
  /** How it is written down and shown, e.g. `https://gate.example:8443`. */
  readonly url: string;
  readonly secure: boolean;
};

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** `host`, `host:port`, `https://…`, `wss://…`; `http`/`ws` only for this machine itself (D10). Errors: `usage`. */
export function gatewayAddress(given: string): Result<GatewayAddress> {
  const written = given.includes('://') ? given : `https://${given}`;
  if (!URL.canParse(written)) return refuse('usage', `${given} is not an address`);
  const parsed = new URL(written);
  const secure = parsed.protocol === 'https:' || parsed.protocol === 'wss:';
  if (!secure && parsed.protocol !== 'http:' && parsed.protocol !== 'ws:')
    return refuse('usage', `${parsed.protocol} is not spoken here`);
  if (parsed.username !== '' || parsed.password !== '') return refuse('usage', 'an address holds no name and no password');
  if (!secure && !loopback.test(parsed.hostname)) return refuse('usage', 'without TLS only this machine itself can be reached');
  const path = parsed.pathname.replace(/\/+$/, '').replace(/\/operator$/, '');
  return {
    ok: true,
    value: {
      socket: `${secure ? 'wss' : 'ws'}://${parsed.host}${path}/operator`,
      url: `${secure ? 'https' : 'http'}://${parsed.host}${path}`,
      secure,
    },
  };
}
