// How well the doors hold (E19): refusals of the last day, who waits, locks, broken glass, people without a second factor, new devices. Made of requests
// that there are; asking for it stands in the audit log, as any reading of it does.

import { fine, type Result } from '../../gateway/protocol/errors.ts';
import type { AuditRow } from '../../gateway/protocol/nouns.ts';
import type { Gives, RequestType } from '../../gateway/protocol/operator.ts';
import type { Link } from '../link/link.ts';
import { devicesOf, refusalsOf, type SecurityStatus, throttledOf, withoutFactor } from '../present/security-status.ts';
import type { Run } from './command.ts';
import { ask, onLine } from './connect.ts';
import { type Face, when } from './face.ts';
import { readArgs } from './globals.ts';
import { verbs } from './verbs.ts';

const dayMs = 86_400_000;
const pageRows = 1_000;
const mostPages = 8;
/** As long as somebody can be made to wait for: who waits for ever is told by the same record. */
const never = 8_640_000_000_000_000;

/** What fits a query, oldest first; `partly` where that is more than is read. */
async function audited(face: Face, link: Link, query: string): Promise<Result<{ rows: AuditRow[]; partly: boolean }>> {
  let rows: AuditRow[] = [];
  for (let page = 0; page < mostPages; page += 1) {
    const [oldest] = rows;
    const asked = { query, limit: pageRows, ...(oldest === undefined ? {} : { before: oldest.seq }) };
    const told = await ask(face, link, 'audit.page', asked);
    if (!told.ok) return told;
    rows = [...told.value.events, ...rows];
    if (told.value.events.length === 0) return fine({ rows, partly: false });
  }
  return fine({ rows, partly: true });
}

/** What one may not see is left out; everything else that goes wrong is told. */
async function ifSeen<T extends RequestType>(asked: Promise<Result<Gives<T>>>): Promise<Result<Gives<T> | undefined>> {
  const told = await asked;
  return !told.ok && told.problem.code === 'denied' ? fine(undefined) : told;
}

const status: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const now = Date.now();
    const refused = await audited(face, link, 'type:*.refused since:24h');
    if (!refused.ok) return refused;
    const devices = await audited(face, link, 'type:device.registered since:7d');
    if (!devices.ok) return devices;
    const people = await ifSeen<'person.list'>(ask(face, link, 'person.list', {}));
    if (!people.ok) return people;
    const locks = await ifSeen<'lock.list'>(ask(face, link, 'lock.list', {}));
    if (!locks.ok) return locks;
    const glass = await ifSeen<'breakglass.list'>(ask(face, link, 'breakglass.list', {}));
    if (!glass.ok) return glass;
    const names = new Map<string, string>(people.value?.people.map(({ id, name }) => [id, name]));
    const nameOf = (id: string): string => names.get(id) ?? id;
    const told: SecurityStatus = {
      since: now - dayMs,
      refusals: refusalsOf(refused.value.rows, nameOf),
      throttled: throttledOf(refused.value.rows, nameOf, now),
      ...(locks.value === undefined ? {} : { locks: locks.value.locks }),
      ...(glass.value === undefined
        ? {}
        : {
            breakGlass: {
              open: glass.value.entrances.filter(({ state }) => state === 'open' || state === 'waiting'),
              unreviewed: glass.value.entrances.filter(({ state, reviewed }) => state === 'over' && reviewed === undefined),
            },
          }),
      ...(people.value === undefined ? {} : { withoutFactor: withoutFactor(people.value.people) }),
      devices: devicesOf(devices.value.rows, nameOf),
      partly: refused.value.partly || devices.value.partly,
    };
    face.document(told);
    sayStatus(face, told);
    return fine(0);
  });
};

function sayStatus(face: Face, told: SecurityStatus): void {
  const { refusals, throttled, locks, breakGlass, withoutFactor: bare, devices, partly } = told;
  face.line(`Refused since ${when(told.since)}${partly ? ' (at least: there is more in the log)' : ''}`);
  if (refusals.length === 0) face.line('  nobody');
  else
    face.table(
      ['AT', 'CAUSE', 'TIMES', 'WHO', 'FROM', 'LAST'],
      refusals.map((one) => [one.at, one.cause, one.count, one.people.join(','), one.addresses.join(','), when(one.lastAt)]),
    );
  face.line('');
  const count = (many: number, what: string, names = ''): void =>
    face.line(`${String(many).padStart(4)}  ${what}${names === '' ? '' : `: ${names}`}`);
  const waits = throttled.map(({ person, until }) => `${person} until ${until >= never ? 'somebody resets it' : when(until)}`);
  count(throttled.length, 'waiting after wrong codes', waits.join(', '));
  if (locks !== undefined) count(locks.length, 'locks', locks.map(({ targetName }) => targetName).join(', '));
  if (breakGlass !== undefined) {
    count(breakGlass.open.length, 'entrances by broken glass that are open or asked for', namesOf(breakGlass.open));
    count(breakGlass.unreviewed.length, 'that are over and not reviewed', namesOf(breakGlass.unreviewed));
  }
  if (bare !== undefined) count(bare.length, 'people without a second factor', bare.join(', '));
  const machines = devices.map(({ person, machine }) => `${person} on ${machine}`);
  count(devices.length, 'devices new this week', machines.join(', '));
  if (locks === undefined || breakGlass === undefined || bare === undefined) face.note('What you may not see is left out.');
}
const namesOf = (rows: readonly { readonly personName: string }[]): string => rows.map(({ personName }) => personName).join(', ');

export const security = verbs({ status });
