import { expect, test } from 'vitest';
import { reachProblem } from './reach.ts';

const failure = (code: string | undefined, message = 'words') =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

test('S15 each kind of trouble on the way to the gateway has its own word', () => {
  const cases = [
    [failure('ENOTFOUND'), 'unreachable', 'dns: words'],
    [failure('EAI_AGAIN'), 'unreachable', 'dns: words'],
    [failure('ECONNREFUSED'), 'unreachable', 'tcp: words'],
    [failure('ETIMEDOUT'), 'unreachable', 'tcp: words'],
    [failure('DEPTH_ZERO_SELF_SIGNED_CERT'), 'untrusted', 'tls: words'],
    [failure('ERR_TLS_CERT_ALTNAME_INVALID'), 'untrusted', 'tls: words'],
    [failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'untrusted', 'tls: words'],
    [failure('ERR_PROXY_TUNNEL'), 'unreachable', 'proxy: words'],
    [failure(undefined, 'Unexpected server response: 503'), 'unreachable', 'http: Unexpected server response: 503'],
    [
      Object.assign(new AggregateError([failure('ECONNREFUSED', 'connect refused')], ''), { code: 'ECONNREFUSED' }),
      'unreachable',
      'tcp: connect refused',
    ],
  ] as const;
  for (const [error, code, detail] of cases) expect(reachProblem(error)).toEqual({ ok: false, problem: { code, detail } });
});
