// The lines of the checklist about who comes in, and how: TLS, certificates, the identity provider, time-outs, people and their second factors. Pure.
import {
  type CheckedPerson,
  type CheckFacts,
  type CheckLine,
  day,
  dayOf,
  fail,
  hour,
  minute,
  pass,
  some,
  span,
  unknown,
} from './check-line.ts';
import { isLoopback, listenAddress } from './config.ts';
import { errors } from './protocol/errors.ts';
import type { Instant } from './protocol/nouns.ts';

/** A server certificate is made anew at a start from here on; an authority cannot be changed as easily. */
const leastServerMs = 30 * day;
const leastAuthorityMs = 180 * day;
/** An invitation that nobody has taken up by then is forgotten rather than awaited. */
const longestInviteMs = 14 * day;
/** T7, and TRUST §0 for the lives of ptys by tier. */
const mostLoginMs = 12 * hour;
const mostLoginIdleMs = 30 * minute;
const mostSessionMs = { normal: 24 * hour, important: 24 * hour, critical: 8 * hour } as const;

export function tlsLine({ config, data }: CheckFacts): CheckLine {
  const id = 'tls';
  if (config.tls) return pass(id, 'TLS is on.');
  return isLoopback(listenAddress(config.listen).host)
    ? pass(id, 'TLS is off, and the gateway listens on loopback only.')
    : fail(
        id,
        `TLS is off, and the gateway listens on ${config.listen}.`,
        `set "tls": true in ${data}/config.json, and restart the gateway`,
      );
}

export function certificateLine({ certificates, config, now }: CheckFacts): CheckLine {
  const id = 'certificate';
  if (!config.tls) return pass(id, 'There is no certificate to end: TLS is off.');
  if (!certificates.ok)
    return fail(
      id,
      `The certificates cannot be used: ${certificates.problem.detail ?? certificates.problem.code}.`,
      'bring them back from the backup',
    );
  const { authority, server } = certificates.value;
  if (authority - now < leastAuthorityMs)
    return fail(
      id,
      `The certificate authority ends on ${dayOf(authority)}, and nothing it signed is good after that.`,
      'sallyport-gateway init in a new folder, and enrol the servers there: an authority cannot be renewed in place',
    );
  if (server === undefined)
    return pass(id, `The certificate is made when the gateway starts; its authority is good until ${dayOf(authority)}.`);
  return server - now < leastServerMs
    ? fail(id, `The certificate of the gateway ends on ${dayOf(server)}.`, 'restart the gateway: it makes a new one')
    : pass(id, `The certificate of the gateway is good until ${dayOf(server)}, its authority until ${dayOf(authority)}.`);
}

export function issuerLine({ config, data }: CheckFacts): CheckLine {
  const id = 'issuer';
  const { issuer } = config.provider;
  const url = URL.parse(issuer);
  if (url?.protocol === 'https:') return pass(id, 'The identity provider is reached by https.');
  return url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
    ? pass(id, 'The identity provider is reached by plain http, on this machine only.')
    : fail(
        id,
        `The identity provider is not reached by https: ${issuer}.`,
        `set provider.issuer in ${data}/config.json to its https address`,
      );
}

