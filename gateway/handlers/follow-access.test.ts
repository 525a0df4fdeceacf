import { afterEach, expect, test } from 'vitest';
import { closeOffices, office, proves } from '../../fixtures/live-office.ts';
import { type LiveWorld, until } from '../../fixtures/live-world.ts';
import type { TestOperator } from '../../fixtures/operator-line.ts';
import { good } from '../../fixtures/outcome.ts';
import { reviewedId } from '../policy/decision.ts';
import { approveAccess, denyAccess, requestAccess } from './access.ts';
import { callersOf } from './caller.ts';
import { followAccess } from './follow-access.ts';
import { openGrantNews } from './grants-news.ts';

const stops: (() => void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await closeOffices();
});

/** Somebody's line, signed in, that follows what is asked for. */
function follows(world: LiveWorld, name: string) {
  const operator = world.operator(name);
  const { parts, caller } = world.call(name, operator);
  callersOf(parts).bring(operator, caller.login.id);
  stops.push(followAccess(parts, operator).stop);
  const told = (id: string) =>
    operator.pushes
      .flatMap((push) => (push.type === 'access.changed' ? [...push.requests, ...push.grants] : []))
      .findLast((row) => row.id === id);
  return { operator, told };
}
const calls = (operator: TestOperator): string[] =>
  operator.pushes.flatMap((push) => (push.type === 'access.called' ? [`${push.what}: ${push.text}`] : []));
const terms = { servers: { name: 'web-1' }, level: 'full', minutes: 30 } as const;
const why = 'the deploy hangs';

test('[S45, M5] who may review is told of a request at once, nobody else, and who asked of the answer', async () => {
  const { world } = await office();
  await world.person('rob');
  const [uma, omar, rob] = [follows(world, 'uma'), follows(world, 'omar'), follows(world, 'rob')];
  stops.push(openGrantNews(world.call('omar', omar.operator).parts));
  const { request } = good(await requestAccess(world.call('uma', uma.operator), { terms, why }));
  await until('omar is called', () => calls(omar.operator).includes(`asked: uma asks for full on web-1 for 30 min: ${why}`));
  await until('omar sees the row', () => omar.told(request.id));
  expect(omar.told(request.id)).toMatchObject({ mayReview: true, mine: false, digest: request.digest });
  await until('uma sees hers', () => uma.told(request.id));
  expect(uma.told(request.id)).toMatchObject({ mayReview: false, mine: true });

  await proves(world, 'omar', 'request.review', reviewedId(request.id, request.digest));
  const { grant } = good(await approveAccess(world.call('omar', omar.operator), { request: request.id, digest: request.digest }));
  await until('uma hears it', () => calls(uma.operator).includes('approved: omar approved full on web-1 for 30 min'));
  await until('and sees her grant', () => uma.told(grant?.id ?? ''));
  expect(uma.told(request.id)).toMatchObject({ state: 'approved' });

  const other = good(
    await requestAccess(world.call('uma', uma.operator), { terms: { ...terms, servers: { name: 'web-*' }, minutes: 60 }, why }),
  );
  expect(other.request.state).toBe('pending');
  await proves(world, 'omar', 'request.review', reviewedId(other.request.id, other.request.digest));
  good(await denyAccess(world.call('omar', omar.operator), { request: other.request.id, why: 'not tonight' }));
  await until('uma hears why', () =>
    calls(uma.operator).some((said) => said.startsWith('denied: omar denied') && said.endsWith('not tonight')),
  );
  expect(calls(rob.operator)).toEqual([]);
  expect([rob.told(request.id), rob.told(grant?.id ?? '')]).toEqual([undefined, undefined]);
  expect(calls(uma.operator).some((said) => said.startsWith('asked'))).toBe(false);
});
