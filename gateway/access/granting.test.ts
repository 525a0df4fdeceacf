import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandClock, seededChance } from '../../fixtures/faults/hand-clock.ts';
import { openMemoryLog } from '../../fixtures/memory-log.ts';
import type { Transition } from '../audit/commit.ts';
import { type AccessTerms, defaultSettings, grantLevels } from '../protocol/access-nouns.ts';
import type { Result } from '../protocol/errors.ts';
import type { NewEvent } from '../protocol/events.ts';
import { type IdPrefix, idRandomBytes, mintId } from '../protocol/ids.ts';
import type { By, Change } from './change.ts';
import { approveRequest, denyRequest, endGrant, extendGrant } from './granting.ts';
import { narrower } from './narrowing.ts';
import { askForAccess, shownNow, withdrawRequest } from './requesting.ts';
import { chooser } from './selector.ts';

const chance = seededChance('granting');
const id = <P extends IdPrefix>(prefix: P) => mintId(prefix, chance.bytes(idRandomBytes));
const digest = 'd'.repeat(64);
const by: By = { actor: { kind: 'gateway' } };
const quiet = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const people = Array.from({ length: 4 }, () => id('usr'));
const servers = Array.from({ length: 3 }, () => id('srv'));
const settings = { ...defaultSettings, requestMinutes: 30 };

function begun() {
  const clock = new HandClock();
  const log = openMemoryLog(clock);
  const made: NewEvent[] = [
    ...people.flatMap((person, at): NewEvent[] => [
      {
        ...quiet,
        type: 'person.added',
        data: { person, role: 'staff' },
        personal: { name: `p${at}`, claim: { kind: 'sub', value: `p${at}` } },
      },
      {
        ...quiet,
        type: 'person.bound',
        data: { person, issuer: 'https://issuer.example', subjectDigest: digest },
        personal: { subject: `p${at}` },
      },
    ]),
    ...servers.map(
      (server, at): NewEvent => ({
        ...quiet,
        type: 'enrolment.created',
        data: { enrolment: id('enr'), server, name: `web-${at}`, labels: {}, tokenDigest: digest, expiresAt: clock.now() + 1000 },
      }),
    ),
  ];
  return { clock, log, ready: log.commit(() => ({ events: made, answer: undefined })) };
}
type Begun = ReturnType<typeof begun>;

