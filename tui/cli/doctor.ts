// What stands between this terminal and the gateway, hop by hop: each a line, the first that fails names what to do.
import { lookup } from 'node:dns/promises';
import { exitCodeOf, type Problem, problemSentence } from '../../gateway/protocol/errors.ts';
import { programVersion } from '../../gateway/protocol/version.ts';
import { gatewayAddress } from '../link/address.ts';
import { openLink } from '../link/link.ts';
import type { Run } from './command.ts';
import { authorityOf, credentialsOf, credentialsPath } from './connect.ts';
import { howLong } from './face.ts';
import { readArgs } from './globals.ts';

type Hop = { readonly hop: string; readonly ok: boolean; readonly says: string };

/** More is enough to spoil second factors and expiry times. */
const clockMs = 10_000;

export const doctor: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  const hops: Hop[] = [];
  let first: Problem | undefined;
  const good = (hop: string, says: string): void => void hops.push({ hop, ok: true, says });
  const bad = (hop: string, problem: Problem): void => {
    first ??= problem;
    hops.push({ hop, ok: false, says: problemSentence(problem) });
  };
  const done = (): { ok: true; value: number } => {
    face.document({ ok: first === undefined, hops });
    face.table(
      ['HOP', '', 'FINDING'],
      hops.map(({ hop, ok, says }) => [hop, { text: ok ? 'ok' : 'BAD', paint: ok ? 'good' : 'bad' }, says]),
    );
    return { ok: true, value: first === undefined ? 0 : exitCodeOf(first) };
  };

  good('program', `sallyport ${programVersion} on Node ${process.versions.node}, ${process.platform}-${process.arch}`);
  const path = credentialsPath(face);
  const credentials = await credentialsOf(face);
  if (!credentials.ok) bad('credentials', credentials.problem);
  else if (credentials.value === undefined)
    good('credentials', `none at ${path.ok ? path.value : 'that name'}; sallyport login makes them`);
  else
    good(
      'credentials',
      `for ${credentials.value.gateway.name}, ${credentials.value.token === undefined ? 'signed out' : (credentials.value.person ?? 'signed in')}`,
    );
  const known = credentials.ok ? credentials.value : undefined;
  const url = face.globals.gateway ?? known?.gateway.url;
  if (url === undefined) {
    bad('address', { code: 'usage', detail: 'no gateway is known: give --gateway URL' });
    return done();
  }
  const address = gatewayAddress(url);
  if (!address.ok) {
    bad('address', address.problem);
    return done();
  }
  const { hostname } = new URL(address.value.url);
  try {
    const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true });
    good('name', `${hostname} is ${found.map((one) => one.address).join(', ')}`);
  } catch {
    // A proxy may still find it.
    hops.push({ hop: 'name', ok: false, says: `${hostname} is not found from here (a proxy may know it)` });
  }
  const ca = await authorityOf(face);
  if (!ca.ok) {
    bad('authority', ca.problem);
    return done();
  }
  const askedAt = Date.now();
  const opened = await openLink({ url, ca: ca.value, credentials: known, env: face.env });
  if (!opened.ok) {
    bad(opened.problem.code === 'untrusted' ? 'TLS' : 'gateway', opened.problem);
    return done();
  }
  const link = opened.value;
  const state = link.state();
  if (state.state === 'open') {
    const { welcome, self } = state;
    good('TLS', address.value.secure ? `the certificate of ${hostname} is trusted` : 'none: a gateway on this machine itself');
    good(
      'gateway',
      `${welcome.name}, version ${welcome.version}, protocol ${welcome.protocol}, ${Math.round(link.roundTripMs() ?? 0)} ms away`,
    );
    if (known !== undefined) good('key', 'the gateway has the key it had at your first sign-in');
    const skew = Math.abs(welcome.at - (askedAt + Date.now()) / 2);
    if (skew > clockMs)
      hops.push({ hop: 'clock', ok: false, says: `this clock and the gateway's are ${howLong(skew)} apart: codes will not fit` });
    else good('clock', `within ${Math.round(skew)} ms of the gateway's`);
    if (self === undefined) bad('sign-in', state.problem ?? { code: 'not-signed-in' });
    else
      good(
        'sign-in',
        `${self.name} (${self.role}), for another ${howLong(self.loginExpiresAt - Date.now())}; second factor: ${self.factor}`,
      );
  }
  link.close();
  return done();
};
