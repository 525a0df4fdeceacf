// The checklist of a workspace (S32): facts in, one line a question out, each with a verdict, a sentence, and the command that would mend it. Pure.
// Facts are gathered by check-facts.ts. What could not be looked at is `unknown`, never a pass (law 12).
import {
  certificateLine,
  deviceLine,
  dutiesLine,
  issuerLine,
  peopleLines,
  providerLine,
  timeoutsLine,
  tlsLine,
} from './check-access.ts';
import { checkpointLine, clockLine, diskLine, folderLine, keysLine, lockLine, logLine } from './check-host.ts';
import type { CheckFacts, CheckLine } from './check-line.ts';
import { anchorsLine } from './check-trail.ts';

/** Every line, in an order that puts first what the others rest on. */
export function checklist(facts: CheckFacts): readonly CheckLine[] {
  return [
    folderLine(facts),
    keysLine(facts),
    lockLine(facts),
    logLine(facts),
    checkpointLine(facts),
    anchorsLine(facts),
    clockLine(facts),
    diskLine(facts),
    tlsLine(facts),
    certificateLine(facts),
    issuerLine(facts),
    providerLine(facts),
    deviceLine(facts),
    timeoutsLine(facts),
    ...peopleLines(facts),
    dutiesLine(facts),
  ];
}

/** 0 when every line passes, otherwise 7 (DESIGN §4): what cannot be told is no pass. */
export const checkExitCode = (lines: readonly CheckLine[]): 0 | 7 => (lines.every(({ verdict }) => verdict === 'pass') ? 0 : 7);
