// Part of the composition root: the log of a workspace on its disk, with what goes along with it: the reserve that is given up for it when the disk is
// full, what keeps its closed segments, and the index of them.
import { type OpenedLog, openLog } from './audit/log.ts';
import type { Config } from './config.ts';
import { type OpenedIndex, openAuditIndex } from './outside/audit-index.ts';
import { realChance } from './outside/chance.ts';
import { openCheckpoint } from './outside/checkpoint.ts';
import { realClock } from './outside/clock.ts';
import type { dataFolder } from './outside/data-folder.ts';
import { causeOf, realDisk } from './outside/disk.ts';
import { openJournal } from './outside/journal.ts';
import { type OpenedKept, openKept } from './outside/kept.ts';
import { peaksFromManifest } from './outside/manifests.ts';
import { openReserve, type Reserve } from './outside/reserve.ts';
import { readRestoredMark, removeRestoredMark } from './outside/restore.ts';
import { openTrailFiles } from './outside/trail-files.ts';
import type { Journal, Signer, Vault } from './ports.ts';
import { fine, type Result, refuse } from './protocol/errors.ts';
import type { BootId } from './protocol/ids.ts';
import { programVersion } from './protocol/version.ts';

/** The log says that it goes on after so long without anything else (A12). */
const heartbeatMs = 60_000;
/** How often a reserve that was given up is tried to be made again. */
const reserveMs = 60_000;

type Needs = {
  readonly limits: Config['limits'];
  readonly folder: ReturnType<typeof dataFolder>;
  readonly signer: Signer;
  readonly vault: Vault;
  readonly boot: BootId;
  readonly rebuild: boolean;
  readonly onFatal: (cause: string) => void;
  readonly report: (event: string, facts: Readonly<Record<string, unknown>>) => void;
};

export interface WorkspaceLog {
  readonly log: OpenedLog;
  readonly kept: OpenedKept;
  readonly index: OpenedIndex;
  close(): Promise<void>;
}

/** Errors: those of openLog; audit-unavailable when what a killed process began cannot be finished. */
export async function openWorkspaceLog(needs: Needs): Promise<Result<WorkspaceLog>> {
  const { limits, folder, signer, vault, boot } = needs;
  const { diskFloorBytes, diskReserveBytes } = limits;
  const ports = { disk: realDisk, chance: realChance, clock: realClock };
  const trouble =
    (event: string) =>
    (cause: string): void =>
      needs.report(event, { cause });

  const reserve = openReserve({ ...ports, folder: folder.root, bytes: diskReserveBytes });
  await reserve.make(diskFloorBytes);
  const giveRoom = async (): Promise<boolean> => {
    const given = await reserve.give();
    if (given) needs.report('disk.full', { freed: diskReserveBytes });
    return given;
  };
  let segmentClosed = (): void => {};
  let journal: Journal;
  try {
    journal = await openJournal({ disk: realDisk, folder: folder.audit, onClosed: () => segmentClosed(), giveRoom });
  } catch (error) {
    return refuse('verification', error instanceof Error ? error.message : undefined);
  }
  const files = await openTrailFiles(realDisk, realChance, folder, signer);
  if (!files.ok) {
    await journal.close();
    return files;
  }
  const restored = await readRestoredMark(folder.root);
  const opened = await openLog({
    ...files.value,
    journal,
    checkpoint: openCheckpoint(realDisk, realChance, folder.state),
    vault,
    clock: realClock,
    chance: realChance,
    boot,
    version: programVersion,
    rebuild: needs.rebuild,
    heartbeatMs,
    ...(restored === undefined ? {} : { restored }),
    purgedPeaks: (size) => peaksFromManifest(realDisk, folder.audit, size),
    onFatal: needs.onFatal,
    onTrouble: trouble('audit.trouble'),
  });
  if (!opened.ok) return opened;
  const log = opened.value;
  if (restored !== undefined) await removeRestoredMark(folder.root);

  const { trail } = log;
  const begun = await openKept(
    {
      disk: realDisk,
      chance: realChance,
      folder: folder.audit,
      state: folder.state,
      now: () => realClock.now(),
      trail,
      journal,
      log,
      onTrouble: trouble('audit.trouble'),
    },
    log.settled.purged,
  ).then(fine, (error: unknown) => refuse('audit-unavailable', causeOf(error)));
  if (!begun.ok) {
    await log.close();
    return begun;
  }
  const kept = begun.value;
  segmentClosed = () => kept.closed();
  const stopReserve = madeAgain(reserve, diskFloorBytes);
  log.hurry();
  const index = openAuditIndex({ ...ports, folder: folder.audit, log, onTrouble: trouble('audit-index.trouble') });
  return fine({
    log,
    kept,
    index,
    async close() {
      await index.close();
      await kept.close();
      stopReserve();
      await log.close();
    },
  });
}

/** Makes the reserve again when it was given up and there is room. Returns how to stop. */
function madeAgain(reserve: Reserve, floor: number): () => void {
  let stopped = false;
  let callOff = (): void => {};
  const later = (): void => {
    callOff = realClock.after(reserveMs, async () => {
      await reserve.make(floor);
      if (!stopped) later();
    });
  };
  later();
  return () => {
    stopped = true;
    callOff();
  };
}
