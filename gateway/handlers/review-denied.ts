// review.denied: what was refused in the last days, grouped, each with a drafted rule (S80). Whether a policy forbids it, or nothing permits it, is asked
// of the enforcement point as for somebody who has just proven a second factor: what still says no then is no step-up.
//
// Known limit: a denial is judged with the people, groups and labels of now; what was so then is in the log only as far as the denial names it.
import { type Denial, type DeniedPerson, type DeniedPlace, type DeniedThing, openDenials } from '../access/denied.ts';
import { draftRule, type Fleet } from '../access/denied-draft.ts';
import { type Server, tierOf } from '../access/server.ts';
import { namesIn } from '../audit/names.ts';
import { inSlices, turnTaker } from '../audit/slices.ts';
import { rows } from '../audit/state.ts';
import type { Person } from '../identity/person.ts';
import { placeOf } from '../identity/place.ts';
import { type Action, actions } from '../policy/actions.ts';
import { type Caller, type Target, targetId } from '../policy/decision.ts';
import type { DeniedGroup as DeniedRow } from '../protocol/access-nouns.ts';
import { fine } from '../protocol/errors.ts';
import type { EventData } from '../protocol/events.ts';
import { idRandomBytes, mintId } from '../protocol/ids.ts';
import { type Instant, type Labels, type Tier, tiers } from '../protocol/nouns.ts';
import { workspace } from './administration.ts';
import type { Handler, Parts } from './call.ts';
import { lookBack, recordReading } from './look-back.ts';
import { reachOf } from './reach.ts';
import { targetNamed } from './resolve.ts';

const dayMs = 86_400_000;
const mostGroups = 100;
const mostNames = 16;
/** Judged apart: so many people with so many things; beyond, like the others of their group. */
const mostJudged = 5000;

export const deniedReview: Handler<'review.denied'> = async (call, { days }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'review.see', workspace, request);
  if (!allowed.ok) return allowed;
  await recordReading(call, `type:access.denied since:${days}d`);
  const judge = openJudge(parts);
  const denials = openDenials();
  for await (const { event, record, personal } of lookBack(parts, parts.clock.now() - days * dayMs)) {
    if (event.type !== 'access.denied' && !(event.type === 'access.challenged' && asksForApproval(event.data.missing))) continue;
    const person = record.actor.kind === 'person' ? parts.log.settled.people[record.actor.id] : undefined;
    if (person === undefined) continue;
    const address = typeof personal?.['address'] === 'string' ? personal['address'] : '';
    denials.add(judge(person, event.data, event.at, address));
  }
  const fleet = await fleetOf(parts);
  const groups: DeniedRow[] = [];
  const turns = turnTaker(() => parts.clock.mono());
  for (const group of denials.groups().slice(0, mostGroups)) {
    const names = [...group.targets.values()].map(({ name }) => name);
    groups.push({
      action: group.action,
      policies: [...group.policies],
      missing: [...group.missing],
      count: group.count,
      people: [...group.people.values()].slice(0, mostNames).map(({ name }) => name),
      targets: names.slice(0, mostNames),
      lastAt: group.lastAt,
      draft: draftRule(group, fleet),
      ...(group.closedBy.length === 0 ? {} : { closedBy: [...group.closedBy] }),
    });
    const turn = turns();
    if (turn !== undefined) await turn;
  }
  return fine({ groups });
};

/** What more proof would not have opened. */
const asksForApproval = (missing: readonly string[]): boolean => missing.some((words) => !words.startsWith('a second factor'));

const isAction = (text: string): text is Action => Object.hasOwn(actions, text);

type Judged = Pick<Denial, 'now' | 'hidden' | 'closedBy'> & { readonly target: Denial['target'] };
type Said = EventData<'access.denied'>;

/** Gives a record of a denial as the review sees it. */
function openJudge(parts: Parts) {
  const known = new Map<string, Judged>();
  return (person: Person, said: Said, at: Instant, address: string): Denial => {
    const key = `${person.id} ${said.action} ${said.target ?? ''} ${said.policies.join(' ')}`;
    let judged = known.get(key);
    if (judged === undefined) {
      judged = judgedNow(parts, person, said, address);
      if (known.size < mostJudged) known.set(key, judged);
    }
    return {
      ...judged,
      action: said.action,
      policies: said.policies,
      missing: said.missing,
      at,
      person: personLook(parts, person),
    };
  };
}

const personLook = (parts: Parts, { id, name, role }: Person): DeniedPerson => ({
  id,
  name,
  role,
  groups: reachOf(parts.log).groupsOf(id),
});

