// Every way in which a right can end while somebody is at work: ten times each, through the real relay, and a live session is over at once (T1).
// How long it takes with real programs, two hundred times each, is measured in fixtures/stories/revoked.soak.ts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAgentPeer } from '../../fixtures/agent-peer.ts';
import { closeOffices, office, profile, sessionIn, size } from '../../fixtures/live-office.ts';
import { type EnrolledServer, type LiveWorld, until } from '../../fixtures/live-world.ts';
import { good } from '../../fixtures/outcome.ts';
import { killSession, openSession } from '../handlers/sessions.ts';
import { realChance } from '../outside/chance.ts';
import type { NewEvent } from '../protocol/events.ts';
import { type IdPrefix, idRandomBytes, mintId, type SessionId } from '../protocol/ids.ts';
import type { EndingReason, Role } from '../protocol/nouns.ts';

const trials = 10;
const limitMs = 2_000;
const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const id = <P extends IdPrefix>(prefix: P) => mintId(prefix, realChance.bytes(idRandomBytes));

let world: LiveWorld;
let web: EnrolledServer;
beforeAll(async () => {
  const made = await office({ limits: { sessionsPerPerson: 100 } });
  world = made.world;
  web = made.web;
});
afterAll(closeOffices);

/** Who drives, where, and the group that lets them. */
type Driver = Awaited<ReturnType<typeof driver>>;
let people = 0;
async function driver(role: Role, on: EnrolledServer, grouped = true) {
  people += 1;
  const name = `p${people}`;
  const person = await world.person(name, role);
  const access = [{ servers: { name: on.server.name }, level: 'terminal' as const, users: [] }];
  const group = await world.group(`g${people}`, grouped ? [name] : [], access);
  const { login, device } = world.caller(name);
  return { name, person, group, access, login: login.id, device: device.id, server: on.server };
}
const by = () => world.caller('ana').person.id;

type Kind = {
  readonly as?: Role;
  /** By the role alone. */
  readonly ungrouped?: true;
  /** On a server of its own. */
  readonly own?: true;
  readonly reason: EndingReason;
  /** Puts back what concerned everybody. */
  readonly after?: () => readonly NewEvent[];
  readonly before?: (who: Driver) => readonly NewEvent[];
  readonly change: (who: Driver, session: SessionId) => readonly NewEvent[] | Promise<readonly NewEvent[]>;
};
const locked = (kind: 'person' | 'role' | 'group' | 'login' | 'device' | 'server', target: string): NewEvent => ({
  ...quiet,
  type: 'lock.added',
  data: { lock: id('lck'), kind, target, why: 'an incident', by: by() },
});
const membersOut = ({ group, person }: Driver): NewEvent => ({
  ...quiet,
  type: 'group.members-set',
  data: { group, before: [person], after: [] },
});
const grantOf = ({ person, server }: Driver, grant = id('gra')): NewEvent => ({
  ...quiet,
  type: 'grant.made',
  data: {
    grant,
    person,
    terms: { servers: { name: server.name }, level: 'terminal', minutes: 60 },
    until: Date.now() + 3_600_000,
    by: [by()],
    why: 'w',
  },
});

const policies = (text: string): NewEvent => ({
  ...quiet,
  type: 'policy.applied',
  data: {
    version: (world.log.settled.policy?.current?.version ?? 0) + 1,
    before: 'b'.repeat(64),
    after: 'a'.repeat(64),
    policies: text,
    added: [],
    changed: [],
    removed: [],
    by: by(),
    why: 'w',
  },
});
const forbidding = (condition: string): string =>
  `@id("no-shells")\nforbid (principal, action == Action::"shell.open", resource)\nwhen { ${condition} };\n`;