const level = fc.constantFrom(...grantLevels);
const name = fc.constantFrom('web-*', 'web-0', 'web-1', '*');
const terms: fc.Arbitrary<AccessTerms> = fc.record({
  servers: name.map((one) => ({ name: one })),
  level,
  minutes: fc.constantFrom(5, 10, 20),
});
const who = fc.integer({ min: 0, max: 3 });
const which = fc.nat(2);
/** An approver gives less of some of it, or, where that is not less, tries to give more. */
const less = fc.record(
  { level, minutes: fc.constantFrom(5, 10), servers: name.map((one) => ({ name: one })) },
  { requiredKeys: [] },
);
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('ask' as const), who, terms, needs: fc.constantFrom(1, 2) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      act: fc.constant('approve' as const),
      who,
      which,
      less: fc.option(less, { nil: undefined }),
      stale: fc.nat(9).map((one) => one === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('deny' as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('withdraw' as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('extend' as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('end' as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('remove' as const), which: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('wait' as const), minutes: fc.constantFrom(1, 20) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** The change that somebody means, given what they see now; undefined = there is nothing to do it to. */
function meant({ log }: Begun, one: Exclude<Act, { act: 'wait' | 'remove' }>): Change<object> | undefined {
  const person = people[one.who];
  const state = log.settled;
  if (person === undefined) return undefined;
  if (one.act === 'ask') {
    const chosen = Object.values(state.servers).filter(chooser(one.terms.servers));
    if (chosen.length === 0) return undefined;
    const given = { request: id('req'), person, terms: one.terms, servers: chosen, why: 'w', needs: one.needs, settings };
    return askForAccess(by, given);
  }
  if (one.act === 'extend' || one.act === 'end') {
    const grant = Object.values(state.grants)[one.which];
    if (grant === undefined) return undefined;
    return one.act === 'extend'
      ? extendGrant(by, { grant: grant.id, person: grant.person, why: 'w', settings })
      : endGrant(by, { grant: grant.id, cause: 'revoked', person, why: 'w' });
  }
  const request = Object.values(state.requests)[one.which];
  if (request === undefined) return undefined;
  switch (one.act) {
    case 'withdraw':
      return withdrawRequest(by, { request: request.id, person });
    case 'deny':
      return denyRequest(by, { request: request.id, reviewer: person, why: 'w' });
    case 'approve': {
      const shown = shownNow(state, request, () => true);
      return approveRequest(by, {
        request: request.id,
        approver: person,
        digest: one.stale ? digest : shown.digest,
        terms: one.less && { ...shown.terms, ...one.less },
        why: undefined,
        grant: id('gra'),
        needs: 1,
        may: () => true,
        counts: () => true,
        settings,
      });
    }
    default:
      return one satisfies never;
  }
}

test('[S44, S45] whatever people do at once, a grant is what enough others approved, never more than was asked, and each request ends once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 4, maxLength: 12, size: 'max' }),
      async (rounds) => {
        const office = begun();
        await office.ready;
        const { log, clock } = office;
        const commit = (change: Transition<unknown>): Promise<unknown> => log.commit(change);
        for (const round of rounds) {
          // What is meant in one round is meant at once: everybody saw the same.
          const changes: Transition<unknown>[] = [];
          for (const one of round) {
            if (one.act === 'wait') clock.pass(one.minutes * 60_000);
            else if (one.act === 'remove') {
              const server = servers[one.which];
              const data = server && { server, name: 'web' };
              if (data !== undefined)
                changes.push((state) => ({
                  events:
                    state.servers[data.server] === undefined
                      ? []
                      : [{ ...quiet, type: 'server.removed', data: { ...data, why: 'w' } }],
                  answer: undefined,
                }));
            } else {
              const change = meant(office, one);
              if (change !== undefined) changes.push((state, now): ReturnType<Transition<Result<object>>> => change(state, now));
            }
          }
          await Promise.all(changes.map(commit));
        }
        const ended = new Map<string, number>();
        const approvals = new Map<string, { by: string; terms: AccessTerms }[]>();
        const asked = new Map<string, Extract<NewEvent, { type: 'request.made' }>['data']>();
        for (const event of log.events) {
          if (event.type === 'request.made') asked.set(event.data.request, event.data);
          if (event.type === 'request.approved')
            approvals.set(event.data.request, [...(approvals.get(event.data.request) ?? []), event.data]);
          if (event.type === 'request.denied' || event.type === 'request.ended' || event.type === 'grant.made') {
            const { request = '' } = event.data;
            ended.set(request, (ended.get(request) ?? 0) + 1);
          }
          if (event.type !== 'grant.made') continue;
          const { request = '', person, servers: given = [], terms: got, by: approvers } = event.data;
          const made = asked.get(request);
          const mine = approvals.get(request) ?? [];
          expect(made).toBeDefined();
          expect(new Set(approvers).size).toBeGreaterThanOrEqual(made?.needs ?? 99);
          expect(approvers).not.toContain(person);
          expect([...approvers].toSorted()).toEqual(mine.map((one) => one.by).toSorted());
          for (const { terms: each } of mine) expect(narrower(got, each, []).ok).toBe(true);
          expect(made === undefined ? false : narrower(got, made.terms, []).ok).toBe(true);
          expect(given.length).toBeGreaterThan(0);
          for (const server of given) expect(made?.servers).toContain(server);
        }
        expect([...ended.values()].every((times) => times === 1)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
