// From a one-use token to an identity (G1, G3, A9): the key is made here and only its public half leaves; the gateway's CA is trusted because the
// token names its digest, the gateway's key because it came over that TLS connection.
import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { Agent as HttpsAgent, request as secureRequest } from 'node:https';
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { enrolAnswer, enrolTokenPattern } from '../gateway/protocol/agent.ts';
import { problemSentence, type Result, refuse } from '../gateway/protocol/errors.ts';
import { fit, parseJson } from '../gateway/protocol/json.ts';
import { agentProtocol } from '../gateway/protocol/version.ts';
import { gatewayOrigin } from './config.ts';
import { readFacts } from './host.ts';
import { type Identity, makeKey, readIdentity, writeIdentity } from './identity.ts';
import { proxiedAgent } from './link.ts';
import { reachProblem } from './reach.ts';

export type EnrolRequest = {
  /** What the person typed. */
  readonly gateway: string;
  readonly token: string;
  readonly state: string;
  /** PEM file of the gateway's CA, when it is at hand. */
  readonly caFile?: string;
};

const TIMEOUT_MS = 15_000;
const MOST_ANSWER_BYTES = 128 * 1024;

/** Enrols this server once and writes its identity. Every failure is a value; the token is spent only when the gateway says so. */
export async function enrol(asked: EnrolRequest): Promise<Result<Identity>> {
  const origin = gatewayOrigin(asked.gateway);
  if (!origin.ok) return origin;
  const digest = enrolTokenPattern.exec(asked.token)?.[1];
  if (digest === undefined) return refuse('enrolment-token', 'it is not whole; copy all of it, it begins with spe_');
  if ((await readIdentity(asked.state)).ok)
    return refuse('exists', `${asked.state} holds an identity already; remove it or use another --state`);
  const folder = await mkdir(asked.state, { recursive: true, mode: 0o700 }).catch((error: Error) => error);
  if (folder instanceof Error) return refuse('credentials', folder.message);
  const ca = await authority(origin.value, digest, asked.caFile);
  if (!ca.ok) return ca;
  const { privateKey, publicKey } = makeKey();
  const answer = await post(origin.value, ca.value, {
    token: asked.token,
    key: publicKey,
    protocol: agentProtocol,
    facts: readFacts(),
  });
  if (!answer.ok) return answer;
  const reply = fit(enrolAnswer, answer.value);
  if (!reply.ok) return reply;
  if ('problem' in reply.value)
    return refuse(reply.value.problem.code, reply.value.problem.detail ?? problemSentence(reply.value.problem));
  const { server, name, gateway } = reply.value;
  const identity: Identity = {
    version: 1,
    server,
    name,
    gateway: origin.value,
    gatewayKey: gateway,
    privateKey,
    ...(ca.value === undefined ? {} : { ca: ca.value }),
  };
  const written = await writeIdentity(asked.state, identity);
  return written.ok ? { ok: true, value: identity } : written;
}

/** True when the certificate's SHA-256 begins with the digest a token names. */
function hasDigest(certificate: Uint8Array, digest: string): boolean {
  return createHash('sha256').update(certificate).digest('hex').startsWith(digest);
}

/** The CA to verify the gateway with: undefined on plain loopback, or when the token names none and the system's are meant. */
async function authority(origin: string, digest: string, caFile: string | undefined): Promise<Result<string | undefined>> {
  if (!origin.startsWith('https:')) return { ok: true, value: undefined };
  if (caFile !== undefined) {
    const pem = await readFile(caFile, 'utf8').catch(() => undefined);
    if (pem === undefined) return refuse('untrusted', `${caFile} cannot be read`);
    const certificate = parseCertificate(pem);
    if (certificate === undefined) return refuse('untrusted', `${caFile} holds no certificate`);
    if (digest !== 'none' && !hasDigest(certificate.raw, digest))
      return refuse('untrusted', `${caFile} is not the CA the token names`);
    return { ok: true, value: pem };
  }
  return digest === 'none' ? { ok: true, value: undefined } : fetchAuthority(origin, digest);
}

/**
 * Looks at the chain a gateway shows, before trusting it, for the CA whose digest stands in the token. Nothing is sent on this connection: it is
 * closed as soon as the chain is seen, and the real one is verified with what was found.
 */
function fetchAuthority(origin: string, digest: string): Promise<Result<string | undefined>> {
  return new Promise((resolve) => {
    const agent = new HttpsAgent({ proxyEnv: process.env, minVersion: 'TLSv1.2', rejectUnauthorized: false });
    const look = secureRequest(origin, { agent, method: 'HEAD', timeout: TIMEOUT_MS });
    look.on('socket', (socket) => {
      const seen = (): void => {
        if (!(socket instanceof TLSSocket)) return;
        const found = chainOf(socket.getPeerCertificate(true)).find((raw) => hasDigest(raw, digest));
        resolve(
          found === undefined
            ? refuse('untrusted', 'the gateway does not show the CA the token names')
            : { ok: true, value: new X509Certificate(found).toString() },
        );
        look.destroy();
      };
      if (socket instanceof TLSSocket && socket.getPeerCertificate().raw !== undefined) seen();
      else socket.once('secureConnect', seen);
    });
    look.on('timeout', () => look.destroy(new Error('no answer')));
    look.on('error', (error) => resolve(reachProblem(error)));
    look.on('close', () => resolve(refuse('unreachable', 'the connection was closed')));
  });
}

function chainOf(leaf: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = [];
  let at: DetailedPeerCertificate | undefined = leaf;
  while (at?.raw !== undefined && chain.length < 8) {
    chain.push(at.raw);
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate;
  }
  return chain;
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function post(origin: string, ca: string | undefined, body: object): Promise<Result<unknown>> {
  return new Promise((resolve) => {
    const text = JSON.stringify(body);
    const options = {
      method: 'POST',
      timeout: TIMEOUT_MS,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    };
    const address = new URL('/enroll', origin);
    const call =
      address.protocol === 'https:'
        ? secureRequest(address, { ...options, agent: proxiedAgent(ca) })
        : plainRequest(address, options);
    call.on('response', (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        answer += piece;
        if (answer.length > MOST_ANSWER_BYTES) call.destroy(new Error('the answer is too long'));
      });
      response.on('end', () => {
        const json = parseJson(answer);
        resolve(json.ok ? json : refuse('unreachable', `http: the gateway answered ${response.statusCode ?? 0}`));
      });
    });
    call.on('timeout', () => call.destroy(new Error('no answer in time')));
    call.on('error', (error) => resolve(reachProblem(error)));
    call.end(text);
  });
}
