// Why an agent is offline, one cause at a time, each with an exit code of its own for scripts (S15). Speaks to the gateway as far as its proof,
// never gives its own: a running agent is not disturbed.
import { conflictProblem, type Testimony } from '../gateway/audit/testimony.ts';
import { type Problem, problemSentence, type Result } from '../gateway/protocol/errors.ts';
import { readIdentity } from './identity.ts';
import { probeGateway } from './link.ts';
import type { ReachCause } from './reach.ts';
import { readStatus } from './status.ts';
import { readWitness } from './witness.ts';

/** Exit codes of `doctor`; 0 = nothing found. Apart from those of other commands (DESIGN §4). */
export const doctorExits = {
  identity: 10,
  dns: 11,
  tcp: 12,
  tls: 13,
  proxy: 14,
  http: 15,
  'gateway-key': 16,
  'agent-key': 17,
  version: 18,
  handshake: 19,
  stopped: 20,
  witness: 21,
} as const;
type Finding = keyof typeof doctorExits;

export type Check = { readonly name: string; readonly ok: boolean; readonly says: string; readonly finding?: Finding };

export async function examine(state: string): Promise<Check[]> {
  const identity = await readIdentity(state);
  if (!identity.ok) return [{ name: 'identity', ok: false, says: problemSentence(identity.problem), finding: 'identity' }];
  const { server, name, gateway } = identity.value;
  const checks: Check[] = [{ name: 'identity', ok: true, says: `${name} (${server}), enrolled at ${gateway}` }];
  checks.push({ name: 'proxy', ok: true, says: proxyInUse(gateway) });
  const probe = await probeGateway(identity.value);
  if (!probe.ok)
    return [...checks, { name: 'gateway', ok: false, says: problemSentence(probe.problem), finding: findingOf(probe.problem) }];
  checks.push({ name: 'gateway', ok: true, says: 'reached, and it proved the key this agent was enrolled with' });
  checks.push(witnessCheck(await readWitness(state)));
  const { running, report } = await readStatus(state);
  const key = report?.problem?.code;
  if (key === 'agent-key' || key === 'agent-duplicate' || key === 'not-found') {
    checks.push({ name: 'key', ok: false, says: problemSentence({ code: key }), finding: 'agent-key' });
  }
  const connected = running && report?.connection === 'connected';
  checks.push(
    running
      ? { name: 'agent', ok: true, says: connected ? 'running and connected' : 'running, not connected just now' }
      : { name: 'agent', ok: false, says: `not running; start it: sallyport-agent run --state ${state}`, finding: 'stopped' },
  );
  return checks;
}

function witnessCheck(witness: Result<Testimony | undefined>): Check {
  const wrong = witness.ok ? conflictProblem(witness.value) : witness.problem;
  if (wrong !== undefined || !witness.ok)
    return { name: 'witness', ok: false, says: wrong === undefined ? '' : problemSentence(wrong), finding: 'witness' };
  const held = witness.value?.held;
  return {
    name: 'witness',
    ok: true,
    says:
      held === undefined ? 'no head of its log is held yet' : `holds its log up to record ${held.size - 1}, epoch ${held.epoch}`,
  };
}

function findingOf(problem: Problem): Finding {
  if (problem.code === 'gateway-key' || problem.code === 'agent-key' || problem.code === 'version') return problem.code;
  const causes: readonly ReachCause[] = ['dns', 'tcp', 'tls', 'proxy', 'http'];
  return causes.find((cause) => problem.detail?.startsWith(`${cause}: `)) ?? (problem.code === 'untrusted' ? 'tls' : 'handshake');
}

/** Which proxy a connection to this gateway goes through, without the password it may hold. */
function proxyInUse(gateway: string): string {
  const proxy = process.env['https_proxy'] ?? process.env['HTTPS_PROXY'];
  if (!gateway.startsWith('https:') || proxy === undefined || proxy === '') return 'none';
  if (!URL.canParse(proxy)) return 'HTTPS_PROXY is set but is no address';
  const url = new URL(proxy);
  const except = process.env['no_proxy'] ?? process.env['NO_PROXY'];
  return `${url.protocol}//${url.host}${except === undefined ? '' : ` (except ${except})`}`;
}
