// Access control over the link: what one asks, as requests, and the lists that are read.
import type { Result } from '../../gateway/protocol/errors.ts';
import type { Link } from '../link/link.ts';
import type { AccessAsk, AccessGiven } from '../model/access-ask.ts';
import type { ReadRoute, Told } from '../model/told.ts';

/** Sends what is asked for. Errors: those of the request. */
export async function requestAccess(link: Link, what: AccessAsk): Promise<Result<AccessGiven>> {
  switch (what.ask) {
    case 'request':
      return gave(await link.request('access.request', { terms: what.terms, why: what.why }), ({ request }) => ({
        ask: 'request',
        request,
      }));
    case 'approve': {
      const terms = what.terms === undefined ? {} : { terms: what.terms };
      return gave(
        await link.request('access.approve', { request: what.request, digest: what.digest, ...terms }),
        ({ request, grant }) => ({ ask: 'approve', request, grant }),
      );
    }
    case 'deny':
      return gave(await link.request('access.deny', { request: what.request, why: what.why }), () => ({ ask: 'deny' }));
    case 'withdraw':
      return gave(await link.request('access.withdraw', { request: what.request }), () => ({ ask: 'withdraw' }));
    case 'prolong':
      return gave(await link.request('grant.extend', { grant: what.grant, why: what.why }), ({ grant, request }) => ({
        ask: 'prolong',
        grant,
        request,
      }));
    case 'revoke-grant':
      return gave(await link.request('grant.revoke', { grant: what.grant, why: what.why }), ({ sessions }) => ({
        ask: 'revoke-grant',
        ended: sessions,
      }));
    case 'set-role':
      return gave(await link.request('person.set', { person: what.person, role: what.role, why: what.why }), () => ({
        ask: 'set-role',
      }));
    case 'set-status':
      return gave(await link.request('person.set', { person: what.person, status: what.status, why: what.why }), () => ({
        ask: 'set-status',
      }));
    case 'revoke-device':
      return gave(await link.request('device.revoke', { device: what.device, why: what.why }), ({ logins }) => ({
        ask: 'revoke-device',
        ended: logins,
      }));
    case 'revoke-login':
      return gave(await link.request('login.revoke', { login: what.login, why: what.why }), ({ sessions }) => ({
        ask: 'revoke-login',
        ended: sessions,
      }));
    case 'admit':
      return gave(await link.request('breakglass.approve', { entrance: what.entrance, why: what.why }), () => ({ ask: 'admit' }));
    case 'find':
      return gave(await link.request('breakglass.review', { entrance: what.entrance, finding: what.finding }), () => ({
        ask: 'find',
      }));
    case 'judge': {
      const { campaign, item, answer, why } = what;
      return gave(await link.request('campaign.answer', { campaign, item, answer, why }), () => ({ ask: 'judge' }));
    }
    case 'start-review':
      return gave(await link.request('campaign.start', { name: what.name, days: what.days, why: what.why }), () => ({
        ask: 'start-review',
      }));
    case 'batch': {
      const { code, servers, minutes, why } = what;
      return gave(await link.request('factor.batch', { code, servers, minutes, why }), (given) => ({
        ask: 'batch',
        until: given.until,
        count: given.servers,
      }));
    }
    case 'explain': {
      const person = what.person === undefined ? {} : { person: what.person };
      const target = what.target === undefined ? {} : { target: what.target };
      return gave(await link.request('policy.explain', { action: what.action, ...person, ...target }), (given) => ({
        ask: 'explain',
        given,
      }));
    }
    default:
      return what satisfies never;
  }
}

/** `whose`: of that person, where lists are of persons; else it is only carried along. */
export async function readList(link: Link, route: ReadRoute, whose: string | undefined): Promise<Result<Told>> {
  const of = whose === undefined ? {} : { person: whose };
  switch (route) {
    case 'people':
      return gave(await link.request('person.list', {}), ({ people: rows }) => ({ route, whose, rows }));
    case 'groups':
      return gave(await link.request('group.list', {}), ({ groups: rows }) => ({ route, whose, rows }));
    case 'policies':
      return gave(await link.request('policy.list', {}), ({ policies: rows, added: _added, ...policySet }) => ({
        route,
        whose,
        rows,
        policySet,
      }));
    case 'locks':
      return gave(await link.request('lock.list', {}), ({ locks: rows }) => ({ route, whose, rows }));
    case 'devices':
      return gave(await link.request('device.list', of), ({ devices: rows }) => ({ route, whose, rows }));
    case 'logins':
      return gave(await link.request('login.list', of), ({ logins: rows }) => ({ route, whose, rows }));
    case 'breakglass':
      return gave(await link.request('breakglass.list', {}), ({ entrances: rows, sealedLeft }) => ({
        route,
        whose,
        rows,
        sealedLeft,
      }));
    case 'reviews':
      return gave(await link.request('campaign.list', {}), ({ campaigns }) => ({
        route,
        whose,
        rows: campaigns.flatMap(({ items, ...campaign }) => items.map((item) => ({ ...item, campaign }))),
      }));
    default:
      return route satisfies never;
  }
}

export function gave<T, G>(answer: Result<T>, make: (value: T) => G): Result<G> {
  return answer.ok ? { ok: true, value: make(answer.value) } : answer;
}
