// What an order must be before this agent obeys it (D11, G4): signed by the pinned key, for this agent, for this connection, not older than
// 30 s, not taken before. The check comes before any look at what it asks for. Pure but for the signature check.
import { type Order, order, orderLifetimeMs, orderStatement } from '../gateway/protocol/agent.ts';
import { type Result, refuse } from '../gateway/protocol/errors.ts';
import type { ServerId } from '../gateway/protocol/ids.ts';
import { fitJson } from '../gateway/protocol/json.ts';
import { verifyStatement } from './identity.ts';

export type OrderBook = {
  /** The order, or `order-refused` with what is wrong with it. `sinceWelcomeMs`: this agent's monotonic clock since the welcome. */
  judge(payload: string, signature: string, sinceWelcomeMs: number): Result<Order>;
};

/** The orders of one connection. `nonce` is the gateway's of that connection. */
export function openOrderBook(binding: {
  readonly gatewayKey: string;
  readonly server: ServerId;
  readonly nonce: string;
}): OrderBook {
  let newest = -1;
  return {
    judge(payload, signature, sinceWelcomeMs) {
      if (!verifyStatement(binding.gatewayKey, orderStatement(payload), signature))
        return refuse('order-refused', 'it does not carry the signature of the gateway');
      const parsed = fitJson(order, payload);
      if (!parsed.ok) return parsed;
      const asked = parsed.value;
      if (asked.server !== binding.server) return refuse('order-refused', 'it is for another server');
      if (asked.nonce !== binding.nonce) return refuse('order-refused', 'it is for another connection');
      if (asked.serial <= newest) return refuse('order-refused', 'it was taken before');
      newest = asked.serial;
      // The gateway counts from before its welcome travelled, so an order is never younger here than there, but for that journey.
      const age = sinceWelcomeMs - asked.issuedMs;
      if (age > orderLifetimeMs) return refuse('order-refused', 'it has expired');
      if (age < -orderLifetimeMs) return refuse('order-refused', 'it comes from the future');
      return parsed;
    },
  };
}
