// Which protocol version two programs speak: the newest both know. An older or newer stranger gets a sentence, never a hang.
import * as v from 'valibot';
import { type Result, refuse } from './errors.ts';

/**
 * What this build speaks with operators and with agents, and the oldest it still does. Raise `newest` with every change of meaning on that wire:
 * apart, because agents outlive many a change of what people see.
 */
export const operatorProtocol = { oldest: 3, newest: 4 } as const;
export const agentProtocol = { oldest: 1, newest: 3 } as const;
/** The first version of the operators' protocol that knows proofs of the log and how it is kept (W6). A gateway of an older one closes when asked. */
export const provenLogVersion = 4;
export const programVersion = '0.1.0';

const versionNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));
export const versionRange = v.strictObject({ oldest: versionNumber, newest: versionNumber });
export type VersionRange = v.InferOutput<typeof versionRange>;

/** The version to speak, or `version` with a detail that says which side is older. */
export function negotiate(ours: VersionRange, theirs: VersionRange): Result<number> {
  const newest = Math.min(ours.newest, theirs.newest);
  if (newest >= Math.max(ours.oldest, theirs.oldest)) return { ok: true, value: newest };
  return refuse(
    'version',
    ours.newest < theirs.oldest
      ? `the gateway speaks up to ${ours.newest}, this program needs ${theirs.oldest}: update the gateway`
      : `the gateway needs at least ${ours.oldest}, this program speaks up to ${theirs.newest}: update this program`,
  );
}
