// The lines of the checklist about this machine: the data folder, its keys, lock, log and saved state, the clock and the disk. Pure.
import { isWhole } from './audit/verify.ts';
import { type CheckFacts, type CheckLine, fail, mebibyte, minute, pass, some, span, unknown } from './check-line.ts';

/** Clocks that are set step back a little. */
const clockSlackMs = minute;
/** R4: no new session below this share of the disk, and the floors themselves are not set lower than this. */
const leastFreeShare = 0.05;
const leastFloorBytes = 500 * mebibyte;
const leastHardFloorBytes = 64 * mebibyte;

const isKey = (file: string): boolean => file === 'keys' || file.startsWith('keys/');

export function folderLine({ files, data }: CheckFacts): CheckLine {
  const id = 'folder';
  const loose = files.loose.filter((file) => !isKey(file));
  if (loose.length > 0) return fail(id, `Others than its owner may use: ${some(loose)}.`, `chmod -R go-rwx ${data}`);
  const foreign = files.foreign.filter((file) => !isKey(file));
  if (foreign.length > 0)
    return fail(id, `Somebody else than the owner of the folder owns: ${some(foreign)}.`, `chown -R --reference=${data} ${data}`);
  if (files.strange.length > 0)
    return fail(id, `Neither file nor folder: ${some(files.strange)}.`, `ls -la ${data}, and remove what is not of the gateway`);
  if (files.unreadable.length > 0)
    return unknown(
      id,
      `It could not be looked at: ${some(files.unreadable)}.`,
      'run the check as the user of the gateway, or as root',
    );
  return pass(id, `The folder and the ${files.count} things in it are their owner's alone.`);
}

export function keysLine({ files, data }: CheckFacts): CheckLine {
  const id = 'keys';
  if (files.missingKeys.length > 0)
    return fail(id, `A key is missing: ${some(files.missingKeys)}.`, 'bring it back from the backup: nothing can make it anew');
  const loose = files.loose.filter(isKey);
  if (loose.length > 0) return fail(id, `Others than its owner may use: ${some(loose)}.`, `chmod -R go-rwx ${data}/keys`);
  const foreign = files.foreign.filter(isKey);
  if (foreign.length > 0)
    return fail(
      id,
      `Somebody else than the owner of the folder owns: ${some(foreign)}.`,
      `chown -R --reference=${data} ${data}/keys`,
    );
  if (files.unreadable.some(isKey))
    return unknown(id, 'The keys could not be looked at.', 'run the check as the user of the gateway, or as root');
  return pass(id, "The keys are there, and their owner's alone.");
}

export function lockLine({ lock, data }: CheckFacts): CheckLine {
  const id = 'lock';
  switch (lock) {
    case 'held':
      return pass(id, 'A gateway is running on this folder.');
    case 'free':
      return pass(id, 'No gateway is running on this folder, and none is in the way of one.');
    case 'blocked':
      return fail(id, 'What stands where the lock of the gateway is cannot be locked.', `rm -r ${data}/gateway.lock`);
    default:
      return lock satisfies never;
  }
}

/** Altered without the number of a record is the saved state beside the log, which verification looks at too. */
const isOfSavedState = (log: CheckFacts['log']): boolean => log.verdict === 'altered' && log.seq === undefined;

export function logLine({ log, data }: CheckFacts): CheckLine {
  const id = 'audit-log';
  const again = `sallyport-gateway verify --data ${data}`;
  if (isWhole(log.verdict) || (isOfSavedState(log) && log.records > 0))
    return pass(id, `The audit log verifies: ${log.records} records, each follows the one before it.`);
  if (log.verdict === 'unreadable' || isOfSavedState(log))
    return unknown(id, `The audit log was not read: ${log.reason}.`, again);
  const where = log.seq === undefined ? '' : ` at record ${log.seq}`;
  return fail(id, `The audit log does not verify${where}: ${log.reason}.`, `keep a copy of ${data}, then: ${again}`);
}

export function checkpointLine({ log, savedState, data }: CheckFacts): CheckLine {
  const id = 'saved-state';
  const rebuild = `if you trust the log: sallyport-gateway serve --data ${data} --rebuild`;
  if (savedState === 'missing') return fail(id, 'The saved state is missing.', rebuild);
  if (isWhole(log.verdict)) return pass(id, 'The saved state is the one that the log has sealed.');
  if (isOfSavedState(log)) return fail(id, `The saved state cannot be used: ${log.reason}.`, rebuild);
  return unknown(id, 'The saved state is only as good as the log.', `sallyport-gateway verify --data ${data}`);
}

export function clockLine({ now, lastRecordAt, data }: CheckFacts): CheckLine {
  const id = 'clock';
  if (lastRecordAt === undefined)
    return unknown(id, 'The newest record cannot be read to compare the clock with.', `sallyport-gateway verify --data ${data}`);
  const behind = lastRecordAt - now;
  return behind > clockSlackMs
    ? fail(id, `The clock of this machine is ${span(behind)} behind the newest record of the log.`, 'timedatectl set-ntp true')
    : pass(id, 'The clock is not behind the newest record of the log.');
}

export function diskLine({ disk, config, data }: CheckFacts): CheckLine {
  const id = 'disk';
  const { diskFloorBytes, diskHardFloorBytes } = config.limits;
  if (diskFloorBytes < leastFloorBytes || diskHardFloorBytes < leastHardFloorBytes)
    return fail(
      id,
      'The floors of free disk space are set lower than 500 MiB for new sessions and 64 MiB for live ones.',
      `raise limits.diskFloorBytes and limits.diskHardFloorBytes in ${data}/config.json, and restart the gateway`,
    );
  if (disk === undefined) return unknown(id, 'How much of the disk is free cannot be told.', `df ${data}`);
  const free = `${Math.floor(disk.free / mebibyte)} MiB of ${Math.floor(disk.total / mebibyte)} MiB are free`;
  if (disk.free < diskFloorBytes || disk.free < leastFreeShare * disk.total)
    return fail(
      id,
      `The disk is nearly full: ${free}; below ${Math.floor(diskFloorBytes / mebibyte)} MiB no session is opened.`,
      `df ${data}, and make room`,
    );
  return pass(id, `The disk has room: ${free}.`);
}
