// factor.batch: one code for a declared batch of shells (M15, E16): on the servers a selector chooses, for a purpose, for some minutes. Anything outside
// asks as ever. Critical servers are never in a batch: each takes a code of its own.

import { tierOf } from '../access/server.ts';
import { rows } from '../audit/state.ts';
import { proveFactor } from '../identity/factor.ts';
import { recoveryDigest } from '../identity/recovery.ts';
import { fine, refuse } from '../protocol/errors.ts';
import { checkOf } from './authenticator.ts';
import type { Handler } from './call.ts';
import { chosenServers, maySee } from './resolve.ts';

const action = 'shell.open';

export const batchFactor: Handler<'factor.batch'> = async (call, { code, servers, minutes, why }) => {
  const { parts, caller, connection, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'self.manage', { kind: 'self' }, request);
  if (!allowed.ok) return allowed;
  if (why.trim() === '') return refuse('bad-request', 'why: some words');
  const seen = chosenServers(parts.log.settled, servers).filter((server) =>
    maySee(parts.enforcer, caller, { kind: 'server', server }),
  );
  if (seen.length === 0) return parts.enforcer.unknown(caller, action, request);
  const covered = seen.filter(({ labels }) => tierOf(labels) !== 'critical').length;
  if (covered === 0) return refuse('bad-request', 'critical servers take a code each, and no other is chosen');
  // A recovery code is for the day the authenticator is lost, not for a batch.
  if (recoveryDigest(code) !== undefined) return refuse('code-wrong', 'a batch takes a code of the authenticator');
  const proven = await parts.log.commit((state, now) =>
    proveFactor(
      { person: state.people[caller.person.id], login: state.logins[caller.login.id], device: state.devices[caller.device.id] },
      rows(state.logins),
      {
        address: connection.address,
        request,
        check: checkOf(parts.vault, state.people[caller.person.id], code),
        recoveryDigest: undefined,
        action,
        target: undefined,
        forMs: minutes * 60_000,
        batch: { servers, why },
      },
      now,
    ),
  );
  return proven.ok ? fine({ until: proven.value.until, servers: covered }) : proven;
};
