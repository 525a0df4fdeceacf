// A recording of the gateway from a moment on, played while it is fetched (S83): for the dashboard, which has the first piece already.
import { problemSentence } from '../../gateway/protocol/errors.ts';
import type { Tty, TtyOutcome } from '../attach-port.ts';
import type { Link } from '../link/link.ts';
import type { Replayed } from '../model/ask.ts';
import { fetchedReel } from './reel-fetched.ts';
import { showReplay } from './replay.ts';

/** What led to the moment is seen, too, ms. */
const leadMs = 5_000;

export async function replayFetched(tty: Tty, link: Link, { session, at, first }: Replayed): Promise<TtyOutcome> {
  const reel = await fetchedReel(first, (next) =>
    link.request('recording.export', { recording: session, format: 'v3', at: next }),
  );
  if (!reel.ok) return { ending: 'lost', sentence: problemSentence(reel.problem), tone: 'bad' };
  try {
    return await showReplay(tty, reel.value, { at: Math.max(0, at - reel.value.startedAt - leadMs) });
  } finally {
    await reel.value.close();
  }
}
