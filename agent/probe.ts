// What an installed agent says of itself before a running one lets it take its place (D6). Loads all that `run` needs, so that a half-written or
// half-built installation, or a node-pty for another Node, is found out while nothing depends on it yet.
import type { Result } from '../gateway/protocol/errors.ts';
import { programVersion } from '../gateway/protocol/version.ts';
import { handOverFormat, type ProbeAnswer } from './hand-over.ts';
import { readIdentity } from './identity.ts';

/** Errors: those of reading the identity. A part that cannot be loaded throws. */
export async function answerProbe(state: string): Promise<Result<ProbeAnswer>> {
  await import('./runner.ts');
  const { loadTerminals } = await import('./pty.ts');
  await loadTerminals();
  const identity = await readIdentity(state);
  if (!identity.ok) return identity;
  return {
    ok: true,
    value: { program: 'sallyport-agent', version: programVersion, reads: [handOverFormat], node: process.execPath },
  };
}
