import { expect, test } from 'vitest';
import { type Line, newDevice, openEntrance, openLine } from '../../fixtures/entrance.ts';
import { digestOf } from '../identity/digest.ts';
import type { PersonId } from '../protocol/ids.ts';
import type { Role } from '../protocol/nouns.ts';
import { enrollFactor } from './factor.ts';
import { resetFactor } from './reset.ts';

const gateway = { actor: { kind: 'gateway' }, outcome: 'ok', personal: {} } as const;
const problem = (code: string) => ({ ok: false, problem: expect.objectContaining({ code }) });

/** uma lost her authenticator; ana and eva are superusers, omar and sara of the staff. */
async function withUma() {
  const office = await openEntrance(undefined, 'reset');
  const { commit, vault, clock } = office;
  async function come(name: string, role: Role): Promise<{ readonly id: PersonId; readonly line: Line }> {
    const id = await office.invite(name, role);
    office.script.subject = name;
    const line = openLine();
    const signed = await office.signIn(line, newDevice());
    if (!signed.ok) throw new Error(signed.problem.code);
    const { login, device } = signed.value.self;
    await vault.put(`factor:${id}`, Buffer.from('seed'));
    await commit(
      { ...gateway, type: 'factor.enrolment-started', data: { person: id, login, secretDigest: digestOf('seed') } },
      { ...gateway, type: 'factor.enrolled', data: { person: id, login, step: 1, recoveryDigests: [digestOf('code')] } },
      { ...gateway, type: 'device.trusted', data: { device, person: id } },
    );
    return { id, line };
  }
  const people = {
    uma: await come('uma', 'user'),
    ana: await come('ana', 'superuser'),
    eva: await come('eva', 'superuser'),
    omar: await come('omar', 'staff'),
  };
  return {
    ...office,
    people,
    /** With a fresh proof for it, as a client would after being asked. */
    async resets({ line }: { readonly line: Line }, of: string, { proven = true } = {}) {
      clock.pass(1_000);
      const { person, login } = office.callOn(line).caller;
      const target = Object.values(office.log.settled.people).find(({ name }) => name === of)?.id ?? '';
      const until = clock.now() + 30_000;
      const data = {
        person: person.id,
        login: login.id,
        method: 'totp',
        step: 2,
        action: 'factor.reset',
        target,
        until,
      } as const;
      if (proven) await commit({ ...gateway, type: 'factor.proven', data, personal: { address: line.address } });
      return resetFactor(office.callOn(line), { person: of, why: 'her phone is at the bottom of the lake' });
    },
  };
}

test('[T8, T16] two people take a lost authenticator: codes, seed and sign-ins are gone, and the person enrols anew', async () => {
  const office = await withUma();
  const { uma, ana, omar } = office.people;
  expect(await office.resets(omar, 'uma', { proven: false })).toEqual(problem('step-up'));
  expect(await office.resets(omar, 'uma')).toEqual({ ok: true, value: { reset: false, until: office.clock.now() + 900_000 } });
  expect(uma.line.pushed.at(-1)).toMatchObject({
    type: 'access.called',
    text: expect.stringContaining('omar asks to take away'),
  });
  expect(ana.line.pushed.at(-1)).toMatchObject({
    type: 'access.called',
    text: expect.stringContaining('sallyport totp reset uma'),
  });
  expect(office.log.settled.people[uma.id]?.factor).toBeDefined();

  expect(await office.resets(ana, 'uma')).toEqual({ ok: true, value: { reset: true } });
  expect(office.types().slice(-2)).toEqual(['factor.reset', 'login.ended']);
  expect(office.log.events.at(-2)?.data).toMatchObject({ by: ana.id, with: omar.id });
  expect(office.log.settled.people[uma.id]).toMatchObject({ factor: undefined, enrolling: undefined });
  expect(uma.line.ended).toMatchObject({ code: 'login-revoked', detail: expect.stringContaining('set up another') });
  expect(office.vault.names()).not.toContain(`factor:${uma.id}`);

  // What the lost one vouched for is new: device and address.
  office.script.subject = 'uma';
  const line = openLine();
  const device = newDevice();
  const again = await office.signIn(line, device);
  expect(again).toMatchObject({ ok: true, value: { self: { factor: 'none', deviceKnown: false, addressKnown: false } } });
  expect(Object.values(office.log.settled.devices).some((one) => one.person === uma.id && one.trustedAt !== undefined)).toBe(
    false,
  );
  expect(await enrollFactor(office.callOn(line), {})).toMatchObject({ ok: true });
});

test('[S22] not by oneself, not by one person twice, not by one who was suspended meanwhile, not after a quarter of an hour', async () => {
  const office = await withUma();
  const { ana, eva, omar } = office.people;
  const asked = { ok: true, value: { reset: false } };
  expect(await office.resets(ana, 'ana')).toEqual(problem('denied'));
  expect(await office.resets(omar, 'uma')).toMatchObject(asked);
  expect(await office.resets(omar, 'uma')).toMatchObject(asked);
  office.clock.pass(900_000);
  expect(await office.resets(ana, 'uma')).toMatchObject(asked);
  await office.commit({ ...gateway, type: 'person.suspended', data: { person: ana.id, why: 'w' } });
  expect(await office.resets(eva, 'uma')).toMatchObject(asked);
  expect(await office.resets(omar, 'uma')).toMatchObject({ ok: true, value: { reset: true } });
  expect(await office.resets(eva, 'uma')).toEqual(problem('bad-request'));
});

test('[S34] staff take authenticators of users only; users of nobody, and they learn nothing of who is here', async () => {
  const office = await withUma();
  const { uma, omar } = office.people;
  expect(await office.resets(omar, 'ana')).toEqual(problem('denied'));
  expect(await office.resets(uma, 'omar')).toEqual(problem('not-found'));
  expect(await office.resets(uma, 'nobody')).toEqual(problem('not-found'));
});

test('[T8, R11] whoever asked first counts only while they may still ask, and not when the clock is set back', async () => {
  const office = await withUma();
  const { uma, ana, eva, omar } = office.people;
  const first = () => office.resets(omar, 'uma');
  const second = () => office.resets(ana, 'uma');
  const asked = { ok: true, value: expect.objectContaining({ reset: false }) };
  // Demoted since.
  expect(await first()).toEqual(asked);
  const roleSet = { person: omar.id, before: 'staff', after: 'user', why: 'w' } as const;
  await office.commit({ ...gateway, type: 'person.role-set', data: roleSet });
  expect(await second()).toEqual(asked);
  await office.commit({ ...gateway, type: 'person.role-set', data: { ...roleSet, before: 'user', after: 'staff' } });
  // Locked since: ana asked, and is no second to herself.
  const lock = `lck_${'a'.repeat(26)}` as never;
  await office.commit({ ...gateway, type: 'lock.added', data: { lock, kind: 'person', target: ana.id, why: 'w', by: eva.id } });
  expect(await first()).toEqual(asked);
  await office.commit({ ...gateway, type: 'lock.removed', data: { lock, kind: 'person', target: ana.id, cause: 'removed' } });
  // Asked an hour later than now: the clock was set back.
  office.clock.step(-3_600_000);
  expect(await second()).toEqual(asked);
  expect(office.log.settled.people[uma.id]?.factor).toBeDefined();
  expect(await office.resets(eva, 'uma')).toEqual({ ok: true, value: { reset: true } });
});
