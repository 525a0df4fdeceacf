// Separation of duties (S50), asked of the policies themselves: who could give access to whom by one word, on servers of which tier. Pure. Everybody is
// asked about at their strongest: with a fresh second factor, on a known device, from an allowed address.

import { type Server, tierOf } from './access/server.ts';
import { openReach } from './access/standing.ts';
import { settingsOf } from './audit/fold-access.ts';
import { rows, type State } from './audit/state.ts';
import type { Duty } from './check-line.ts';
import { type Facts, momentOf, type Placed, reachOf } from './policy/facts.ts';
import type { PolicySet } from './policy/in-force.ts';
import type { Judge } from './policy/judgements.ts';
import type { Instant } from './protocol/nouns.ts';

const tiers = ['normal', 'important', 'critical'] as const;

/** For each tier that a server has: who may do what alone. */
export function dutiesOf(state: State, { policies, judge }: PolicySet, now: Instant): readonly Duty[] {
  const reach = openReach(
    () => state.groups,
    () => state.accessVersion,
  );
  const people = rows(state.people).filter(({ status }) => status === 'active');
  // Servers that differ only in labels no policy speaks of are asked about once.
  const { tags: spoken } = policies.spoken;
  const alike = new Map<string, { readonly placed: Placed; readonly server: Server }>();
  const choices = new Map<object, number>();
  for (const server of rows(state.servers)) {
    const chosen = reach.chosen(server);
    // By the rules that choose a server, not by the names of their groups: a group can give one server more than another.
    const choice = choices.get(chosen) ?? choices.size;
    choices.set(chosen, choice);
    const placed: Placed = { tier: tierOf(server.labels), groups: chosen.names, tags: server.labels };
    const told = Object.entries(placed.tags).filter(([label]) => spoken === 'all' || spoken.has(label));
    alike.set(JSON.stringify([placed.tier, choice, told.toSorted()]), { placed, server });
  }
  const found = new Map<Placed['tier'], { readonly alone: Set<string>; readonly own: Set<string> }>();
  const moment = momentOf(now);
  const { factorRequired } = settingsOf(state);
  for (const { placed, server } of alike.values()) {
    const { tier, groups } = placed;
    const held = found.get(tier) ?? { alone: new Set(), own: new Set() };
    found.set(tier, held);
    for (const person of people) {
      const context: Facts['context'] = {
        reach: reachOf(reach.standing(person, server).level),
        factor: { enrolled: true, fresh: true },
        approved: false,
        device: { trusted: true, familiar: true },
        locked: false,
        closed: false,
        outside: false,
        breakGlass: false,
        factorRequired,
        trailStale: false,
        address: undefined,
        now: moment,
      };
      const principal = { id: person.id, role: person.role, status: person.status, groups: reach.groupsOf(person.id) };
      const may = (action: Parameters<Judge>[0], resource: Facts['resource']): boolean =>
        judge(action, { principal, resource, context }).verdict === 'allow';
      const reviews = (own: boolean): boolean => may('request.review', { kind: 'request', own, level: 'full', tier, groups });
      if (reviews(true)) held.own.add(person.name);
      const asks = (): boolean => may('server.request', { kind: 'server', ...placed });
      if (reviews(false) && asks() && may('grant.single', { kind: 'server', ...placed })) held.alone.add(person.name);
    }
  }
  return tiers.flatMap((tier) => {
    const held = found.get(tier);
    return held === undefined ? [] : [{ tier, alone: [...held.alone].toSorted(), own: [...held.own].toSorted() }];
  });
}
