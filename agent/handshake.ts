// The two proofs at the start of a connection (D11, G3). The gateway proves the pinned key first; until it has, this agent says nothing but
// hello. Both statements name both keys' owners, both nonces, the version and the TLS connection, so neither can be replayed, reflected
// or carried to another connection.
import { agentGreeting, agentStatement, gatewayStatement } from '../gateway/protocol/agent.ts';
import { problemSentence, type Result, refuse } from '../gateway/protocol/errors.ts';
import { fit } from '../gateway/protocol/json.ts';
import { agentProtocol, programVersion, type VersionRange } from '../gateway/protocol/version.ts';
import { type Identity, signStatement, verifyStatement } from './identity.ts';

/** What this side says first. `nonce`: 32 fresh random bytes, base64url. */
export function hello(identity: Identity, nonce: string, protocol: VersionRange = agentProtocol) {
  return { type: 'hello', protocol, version: programVersion, server: identity.server, nonce } as const;
}

/**
 * Judges the gateway's answer: the signature this agent answers with, the gateway's nonce that orders are bound to, and the version spoken.
 * `gateway-key` when it is not the pinned gateway, `version` when there is no common version, or what the gateway refused with.
 * @param protocol the versions that hello named
 * @param binding hex of the TLS exporter of this connection, '' on plain loopback
 */
export function answerGreeting(
  identity: Identity,
  nonce: string,
  binding: string,
  message: unknown,
  protocol: VersionRange = agentProtocol,
): Result<{ readonly signature: string; readonly nonce: string; readonly protocol: number }> {
  const parsed = fit(agentGreeting, message);
  if (!parsed.ok) return parsed;
  const greeting = parsed.value;
  // A stranger's word: shown, but it changes nothing here.
  if (greeting.type === 'refused')
    return refuse(greeting.problem.code, greeting.problem.detail ?? problemSentence(greeting.problem));
  if (greeting.protocol < protocol.oldest || greeting.protocol > protocol.newest)
    return refuse('version', `the gateway chose version ${greeting.protocol}`);
  const facts = {
    gateway: identity.gatewayKey,
    server: identity.server,
    agentNonce: nonce,
    gatewayNonce: greeting.nonce,
    protocol: greeting.protocol,
    binding,
  };
  if (greeting.gateway !== identity.gatewayKey) return refuse('gateway-key', 'it shows another key than the pinned one');
  if (!verifyStatement(identity.gatewayKey, gatewayStatement(facts), greeting.signature))
    return refuse('gateway-key', 'its signature is not good');
  const signature = signStatement(identity.privateKey, agentStatement(facts));
  return { ok: true, value: { signature, nonce: greeting.nonce, protocol: greeting.protocol } };
}
