// Sign-ins and devices, one's own or somebody's: seen, and taken away one by one (S27).
import { deviceId, loginId } from '../../gateway/protocol/ids.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { type Cell, when } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';
import { readIdAndWhy } from './with-why.ts';

const ofUser = { user: { type: 'string' } } as const;
const fresh = (known: boolean): Cell => (known ? '' : { text: 'new', paint: 'warn' });

const listLogins: Run = async (face, args) => {
  const read = readArgs(args, ofUser, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { user } = read.value.values;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'login.list', user === undefined ? {} : { person: user });
    if (!listed.ok) return listed;
    face.document(listed.value.logins);
    face.table(
      ['LOGIN', 'MACHINE', 'ADDRESS', 'SINCE', 'UNTIL', 'LINES', 'SESSIONS', ''],
      listed.value.logins.map((one) => [
        one.id,
        one.machine,
        one.address,
        when(one.startedAt),
        when(one.expiresAt),
        one.connections,
        one.liveSessions,
        one.breakGlass ? { text: 'BREAK-GLASS', paint: 'bad' } : one.current ? 'this one' : fresh(one.known !== false),
      ]),
    );
    return { ok: true, value: 0 };
  });
};

const listDevices: Run = async (face, args) => {
  const read = readArgs(args, ofUser, { least: 0, most: 0 });
  if (!read.ok) return read;
  const { user } = read.value.values;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'device.list', user === undefined ? {} : { person: user });
    if (!listed.ok) return listed;
    face.document(listed.value.devices);
    face.table(
      ['DEVICE', 'MACHINE', 'SINCE', 'PROVEN', 'LOGINS', ''],
      listed.value.devices.map((one) => [
        one.id,
        one.machine,
        when(one.registeredAt),
        when(one.trustedAt),
        one.logins,
        one.locked ? { text: 'locked', paint: 'bad' } : one.current ? 'this one' : fresh(one.trustedAt !== undefined),
      ]),
    );
    return { ok: true, value: 0 };
  });
};

const sayEnded = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'} ended by it.`;

const revokeLogin: Run = async (face, args) => {
  const read = readIdAndWhy(face, args, loginId, { what: 'a sign-in', begins: 'lgn_', shown: 'logins ls' });
  if (!read.ok) return read;
  const { id, why } = read.value;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'login.revoke', { login: id, why });
    if (!done.ok) return done;
    face.document(done.value);
    face.line(`The sign-in is over. ${sayEnded(done.value.sessions, 'live session')}`);
    return { ok: true, value: 0 };
  });
};

const revokeDevice: Run = async (face, args) => {
  const read = readIdAndWhy(face, args, deviceId, { what: 'a device', begins: 'dev_', shown: 'devices ls' });
  if (!read.ok) return read;
  const { id, why } = read.value;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'device.revoke', { device: id, why });
    if (!done.ok) return done;
    face.document(done.value);
    face.line(`The device is forgotten. ${sayEnded(done.value.logins, 'sign-in')}`);
    return { ok: true, value: 0 };
  });
};

export const logins = verbs({ ls: listLogins, revoke: revokeLogin });
export const devices = verbs({ ls: listDevices, revoke: revokeDevice });
