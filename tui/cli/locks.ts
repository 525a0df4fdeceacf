// Locks: doors that are shut at once, for a while or until somebody opens them (S55).
import { type Result, refuse } from '../../gateway/protocol/errors.ts';
import { lockId } from '../../gateway/protocol/ids.ts';
import { type LockKind, lockKinds } from '../../gateway/protocol/nouns.ts';
import type { Run } from './command.ts';
import { ask, mayChange, onLine } from './connect.ts';
import { when } from './face.ts';
import { readArgs } from './globals.ts';
import { minutesOf } from './span.ts';
import { verbs } from './verbs.ts';
import { readIdAndWhy, readWhy } from './with-why.ts';

const mostMinutes = 525_600;

/** People say user; the contract says person. */
function kindOf(word: string): Result<LockKind> {
  const kind = word === 'user' ? 'person' : lockKinds.find((one) => one === word);
  return kind === undefined
    ? refuse('usage', `"${word}": a lock is on a user, role, group, login, device, server or servers`)
    : { ok: true, value: kind };
}

const list: Run = async (face, args) => {
  const read = readArgs(args, {}, { least: 0, most: 0 });
  if (!read.ok) return read;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'lock.list', {});
    if (!listed.ok) return listed;
    const found = listed.value.locks;
    face.document(found);
    face.table(
      ['LOCK', 'ON', 'NAME', 'BY', 'SINCE', 'UNTIL', 'WHY'],
      found.map((one) => [
        one.id,
        one.kind === 'person' ? 'user' : one.kind,
        one.targetName,
        one.by,
        when(one.at),
        one.until === undefined ? 'taken off' : when(one.until),
        one.why,
      ]),
    );
    if (found.length === 0) face.note('Nothing is locked.');
    return { ok: true, value: 0 };
  });
};

export const lock: Run = async (face, args) => {
  const own = { why: { type: 'string' }, ttl: { type: 'string' }, 'dry-run': { type: 'boolean' } } as const;
  const read = readArgs(args, own, { least: 2, most: 2 });
  if (!read.ok) return read;
  const [word = '', target = ''] = read.value.words;
  const { why, ttl, 'dry-run': dry } = read.value.values;
  const kind = kindOf(word);
  if (!kind.ok) return kind;
  if (why === undefined) return refuse('usage', '--why is missing');
  const minutes = ttl === undefined ? undefined : minutesOf('--ttl', ttl, mostMinutes);
  if (minutes?.ok === false) return minutes;
  const may = mayChange(face);
  if (!may.ok) return may;
  return onLine(face, async ({ link }) => {
    const span = minutes === undefined ? {} : { minutes: minutes.value };
    const preview = dry === true ? { preview: true } : {};
    const added = await ask(face, link, 'lock.add', { kind: kind.value, target, why, ...span, ...preview });
    if (!added.ok) return added;
    const { sessions, affected = [] } = added.value;
    if (dry === true) {
      face.document(added.value);
      face.line(`Nothing is locked yet. It would end ${sessions} live session${sessions === 1 ? '' : 's'}.`);
      if (affected.length > 0)
        face.table(
          ['SESSION', 'WHO', 'SERVER'],
          affected.map((one) => [one.session, one.personName, one.serverName]),
        );
      if (sessions > affected.length) face.line(`and ${sessions - affected.length} more`);
      return { ok: true, value: 0 };
    }
    const { id, targetName, until } = added.value.lock;
    face.document(added.value);
    face.line(`${targetName} is locked${until === undefined ? '' : ` until ${when(until)}`}: ${id}`);
    face.line(sessions === 0 ? 'No live session ended by it.' : `${sessions} live session${sessions === 1 ? '' : 's'} ended.`);
    return { ok: true, value: 0 };
  });
};

/** Every server that a selector chooses, now and later (E42). */
export const freeze: Run = (face, args) => lock(face, ['servers', ...args]);

/** By the id of the lock. */
const remove: Run = async (face, args) => {
  const read = readIdAndWhy(face, args, lockId, { what: 'a lock', begins: 'lck_', shown: 'locks ls' });
  if (!read.ok) return read;
  const { id, why } = read.value;
  return onLine(face, async ({ link }) => {
    const done = await ask(face, link, 'lock.remove', { lock: id, why });
    if (!done.ok) return done;
    face.document(done.value);
    face.line('Taken off.');
    return { ok: true, value: 0 };
  });
};

/** All locks on one thing, by its name or id. */
export const unlock: Run = async (face, args) => {
  const read = readWhy(face, args, { least: 2, most: 2 });
  if (!read.ok) return read;
  const {
    words: [word = '', name = ''],
    why,
  } = read.value;
  const kind = kindOf(word);
  if (!kind.ok) return kind;
  return onLine(face, async ({ link }) => {
    const listed = await ask(face, link, 'lock.list', {});
    if (!listed.ok) return listed;
    const found = listed.value.locks.filter((one) => one.kind === kind.value && (one.targetName === name || one.target === name));
    if (found.length === 0) return refuse('not-found', `no lock on ${word} ${name}`);
    for (const { id } of found) {
      const done = await ask(face, link, 'lock.remove', { lock: id, why });
      if (!done.ok) return done;
    }
    face.document({ removed: found.map(({ id }) => id) });
    face.line(found.length === 1 ? 'The lock is off.' : `${found.length} locks are off.`);
    return { ok: true, value: 0 };
  });
};

export const locks = verbs({ ls: list, add: lock, rm: remove });
