// POST /enroll: a stranger with a one-use token becomes the agent of one server. The token is the whole authority; nothing else about the
// sender is believed.
import type * as v from 'valibot';
import { enrolmentDigest, useEnrolment } from '../access/enrolment.ts';
import type { Log } from '../audit/commit.ts';
import { rows } from '../audit/state.ts';
import { type enrolAnswer, enrolRequest, enrolTokenPattern } from '../protocol/agent.ts';
import { type ErrorCode, refuse } from '../protocol/errors.ts';
import { fit } from '../protocol/json.ts';
import { agentProtocol, negotiate } from '../protocol/version.ts';
import type { Parts } from './call.ts';

type EnrolAnswer = v.InferOutput<typeof enrolAnswer>;
type EnrolParts = Pick<Parts, 'log' | 'clock' | 'signer' | 'settings'>;

/** The answer to one enrolment, as the body of the response. Problems: bad-message, version, workspace-deleted, enrolment-token, agent-key. */
export async function enrol(parts: EnrolParts, address: string, body: unknown): Promise<EnrolAnswer> {
  const fitted = fit(enrolRequest, body);
  if (!fitted.ok) return { problem: fitted.problem };
  if (parts.log.settled.deletion?.at !== undefined) return no('workspace-deleted');
  const { token, key, protocol, facts } = fitted.value;
  const version = negotiate(agentProtocol, protocol);
  if (!version.ok) return { problem: version.problem };
  const tokenDigest = enrolmentDigest(token);
  const malformed = !enrolTokenPattern.test(token);
  if (malformed || !rows(parts.log.settled.enrolments).some((enrolment) => enrolment.tokenDigest === tokenDigest)) {
    await recordStranger(parts, address, malformed ? 'malformed' : 'unknown');
    return no('enrolment-token');
  }
  if (!/^[A-Za-z0-9_-]{43}$/.test(key)) return no('agent-key', 'an Ed25519 public key has 32 bytes');
  const used = await parts.log.commit(useEnrolment({ tokenDigest, key, facts, address }));
  if (!used.ok) return { problem: used.problem };
  const { server, name } = used.value;
  const ca = parts.settings.caPem;
  return { server, name, gateway: parts.signer.publicKey, ...(ca === undefined ? {} : { ca }) };
}

const no = (code: ErrorCode, detail?: string): EnrolAnswer => ({ problem: refuse(code, detail).problem });

const minuteMs = 60_000;
const told = new WeakMap<Log, Map<string, number>>();

/** One record per peer and minute, so that nobody outside can fill the disk (A38). */
async function recordStranger({ log, clock }: EnrolParts, address: string, cause: 'unknown' | 'malformed'): Promise<void> {
  const peers = told.get(log) ?? new Map<string, number>();
  told.set(log, peers);
  const now = clock.mono();
  for (const [peer, at] of peers) if (now - at >= minuteMs) peers.delete(peer);
  if (peers.has(address)) return;
  peers.set(address, now);
  await log.commit(() => ({
    events: [
      { type: 'enrolment.refused', actor: { kind: 'stranger' }, outcome: 'denied', data: { cause }, personal: { address } },
    ],
    answer: undefined,
  }));
}