function judgedNow(parts: Parts, person: Person, { action, target: id, policies }: Said, address: string): Judged {
  const nothing = {
    id: '',
    name: id === undefined ? '' : namesIn(parts.log.settled).any(id),
    thing: { kind: 'nothing' },
  } as const;
  const target = isAction(action) ? targetOf(parts, action, id) : undefined;
  if (target === undefined || !isAction(action)) return { now: 'gone', hidden: false, closedBy: [], target: nothing };
  const now = parts.enforcer.explain(proven(parts, person, address, action, target), action, target).decision;
  const bare = parts.enforcer.explain(unproven(parts, person, address), action, target).decision;
  // What forbids until a factor is proven is no closed door.
  const stepUp = bare.policies.filter((policy) => !now.policies.includes(policy));
  const still = now.verdict === 'allow' || now.verdict === 'challenge' ? [] : now.policies;
  const then = now.verdict === 'allow' ? [] : policies.filter((policy) => !stepUp.includes(policy));
  return {
    now: now.verdict === 'allow' || now.verdict === 'challenge' ? 'allowed' : 'denied',
    hidden: now.hidden,
    closedBy: [...new Set([...still, ...then])].toSorted(),
    target: { id: targetId(target) ?? target.kind, name: nameOf(parts, target), thing: thingOf(parts, person, target) },
  };
}

function targetOf(parts: Parts, action: Action, id: string | undefined): Target | undefined {
  const { target: kind } = actions[action];
  if (kind === 'workspace' || kind === 'self') return { kind };
  if (id === undefined) return kind === 'person' ? { kind, person: undefined } : undefined;
  const target = targetNamed(parts.log.settled, kind, id, () => true);
  return target === 'ambiguous' ? undefined : target;
}

function nameOf(parts: Parts, target: Target): string {
  const id = targetId(target);
  return id === undefined ? '' : namesIn(parts.log.settled).any(id.split('#')[0] ?? '');
}

/** As they would ask from their last device, which never proved anything, at an address that is new. */
function unproven({ log, clock, chance }: Parts, person: Person, address: string): Caller {
  const login = rows(log.settled.logins).findLast((one) => one.person === person.id);
  const device = login === undefined ? undefined : log.settled.devices[login.device];
  const now = clock.now();
  const id = device?.id ?? mintId('dev', chance.bytes(idRandomBytes));
  const { addresses: _, ...rest } = person;
  return {
    person: rest,
    device: { id, person: person.id, key: '', machine: '', registeredAt: now, trustedAt: undefined },
    login: {
      id: login?.id ?? mintId('lgn', chance.bytes(idRandomBytes)),
      person: person.id,
      device: id,
      tokenDigest: '',
      startedAt: now,
      expiresAt: now,
      idleMs: 0,
      proofs: [],
      refresh: undefined,
      address,
    },
    address,
  };
}

/** The same, having just proven a second factor for this very action. */
function proven(parts: Parts, person: Person, address: string, action: Action, target: Target): Caller {
  const bare = unproven(parts, person, address);
  const now = parts.clock.now();
  const place = placeOf(address);
  const factor = person.factor ?? { secretDigest: '', enrolledAt: 0, lastStep: 0, recoveryDigests: [] };
  return {
    ...bare,
    person: { ...bare.person, factor, ...(place === undefined ? {} : { addresses: [place] }) },
    device: { ...bare.device, trustedAt: now },
    login: { ...bare.login, proofs: [{ action, target: targetId(target), method: 'totp', at: now, until: now + 1 }] },
  };
}

function thingOf(parts: Parts, person: Person, target: Target): DeniedThing {
  const noLabels: Labels = {};
  const placed = (server: Server | undefined, tier: Tier | undefined): DeniedPlace => ({
    tier: severest(server === undefined ? undefined : tierOf(server.labels), tier),
    groups: server === undefined ? [] : reachOf(parts.log).chosen(server).names,
    labels: server?.labels ?? noLabels,
  });
  switch (target.kind) {
    case 'workspace':
    case 'self':
      return { kind: target.kind };
    case 'server':
      return { kind: 'server', ...placed(target.server, undefined) };
    case 'session': {
      const { level, tier, person: driver } = target.session;
      return { kind: 'session', own: driver === person.id, level, ...placed(target.server, tier) };
    }
    case 'recording': {
      const { tier, person: driver } = target.session;
      return { kind: 'recording', own: driver === person.id, ...placed(target.server, tier) };
    }
    case 'person':
      return target.person === undefined
        ? { kind: 'workspace' }
        : { kind: 'person', own: target.person.id === person.id, role: target.person.role };
    case 'request':
    case 'grant': {
      const row = target.kind === 'request' ? target.request : target.grant;
      const tier = target.servers.reduce<Tier>((worst, server) => severest(worst, tierOf(server.labels)), 'normal');
      return { kind: target.kind, own: row.person === person.id, level: row.terms.level, tier };
    }
    default:
      return target satisfies never;
  }
}

const severest = (a: Tier | undefined, b: Tier | undefined): Tier =>
  tiers[Math.max(a === undefined ? 0 : tiers.indexOf(a), b === undefined ? 0 : tiers.indexOf(b))] ?? 'normal';

async function fleetOf(parts: Parts): Promise<Fleet> {
  const reach = reachOf(parts.log);
  const servers = await inSlices(
    rows(parts.log.settled.servers),
    (server): DeniedPlace => ({ tier: tierOf(server.labels), groups: reach.chosen(server).names, labels: server.labels }),
    () => parts.clock.mono(),
  );
  return { servers, people: rows(parts.log.settled.people).map((person) => personLook(parts, person)) };
}