export function providerLine({ provider, config }: CheckFacts): CheckLine {
  const id = 'provider';
  const look = `curl ${config.provider.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  if (!provider.ok) {
    const { code, detail } = provider.problem;
    return fail(id, `${errors[code].sentence}${detail === undefined ? '' : ` (${detail})`}`, look);
  }
  const { algorithms, keys } = provider.value;
  if (keys === 0) return fail(id, 'The identity provider publishes no keys: no signature of it can be checked.', look);
  return pass(
    id,
    `The identity provider answers, signs with ${algorithms.join(', ')}, and publishes ${keys === 1 ? 'a key' : `${keys} keys`}.`,
  );
}

export function deviceLine({ provider }: CheckFacts): CheckLine {
  const id = 'device-flow';
  const fix = 'switch the device authorization grant (RFC 8628) on at the identity provider';
  if (!provider.ok) return unknown(id, 'Whether the identity provider offers sign-in by code cannot be told.', fix);
  return provider.value.deviceFlow
    ? pass(id, 'The identity provider offers sign-in by code.')
    : fail(id, 'The identity provider does not offer sign-in by code: nobody can sign in.', fix);
}

export function timeoutsLine({ config, data }: CheckFacts): CheckLine {
  const id = 'timeouts';
  const { loginMs, loginIdleMs, sessionMs, idleMs } = config.limits;
  const wrong: string[] = [];
  const most = (name: string, value: number, bound: number): void => {
    if (value > bound) wrong.push(`${name} is ${span(value)}, more than ${span(bound)}`);
  };
  most('loginMs', loginMs, mostLoginMs);
  most('loginIdleMs', loginIdleMs, mostLoginIdleMs);
  for (const tier of ['normal', 'important', 'critical'] as const) {
    most(`sessionMs.${tier}`, sessionMs[tier], mostSessionMs[tier]);
    most(`idleMs.${tier}`, idleMs[tier], mostSessionMs[tier]);
  }
  return wrong.length > 0
    ? fail(
        id,
        `Time-outs are too long: ${wrong.join('; ')}.`,
        `lower them under "limits" in ${data}/config.json, and restart the gateway`,
      )
    : pass(id, `Sign-ins end after ${span(loginMs)}, idle ones after ${span(loginIdleMs)}; sessions end by tier.`);
}

const peopleIds = ['superusers', 'superuser-factors', 'factor-required', 'invitations'] as const;

export function peopleLines({ people, factorRequired, now, data }: CheckFacts): readonly CheckLine[] {
  if (people === undefined || factorRequired === undefined)
    return peopleIds.map((id) =>
      unknown(id, 'It stands in the log, which cannot be believed.', `sallyport-gateway verify --data ${data}`),
    );
  const superusers = people.filter(({ role, status }) => role === 'superuser' && status === 'active');
  const bare = superusers.filter(({ hasFactor }) => !hasFactor).map(({ name }) => name);
  const factorless = people.filter(({ status, hasFactor }) => status === 'active' && !hasFactor).length;
  return [
    superusers.length >= 2
      ? pass('superusers', `There are ${superusers.length} active superusers: one can help another.`)
      : fail(
          'superusers',
          superusers.length === 0
            ? 'No superuser has signed in yet.'
            : `${superusers[0]?.name ?? ''} is the only active superuser: nobody can help if the authenticator is lost.`,
          superusers.length === 0
            ? 'sallyport login, as the first superuser'
            : 'sallyport users add NAME --email WHO --role superuser',
        ),
    bare.length === 0
      ? superusers.length === 0
        ? unknown('superuser-factors', 'No superuser is active yet.', 'sallyport login, then: sallyport totp enroll')
        : pass('superuser-factors', 'Every active superuser has a second factor.')
      : fail('superuser-factors', `Without a second factor: ${some(bare)}.`, 'each of them: sallyport totp enroll'),
    factorRequired
      ? pass('factor-required', 'A second factor is required of everybody.')
      : fail(
          'factor-required',
          `A second factor is not required of everybody${factorless === 0 ? '' : `; active people without one: ${factorless}`}.`,
          'sallyport settings set factor-required on --why WORDS',
        ),
    invitationsLine(people, now, data),
  ];
}

function invitationsLine(people: readonly CheckedPerson[], now: Instant, data: string): CheckLine {
  const id = 'invitations';
  const invited = people.filter(({ status }) => status === 'invited');
  const stale = invited.filter(({ addedAt }) => addedAt !== undefined && now - addedAt > longestInviteMs);
  if (stale.length > 0)
    return fail(
      id,
      `Invited more than ${span(longestInviteMs)} ago, and never came: ${some(stale.map(({ name }) => name))}.`,
      `sallyport users rm ${stale[0]?.name ?? 'NAME'} --why WORDS`,
    );
  if (invited.some(({ addedAt }) => addedAt === undefined))
    return unknown(id, 'The log does not say since when somebody is invited.', `sallyport-gateway verify --data ${data}`);
  return pass(id, `Nobody is invited for more than ${span(longestInviteMs)}.`);
}

/**
 * S50. On critical servers two people must not be able to serve each other; elsewhere one approval may be enough, which is said. Approving for oneself
 * is wrong everywhere.
 */
export function dutiesLine({ duties, data }: CheckFacts): CheckLine {
  const id = 'separation-of-duties';
  if (duties === undefined)
    return unknown(
      id,
      'Who may give access to whom cannot be told: the log cannot be believed, or its policies do not fit this program.',
      `sallyport-gateway verify --data ${data}`,
    );
  const own = duties.find((duty) => duty.own.length > 0);
  if (own !== undefined)
    return fail(
      id,
      `May approve a request of their own on ${own.tier} servers: ${some(own.own)}.`,
      'sallyport policy apply FILE, without the policy that permits it',
    );
  const critical = duties.find(({ tier, alone }) => tier === 'critical' && alone.length >= 2);
  if (critical !== undefined)
    return fail(
      id,
      `May give each other access to critical servers without a third person: ${some(critical.alone)}.`,
      'sallyport policy apply FILE, with one that forbids grant.single there',
    );
  const most = Math.max(0, ...duties.filter(({ tier }) => tier !== 'critical').map(({ alone }) => alone.length));
  return pass(
    id,
    `Nobody approves for themselves, and no two give each other critical servers${most < 2 ? '' : `; on others one approval is enough, and ${most} people may both ask and approve`}.`,
  );
}