const kinds: Readonly<Record<string, Kind>> = {
  'the person is suspended': {
    reason: 'revoked',
    change: ({ person }) => [{ ...quiet, type: 'person.suspended', data: { person, why: 'left' } }],
  },
  'the person is removed': {
    reason: 'revoked',
    change: ({ person }) => [{ ...quiet, type: 'person.removed', data: { person, why: 'left' } }],
  },
  'another role is set': {
    as: 'superuser',
    ungrouped: true,
    reason: 'access-changed',
    change: ({ person }) => [
      { ...quiet, type: 'person.role-set', data: { person, before: 'superuser', after: 'staff', why: 'moved' } },
    ],
  },
  'a user is taken out of the group': { reason: 'access-changed', change: (who) => [membersOut(who)] },
  'somebody of the staff, who may ask for it again, is taken out of the group': {
    as: 'staff',
    reason: 'access-changed',
    change: (who) => [membersOut(who)],
  },
  'the group gives less': {
    reason: 'access-changed',
    change: ({ group, access }) => [
      {
        ...quiet,
        type: 'group.access-set',
        data: { group, before: access, after: access.map((rule) => ({ ...rule, level: 'read-only' as const })) },
      },
    ],
  },
  'the group is removed': {
    reason: 'access-changed',
    change: ({ group }) => [{ ...quiet, type: 'group.removed', data: { group, why: 'w' } }],
  },
  'the grant ends': {
    ungrouped: true,
    reason: 'access-changed',
    before: (who) => [grantOf(who)],
    change: ({ person }) =>
      Object.values(world.log.settled.grants)
        .filter((grant) => grant.person === person)
        .map(({ id: grant }) => ({ ...quiet, type: 'grant.ended', data: { grant, cause: 'revoked', by: by(), why: 'w' } })),
  },
  'the sign-in is revoked': {
    reason: 'revoked',
    change: ({ login, person }) => [{ ...quiet, type: 'login.ended', data: { login, person, cause: 'revoked' } }],
  },
  'the provider no longer knows the person': {
    reason: 'revoked',
    change: ({ login, person }) => [{ ...quiet, type: 'login.ended', data: { login, person, cause: 'provider' } }],
  },
  'the person is locked': { reason: 'locked', change: ({ person }) => [locked('person', person)] },
  'the group is locked': { reason: 'locked', change: ({ group }) => [locked('group', group)] },
  'the sign-in is locked': { reason: 'locked', change: ({ login }) => [locked('login', login)] },
  'the device is locked': { reason: 'locked', change: ({ device }) => [locked('device', device)] },
  'the server is locked': { own: true, reason: 'locked', change: ({ server }) => [locked('server', server.id)] },
  'the server is removed': {
    own: true,
    reason: 'server-removed',
    change: ({ server }) => [{ ...quiet, type: 'server.removed', data: { server: server.id, why: 'gone' } }],
  },
  'the address is outside': {
    own: true,
    reason: 'access-changed',
    change: ({ server }) => [
      {
        ...quiet,
        type: 'address.added',
        data: {
          rule: id('adr'),
          cidr: '198.51.100.0/24',
          effect: 'allow',
          servers: { name: server.name },
          note: 'n',
          by: by(),
          forced: false,
        },
      },
    ],
  },
  'the session is killed': {
    as: 'user',
    reason: 'killed',
    async change({ name }, session) {
      void killSession(world.call(name, world.operator(name)), { session, why: 'w' });
      return [];
    },
  },
  'a policy that forbids it is applied': {
    reason: 'access-changed',
    change: () => [policies(forbidding('resource.tier == "normal"'))],
    after: () => [policies('')],
  },
  // Who may do what is not known any more: then nobody may (strict).
  'a policy that cannot be evaluated is applied': {
    reason: 'access-changed',
    change: () => [policies(forbidding('9223372036854775807 + 1 < 0'))],
    after: () => [policies('')],
  },
};

/** Somebody new at work. */
async function atWork(kind: Kind) {
  const on = kind.own === true ? await world.server(`own-${id('srv').slice(4, 12)}`) : web;
  if (kind.own === true) await (await openAgentPeer(on.identity)).connect();
  const who = await driver(kind.as ?? 'user', on, kind.ungrouped !== true);
  if (kind.before !== undefined) await world.commit(...kind.before(who));
  const operator = world.operator(who.name);
  const asked = { server: on.server.name, size, profile };
  return { who, operator, ...good(await openSession(world.call(who.name, operator), asked)) };
}

test.each(Object.entries(kinds))(
  '[T1] %s: the session is over, with its reason, where it was lived in and in the log',
  async (_what, kind) => {
    const all = await Promise.all(Array.from({ length: trials }, () => atWork(kind)));
    for (const { who, operator, channel, session } of all) {
      const events = await kind.change(who, session.id);
      const from = performance.now();
      if (events.length > 0) await world.commit(...events);
      const closed = await until('the end is told', () => operator.closedWith(channel));
      expect(performance.now() - from).toBeLessThan(limitMs);
      expect(closed).toMatchObject({ ended: { reason: kind.reason } });
      await until('the log says it', () => sessionIn(world, session.id).state === 'ended');
      expect(sessionIn(world, session.id)).toMatchObject({ state: 'ended', ending: { reason: kind.reason } });
    }
    if (kind.after !== undefined) await world.commit(...kind.after());
  },
);
