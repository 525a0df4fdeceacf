// review.unused: memberships, access rules and grants that nobody used in the last days (S80). Who drove a session is in the state for good; who else had
// its keyboard, and which rights are newer than that, is read back in the log.
import {
  grantKey,
  memberKey,
  openUses,
  type Right,
  rightKey,
  rightsIn,
  rightWords,
  ruleKey,
  type Uses,
} from '../access/unused.ts';
import { inSlices } from '../audit/slices.ts';
import { rows, type State } from '../audit/state.ts';
import type { UnusedRight } from '../protocol/access-nouns.ts';
import { fine } from '../protocol/errors.ts';
import type { Instant } from '../protocol/nouns.ts';
import type { Session } from '../session/session.ts';
import { workspace } from './administration.ts';
import type { Handler, Parts } from './call.ts';
import { lookBack, recordReading } from './look-back.ts';

const dayMs = 86_400_000;
const mostRights = 2000;

export const unusedReview: Handler<'review.unused'> = async (call, { days }) => {
  const { parts, caller, request } = call;
  const allowed = await parts.enforcer.enforce(caller, 'review.see', workspace, request);
  if (!allowed.ok) return allowed;
  await recordReading(call, `type:session.joined since:${days}d`);
  const since = parts.clock.now() - days * dayMs;
  const uses = await drivenUses(parts);
  const lately = await readBack(parts, since, uses);
  const state = parts.log.settled;
  const servers = rows(state.servers);
  const unused = await inSlices(
    rightsIn(rows(state.groups), rows(state.grants)),
    (right): UnusedRight | undefined => {
      if (lately.has(rightKey(right)) || (right.kind === 'grant' && right.grant.at >= since)) return undefined;
      const lastUsedAt = uses.lastOf(right);
      if (lastUsedAt !== undefined && lastUsedAt >= since) return undefined;
      return {
        kind: right.kind,
        ...namesOf(state, right),
        what: rightWords(right, servers),
        ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
      };
    },
    parts.clock.mono,
  );
  return fine({
    rights: unused.slice(0, mostRights),
    ...(unused.length > mostRights ? { more: unused.length - mostRights } : {}),
  });
};

function namesOf(state: State, right: Right): Pick<UnusedRight, 'person' | 'group'> {
  const name = (id: string): { readonly person?: string } => {
    const person = state.people[id];
    return person === undefined ? {} : { person: person.name };
  };
  switch (right.kind) {
    case 'member':
      return { ...name(right.person), group: right.group.name };
    case 'rule':
      return { group: right.group.name };
    case 'grant':
      return name(right.grant.person);
    default:
      return right satisfies never;
  }
}

/** What everybody's own sessions used, as far back as the state remembers. */
export async function drivenUses({ log, clock }: Pick<Parts, 'log' | 'clock'>): Promise<Uses> {
  const state = log.settled;
  const uses = openUses((id) => state.servers[id]);
  const now = clock.now();
  const add = (session: Session): undefined => {
    const at = session.state === 'ended' ? session.ending.at : now;
    uses.add({ person: session.person, server: session.server, level: session.level, at });
  };
  await inSlices(rows(state.sessions), add, clock.mono);
  return uses;
}

/** Adds who had the use of the session of another; gives the keys of rights that are newer than `since`. */
async function readBack(parts: Parts, since: Instant, uses: Uses): Promise<ReadonlySet<string>> {
  const lately = new Set<string>();
  const state = parts.log.settled;
  for await (const { event } of lookBack(parts, since))
    switch (event.type) {
      case 'session.joined': {
        const session = state.sessions[event.data.session];
        if (session === undefined || (event.data.role !== 'driver' && event.data.role !== 'peer')) break;
        uses.add({ person: event.data.person, server: session.server, level: session.level, at: event.at });
        break;
      }
      case 'group.members-set': {
        const before = new Set(event.data.before);
        for (const person of event.data.after) if (!before.has(person)) lately.add(memberKey(event.data.group, person));
        break;
      }
      case 'group.access-set': {
        const before = new Set(event.data.before.map((rule) => JSON.stringify(rule)));
        for (const rule of event.data.after) if (!before.has(JSON.stringify(rule))) lately.add(ruleKey(event.data.group, rule));
        break;
      }
      case 'grant.made':
        lately.add(grantKey(event.data.grant));
        break;
      default:
    }
  return lately;
}
