// Separation of duties (S50): who can both ask for servers of a tier and approve what others ask for there, and whether one such approval is enough. Nobody
// approves a request of their own; this finds where two of these people could give each other everything. Pure: it asks whoever decides.
import type { Person } from '../identity/person.ts';
import { mostGrantMinutes } from '../protocol/access-nouns.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import type { Tier } from '../protocol/nouns.ts';
import type { AccessRequest } from './request.ts';
import { type Server, tierOf } from './server.ts';

/** What is asked of policy about somebody: whether they may, whatever they would have to prove. `request`: somebody else's, for that server. */
export type Asks = (
  person: Person,
  action: 'server.request' | 'request.review' | 'grant.single',
  server: Server,
  request: AccessRequest,
) => boolean;

/** `alone`: a single approval gives a grant there. */
export type BothDuties = { readonly person: Person; readonly tier: Tier; readonly alone: boolean };

const zeros = new Uint8Array(idRandomBytes);

/** Somebody else's request for one server at its highest level: of nobody who is here. */
const requestFor = (server: Server): AccessRequest => ({
  id: mintId('req', zeros),
  person: mintId('usr', zeros),
  terms: { servers: { name: server.name }, level: 'full', minutes: 60 },
  servers: [server.id],
  why: '',
  at: 0,
  expiresAt: mostGrantMinutes * 60_000,
  needs: 1,
  digest: '',
  state: 'pending',
  approvals: [],
});

/** Active people who may do both on some server of a tier, by name; `alone` where they may on one that takes a single approval. */
export function bothDuties(people: Iterable<Person>, servers: readonly Server[], may: Asks): readonly BothDuties[] {
  const found: BothDuties[] = [];
  for (const person of people) {
    if (person.status !== 'active') continue;
    const tiers = new Map<Tier, boolean>();
    for (const server of servers) {
      const tier = tierOf(server.labels);
      if (tiers.get(tier) === true) continue;
      const request = requestFor(server);
      if (!may(person, 'server.request', server, request) || !may(person, 'request.review', server, request)) continue;
      tiers.set(tier, may(person, 'grant.single', server, request));
    }
    for (const [tier, alone] of tiers) found.push({ person, tier, alone });
  }
  return found.toSorted((a, b) => (a.person.name < b.person.name ? -1 : a.person.name > b.person.name ? 1 : 0));
}
