// The TLS session of the last connection, to be gone on with at the next (RFC 8446 §2.2): no certificates, half the bytes. In memory only, of one
// gateway only, and whoever takes up a session that this gateway gave has proven with it that it is this gateway. Node does not compare the name
// in the certificate again for such a session: address and authority of a link never change under its ticket (see `forget`).

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Groups of a connection that goes on with a session. The first connection agrees on its keys in the way node prefers, which is proof against
 * the computers to come (X25519MLKEM768, 2.3 kB); the keys of a resumed one are made of that session and a fresh X25519, so they keep that.
 */
export const resumedGroups = 'X25519:P-256';

export type Ticket = {
  /** For the next connection to this authority; undefined = it begins from nothing. */
  readonly session: (ca: string | undefined) => Buffer | undefined;
  /** Takes the session of a connection that was greeted. */
  readonly keep: (socket: Socket, ca: string | undefined) => void;
  readonly forget: () => void;
};

export function openTicket(): Ticket {
  let kept: { readonly session: Buffer; readonly ca: string | undefined } | undefined;
  return {
    session: (ca) => (kept !== undefined && kept.ca === ca ? kept.session : undefined),
    keep: (socket, ca) => {
      // A resumed connection is given no new ticket: the one it came with is good until it lapses.
      const session = socket instanceof TLSSocket && !socket.isSessionReused() ? socket.getSession() : undefined;
      if (session !== undefined) kept = { session, ca };
    },
    forget: () => {
      kept = undefined;
    },
  };
}
