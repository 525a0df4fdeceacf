// server.*: the list a person sees, and announcing, labelling and removing servers.
import { enrolmentDigest, enrolmentMaxMinutes, enrolmentRandomBytes, mintEnrolmentToken } from '../access/enrolment.ts';
import type { Server } from '../access/server.ts';
import { tierOf } from '../access/server.ts';
import { addServer, labelServer, removeServer } from '../access/servers.ts';
import { inSlices } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import { keptTags } from '../policy/spoken.ts';
import { fine, type Result } from '../protocol/errors.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import type { Labels } from '../protocol/nouns.ts';
import { changing, workspace } from './administration.ts';
import type { Call, Handler } from './call.ts';
import { reachOf } from './reach.ts';
import { serverFor } from './resolve.ts';
import { serverRowFor } from './rows.ts';

export const listServers: Handler<'server.list'> = async ({ parts, caller }) => {
  const servers = await inSlices(
    rows(parts.log.settled.servers),
    (server) => serverRowFor(parts, caller, server),
    () => parts.clock.mono(),
  );
  return fine({ servers: servers.toSorted((a, b) => (a.name < b.name ? -1 : 1)) });
};

/** Gives a one-use token, once; only its digest stays. The command holds nothing that a shell would read as more than words (G2): name and labels are not in it. */
export const addServerHandler: Handler<'server.add'> = async (call, { name, labels, minutes = enrolmentMaxMinutes }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'enrolment.make', workspace, request);
  if (!allowed.ok) return allowed;
  const { settings, log, chance } = parts;
  const had = rows(log.settled.servers).find((one) => one.name === name);
  if (had !== undefined && had.key === undefined && changesAccess(call, had, labels)) {
    const relabelling = await parts.enforcer.enforce(caller, 'group.manage', workspace, request);
    if (!relabelling.ok) return relabelling;
  }
  const caDigest = settings.caPem === undefined ? undefined : log.settled.workspace?.caDigest;
  const token = mintEnrolmentToken(chance.bytes(enrolmentRandomBytes), caDigest);
  const enrolment = mintId('enr', chance.bytes(idRandomBytes));
  const server = mintId('srv', chance.bytes(idRandomBytes));
  const added = await changing(call, (by) =>
    addServer(by, { enrolment, server, name, labels, tokenDigest: enrolmentDigest(token), minutes }),
  );
  if (!added.ok) return added;
  const command = `sallyport-agent enroll ${settings.publicUrl} --token ${token}`;
  return fine({ enrolment, token, expiresAt: added.value.expiresAt, command });
};

export const setServerHandler: Handler<'server.set'> = async (call, { server: reference, labels }) => {
  const found = await managed(call, reference);
  if (!found.ok) return found;
  const { server } = found.value;
  if (labels === undefined) return fine({});
  if (changesAccess(call, server, labels)) {
    const allowed = await call.parts.enforcer.enforce(call.caller, 'group.manage', workspace, call.request);
    if (!allowed.ok) return allowed;
  }
  return changing(call, (by) => labelServer(by, { server: server.id, labels }));
};

export const removeServerHandler: Handler<'server.remove'> = async (call, { server: reference, why }) => {
  const found = await managed(call, reference);
  if (!found.ok) return found;
  const removed = await changing(call, (by) => removeServer(by, { server: found.value.server.id, why }));
  if (removed.ok) call.parts.hub.dropAgent(found.value.server.id);
  return removed;
};

/** A server by name or id that the caller sees, when they may manage servers. */
async function managed(call: Call, reference: string): Promise<Result<{ readonly server: Server }>> {
  const found = await serverFor(call, 'server.see', reference);
  if (!found.ok) return found;
  const allowed = await call.parts.enforcer.enforce(call.caller, 'server.manage', workspace, call.request);
  return allowed.ok ? found : allowed;
}

/**
 * Labels choose who reaches a server, how much it matters, and what policies say of it (moderated=yes, requests=open): who may not change groups may not
 * do the same by relabelling (TRUST B2, widening oneself).
 */
function changesAccess({ parts }: Call, server: Server, labels: Labels): boolean {
  const reach = reachOf(parts.log);
  const { tags } = parts.enforcer.sets.now().policies.spoken;
  const [before, after] = [keptTags(server.labels, tags), keptTags(labels, tags)];
  const speaks = new Set([...Object.keys(before), ...Object.keys(after)]);
  if ([...speaks].some((key) => before[key] !== after[key])) return true;
  return tierOf(labels) !== tierOf(server.labels) || reach.chosen({ ...server, labels }) !== reach.chosen(server);
}
